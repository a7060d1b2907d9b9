// SPDX-License-Identifier: ISC

package peer

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/cometbft/cometbft/config"
	"github.com/cometbft/cometbft/crypto/ed25519"
	"github.com/cometbft/cometbft/libs/log"
	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/p2p/pex"
)

// Tries at a port that was free a moment ago.
const listenTries = 20

// As in CometBFT's own node.
const seedDisconnectWait = 28 * time.Hour

// node holds the stock parts, put together as CometBFT's own node does.
type node struct {
	ad        Adapter
	opts      *options
	cfg       *config.P2PConfig
	out       *reporter
	log       log.Logger
	table     *pingTable
	key       *p2p.NodeKey
	addr      *p2p.NetAddress
	bookFile  string
	tempDir   string
	transport *p2p.MultiplexTransport
	sw        *p2p.Switch
	book      pex.AddrBook
	pex       *pex.Reactor
}

func newNode(ad Adapter, o *options, out *reporter) (*node, error) {
	n := &node{ad: ad, opts: o, cfg: o.p2pConfig(), out: out, table: &pingTable{}}
	n.log = log.NewNopLogger()
	if !o.quiet || o.verbose {
		n.log = &logger{out: out, table: n.table, verbose: o.verbose}
	}
	for _, step := range []func() error{
		n.loadKey, n.openListener, n.openBook, n.makeSwitch, n.addReactors, n.configure,
	} {
		if err := step(); err != nil {
			n.close()
			return nil, err
		}
	}
	return n, nil
}

func (n *node) loadKey() (err error) {
	if n.opts.nodeKey == "" {
		n.key = &p2p.NodeKey{PrivKey: ed25519.GenPrivKey()}
		return nil
	}
	n.key, err = p2p.LoadOrGenNodeKey(n.opts.nodeKey)
	return err
}

// openListener makes the transport. A node announces its port in NodeInfo,
// which the transport wants before it listens, so port 0 is settled first; if
// another took the port meanwhile, the next one is tried.
func (n *node) openListener() error {
	host, port, err := net.SplitHostPort(n.opts.listen)
	if err != nil {
		return fmt.Errorf("-listen: %w", err)
	}
	for try := 0; ; try++ {
		text := n.opts.listen
		if port == "0" {
			if text, err = freePort(host); err != nil {
				return err
			}
		}
		err = n.listenOn(text)
		if err == nil || port != "0" || try == listenTries || !errors.Is(err, syscall.EADDRINUSE) {
			return err
		}
	}
}

func freePort(host string) (string, error) {
	l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return "", err
	}
	defer l.Close()
	return net.JoinHostPort(host, strconv.Itoa(l.Addr().(*net.TCPAddr).Port)), nil
}

func (n *node) listenOn(text string) error {
	addr, err := p2p.NewNetAddressString(p2p.IDAddressString(n.key.ID(), text))
	if err != nil {
		return err
	}
	info, err := n.nodeInfo(text)
	if err != nil {
		return err
	}
	t := p2p.NewMultiplexTransport(info, *n.key, n.opts.mconnConfig(n.cfg))
	if !n.cfg.AllowDuplicateIP {
		p2p.MultiplexTransportConnFilters(p2p.ConnDuplicateIPFilter())(t)
	}
	limit := n.cfg.MaxNumInboundPeers + len(words(n.opts.unconditional))
	p2p.MultiplexTransportMaxIncomingConnections(limit)(t)
	if err := t.Listen(*addr); err != nil {
		return err
	}
	n.addr, n.transport = addr, t
	return nil
}

func (n *node) nodeInfo(listen string) (p2p.DefaultNodeInfo, error) {
	channels, _, err := n.opts.channelList()
	if err != nil {
		return p2p.DefaultNodeInfo{}, err
	}
	if n.opts.external != "" {
		listen = n.opts.external
	}
	info := p2p.DefaultNodeInfo{
		ProtocolVersion: p2p.NewProtocolVersion(n.opts.p2pVersion, n.opts.blockVersion, 0),
		DefaultNodeID:   n.key.ID(),
		ListenAddr:      listen,
		Network:         n.opts.network,
		Version:         n.ad.Software(),
		Channels:        channels,
		Moniker:         n.opts.moniker,
		Other:           p2p.DefaultNodeInfoOther{TxIndex: "on"},
	}
	return info, info.Validate()
}

