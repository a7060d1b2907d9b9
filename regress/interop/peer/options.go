// SPDX-License-Identifier: ISC

package peer

import (
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"strings"
	"time"

	"github.com/cometbft/cometbft/config"
	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/p2p/conn"
	"github.com/cometbft/cometbft/version"
)

// options is the command line of "run". Everything not here is stock.
type options struct {
	network, moniker, listen, external string
	nodeKey, addrBook                  string
	seeds, persistent                  string
	unconditional, private             string
	channels                           string
	seedMode, pex, strict, allowDupIP  bool
	dialAnywhere, quiet, verbose       bool
	blockVersion, p2pVersion           uint64
	maxIn, maxOut, maxPayload          int
	ping, pong, flush                  time.Duration
	ensurePeriod, persistentMax        time.Duration
}

func parseOptions(args []string) (*options, error) {
	o := &options{}
	fs := flag.NewFlagSet("run", flag.ExitOnError)
	def := config.DefaultP2PConfig()
	mdef := conn.DefaultMConnConfig()

	fs.StringVar(&o.network, "network", "test-1", "chain `ID`")
	fs.StringVar(&o.moniker, "moniker", "comet", "node's own `name`")
	fs.StringVar(&o.listen, "listen", "127.0.0.1:0", "`IP:port`; port 0 takes a free one")
	fs.StringVar(&o.external, "external", "", "`IP:port` to announce instead of the listen address")
	fs.StringVar(&o.nodeKey, "node-key", "", "node_key.json `file`, made if absent (default: a new key, not kept)")
	fs.StringVar(&o.addrBook, "addrbook", "", "addrbook.json `file` (default: one not kept)")
	fs.StringVar(&o.seeds, "seeds", "", "`id@host:port,...`")
	fs.StringVar(&o.persistent, "persistent", "", "`id@host:port,...`")
	fs.StringVar(&o.unconditional, "unconditional", "", "`id,...`")
	fs.StringVar(&o.private, "private", "", "`id,...`")
	fs.StringVar(&o.channels, "channels", "", "further channels to list and to swallow, in `hex`")
	fs.BoolVar(&o.seedMode, "seed-mode", false, "be a seed")
	fs.BoolVar(&o.pex, "pex", true, "run the PEX reactor; without it channel 00 is not listed")
	fs.BoolVar(&o.strict, "strict", false, "address book takes routable addresses only")
	fs.BoolVar(&o.allowDupIP, "allow-dup-ip", false, "several connections with one IP")
	fs.BoolVar(&o.dialAnywhere, "dial-anywhere", false, "dial from the book outside loopback too")
	fs.BoolVar(&o.quiet, "quiet", false, "no events but \"listening\" and replies: for measurements")
	fs.BoolVar(&o.verbose, "v", false, "CometBFT's whole log on standard error")
	fs.Uint64Var(&o.blockVersion, "block-version", version.BlockProtocol, "block protocol version to announce")
	fs.Uint64Var(&o.p2pVersion, "p2p-version", version.P2PProtocol, "p2p protocol version to announce")
	fs.IntVar(&o.maxIn, "max-in", def.MaxNumInboundPeers, "inbound peers")
	fs.IntVar(&o.maxOut, "max-out", def.MaxNumOutboundPeers, "outbound peers")
	fs.IntVar(&o.maxPayload, "max-packet-payload", def.MaxPacketMsgPayloadSize, "bytes of data in a packet")
	fs.DurationVar(&o.ping, "ping", mdef.PingInterval, "ping interval")
	fs.DurationVar(&o.pong, "pong", mdef.PongTimeout, "pong timeout, less than the interval")
	fs.DurationVar(&o.flush, "flush", def.FlushThrottleTimeout, "flush throttle")
	fs.DurationVar(&o.ensurePeriod, "ensure-period", 30*time.Second, "ensure-peers period; a third of it is the least time between requests")
	fs.DurationVar(&o.persistentMax, "persistent-max", 0, "cap of the backoff for persistent peers")
	_ = fs.Parse(args)

	if fs.NArg() > 0 {
		return nil, fmt.Errorf("run: what is %q?", fs.Arg(0))
	}
	if o.pong >= o.ping {
		return nil, errors.New("-pong must be less than -ping")
	}
	return o, nil
}

func (o *options) p2pConfig() *config.P2PConfig {
	c := config.DefaultP2PConfig()
	c.MaxNumInboundPeers = o.maxIn
	c.MaxNumOutboundPeers = o.maxOut
	c.AllowDuplicateIP = o.allowDupIP
	c.FlushThrottleTimeout = o.flush
	c.MaxPacketMsgPayloadSize = o.maxPayload
	c.SeedMode = o.seedMode
	c.PexReactor = o.pex
	c.PersistentPeersMaxDialPeriod = o.persistentMax
	return c
}

func (o *options) mconnConfig(c *config.P2PConfig) conn.MConnConfig {
	m := p2p.MConnConfig(c)
	m.PingInterval = o.ping
	m.PongTimeout = o.pong
	return m
}

// channelList is what the node lists: PEX first, if it runs, then the others.
func (o *options) channelList() (all, swallowed []byte, err error) {
	swallowed, err = hex.DecodeString(o.channels)
	if err != nil {
		return nil, nil, fmt.Errorf("-channels: %w", err)
	}
	if o.pex {
		all = append(all, 0)
	}
	return append(all, swallowed...), swallowed, nil
}

func words(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool {
		return r == ',' || r == ' '
	})
}
