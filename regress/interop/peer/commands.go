// SPDX-License-Identifier: ISC

package peer

import (
	"encoding/hex"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/cometbft/cometbft/p2p"
)

var errArgs = errors.New("wrong number of arguments")

// A command returns what its reply says.
type command struct {
	min, max int // arguments
	slow     bool
	run      func(n *node, args []string) (fields, error)
}

var commands = map[string]command{
	"peers":     {0, 0, false, doPeers},
	"book":      {0, 0, false, doBook},
	"stats":     {0, 0, false, doStats},
	"save":      {0, 0, false, doSave},
	"dial":      {1, 1, true, doDial},
	"addaddr":   {1, 2, false, doAddAddr},
	"markgood":  {1, 1, false, doMarkGood},
	"ban":       {1, 2, false, doBan},
	"request":   {1, 1, false, doRequest},
	"sendaddrs": {2, 2, false, doSendAddrs},
	"raw":       {3, 3, true, doRaw},
	"stop":      {1, 1, false, doStop},
}

// command obeys one line: "[@TAG] NAME ARGUMENT...". The reply bears the tag.
// It returns false when the line asks to quit.
func (n *node) command(line string) bool {
	args := strings.Fields(line)
	tag := ""
	if len(args) > 0 && strings.HasPrefix(args[0], "@") {
		tag, args = args[0][1:], args[1:]
	}
	if len(args) == 0 {
		return true
	}
	name, args := args[0], args[1:]
	if name == "quit" {
		n.reply(tag, name, nil, nil)
		return false
	}
	cmd, ok := commands[name]
	if !ok {
		n.reply(tag, name, nil, errors.New("no such command"))
		return true
	}
	if len(args) < cmd.min || len(args) > cmd.max {
		n.reply(tag, name, nil, errArgs)
		return true
	}
	do := func() {
		f, err := cmd.run(n, args)
		n.reply(tag, name, f, err)
	}
	if cmd.slow {
		go do()
	} else {
		do()
	}
	return true
}

func (n *node) reply(tag, name string, f fields, err error) {
	all := fields{"cmd": name, "ok": err == nil}
	for k, v := range f {
		all[k] = v
	}
	if tag != "" {
		all["tag"] = tag
	}
	if err != nil {
		all["error"] = err.Error()
		all["kind"] = rejection(err)
	}
	n.out.emit("reply", all)
}

func (n *node) peer(id string) (p2p.Peer, error) {
	if p := n.sw.Peers().Get(p2p.ID(id)); p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("no peer %s", id)
}

func doPeers(n *node, _ []string) (fields, error) {
	list := []fields{}
	for _, p := range n.ad.Peers(n.sw.Peers()) {
		f := describePeer(p)
		status, counts := p.Status(), n.table.of(p.ID())
		f["duration_ms"] = status.Duration.Milliseconds()
		f["sent_bytes"] = status.SendMonitor.Bytes
		f["received_bytes"] = status.RecvMonitor.Bytes
		f["pings_sent"] = counts.pingsSent.Load()
		f["pings_received"] = counts.pingsReceived.Load()
		f["pongs_sent"] = counts.pongsSent.Load()
		f["pongs_received"] = counts.pongsReceived.Load()
		list = append(list, f)
	}
	return fields{"peers": list, "count": len(list)}, nil
}

func doBook(n *node, _ []string) (fields, error) {
	n.book.Save()
	return describeBook(n.bookFile)
}

func doStats(n *node, _ []string) (fields, error) {
	out, in, dialing := n.sw.NumPeers()
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	return fields{
		"outbound": out, "inbound": in, "dialing": dialing,
		"book": n.book.Size(), "goroutines": runtime.NumGoroutine(),
		"heap_bytes": mem.HeapAlloc,
	}, nil
}

func doSave(n *node, _ []string) (fields, error) {
	n.book.Save()
	return nil, nil
}

func doDial(n *node, args []string) (fields, error) {
	addr, err := p2p.NewNetAddressString(args[0])
	if err != nil {
		return nil, err
	}
	return fields{"addr": args[0]}, n.sw.DialPeerWithAddress(addr)
}

func doAddAddr(n *node, args []string) (fields, error) {
	addr, err := p2p.NewNetAddressString(args[0])
	if err != nil {
		return nil, err
	}
	src := addr
	if len(args) > 1 {
		if src, err = p2p.NewNetAddressString(args[1]); err != nil {
			return nil, err
		}
	}
	err = n.book.AddAddress(addr, src)
	return fields{"size": n.book.Size()}, err
}

func doMarkGood(n *node, args []string) (fields, error) {
	n.book.MarkGood(p2p.ID(args[0]))
	return nil, nil
}

func doBan(n *node, args []string) (fields, error) {
	addr, err := p2p.NewNetAddressString(args[0])
	if err != nil {
		return nil, err
	}
	d := 24 * time.Hour
	if len(args) > 1 {
		if d, err = time.ParseDuration(args[1]); err != nil {
			return nil, err
		}
	}
	n.book.MarkBad(addr, d)
	return fields{"banned": n.book.IsBanned(addr)}, nil
}

func doRequest(n *node, args []string) (fields, error) {
	p, err := n.peer(args[0])
	if err != nil {
		return nil, err
	}
	if n.pex == nil {
		return nil, errors.New("no PEX here")
	}
	n.pex.RequestAddrs(p)
	return nil, nil
}

func doSendAddrs(n *node, args []string) (fields, error) {
	p, err := n.peer(args[0])
	if err != nil {
		return nil, err
	}
	count, err := strconv.Atoi(args[1])
	if err != nil {
		return nil, err
	}
	if n.pex == nil {
		return nil, errors.New("no PEX here")
	}
	g := newGenerator(uint64(time.Now().UnixNano()))
	g.loopback = true // who believes them dials them
	n.pex.SendAddrs(p, g.many(count))
	return nil, nil
}

// raw is a message that is sent as it is.
type raw []byte

func (raw) Reset()                     {}
func (raw) String() string             { return "raw" }
func (raw) ProtoMessage()              {}
func (r raw) Marshal() ([]byte, error) { return r, nil }

func doRaw(n *node, args []string) (fields, error) {
	p, err := n.peer(args[0])
	if err != nil {
		return nil, err
	}
	channel, err := strconv.ParseUint(args[1], 16, 8)
	if err != nil {
		return nil, err
	}
	data, err := hex.DecodeString(args[2])
	if err != nil {
		return nil, err
	}
	sent := p.Send(p2p.Envelope{ChannelID: byte(channel), Message: raw(data)})
	return fields{"sent": sent}, nil
}

func doStop(n *node, args []string) (fields, error) {
	p, err := n.peer(args[0])
	if err != nil {
		return nil, err
	}
	n.sw.StopPeerGracefully(p)
	return nil, nil
}