func (n *node) openBook() error {
	n.bookFile = n.opts.addrBook
	if n.bookFile == "" {
		dir, err := os.MkdirTemp("", "cometpeer")
		if err != nil {
			return err
		}
		n.tempDir = dir
		n.bookFile = filepath.Join(dir, "addrbook.json")
	}
	n.book = pex.NewAddrBook(n.bookFile, n.opts.strict)
	n.book.SetLogger(n.log.With("module", "book"))
	n.book.AddOurAddress(n.addr)
	if n.opts.external != "" {
		own, err := p2p.NewNetAddressString(p2p.IDAddressString(n.key.ID(), n.opts.external))
		if err != nil {
			return err
		}
		n.book.AddOurAddress(own)
	}
	if !n.opts.dialAnywhere {
		n.book = &loopbackBook{AddrBook: n.book, seedMode: n.opts.seedMode}
	}
	return nil
}

func (n *node) makeSwitch() error {
	info, err := n.nodeInfo(n.addr.DialString())
	if err != nil {
		return err
	}
	n.sw = p2p.NewSwitch(n.cfg, n.transport)
	n.sw.SetLogger(n.log.With("module", "p2p"))
	n.sw.SetNodeInfo(info)
	n.sw.SetNodeKey(n.key)
	n.sw.SetAddrBook(n.book)
	return nil
}

func (n *node) addReactors() error {
	_, swallowed, err := n.opts.channelList()
	if err != nil {
		return err
	}
	if !n.opts.quiet {
		n.sw.AddReactor("WATCH", newWatcher(n.ad, n.out, swallowed))
	}
	if !n.opts.pex {
		return nil
	}
	n.pex = pex.NewReactor(n.book, &pex.ReactorConfig{
		SeedMode:                     n.opts.seedMode,
		Seeds:                        words(n.opts.seeds),
		SeedDisconnectWaitPeriod:     seedDisconnectWait,
		PersistentPeersMaxDialPeriod: n.opts.persistentMax,
	})
	n.pex.SetLogger(n.log.With("module", "pex"))
	n.pex.SetEnsurePeersPeriod(n.opts.ensurePeriod)
	if n.opts.quiet {
		n.sw.AddReactor("PEX", n.pex)
	} else {
		n.sw.AddReactor("PEX", &heardPex{Reactor: n.pex, ad: n.ad, out: n.out})
	}
	return nil
}

func (n *node) configure() error {
	if err := n.sw.AddPersistentPeers(words(n.opts.persistent)); err != nil {
		return err
	}
	if err := n.sw.AddUnconditionalPeerIDs(words(n.opts.unconditional)); err != nil {
		return err
	}
	return n.sw.AddPrivatePeerIDs(words(n.opts.private))
}

// start brings the node up; it says where it listens before it dials anyone.
func (n *node) start() error {
	if err := n.sw.Start(); err != nil {
		return err
	}
	n.out.emit("listening", fields{
		"id": n.key.ID(), "addr": n.addr.DialString(), "pid": os.Getpid(),
		"software": n.ad.Software(), "book": n.book.Size(),
	})
	return n.sw.DialPeersAsync(words(n.opts.persistent))
}

// close stops what runs and saves the book.
func (n *node) close() {
	if n.sw != nil && n.sw.IsRunning() {
		_ = n.sw.Stop()
		if n.opts.addrBook != "" {
			n.book.Save()
		}
	}
	if n.transport != nil {
		_ = n.transport.Close()
	}
	if n.tempDir != "" {
		_ = os.RemoveAll(n.tempDir)
	}
}
