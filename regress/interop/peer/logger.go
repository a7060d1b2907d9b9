// SPDX-License-Identifier: ISC

package peer

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/cometbft/cometbft/libs/log"
	"github.com/cometbft/cometbft/p2p"
)

// pings counts what one connection sent and got. CometBFT keeps no such count,
// but says each one in its debug log, and that log is ours to listen to.
type pings struct {
	pingsSent, pingsReceived, pongsSent, pongsReceived atomic.Int64
}

func (p *pings) count(msg string) {
	switch msg {
	case "Send Ping":
		p.pingsSent.Add(1)
	case "Receive Ping":
		p.pingsReceived.Add(1)
	case "Send Pong":
		p.pongsSent.Add(1)
	case "Receive Pong":
		p.pongsReceived.Add(1)
	}
}

// pingTable finds the counts of a peer. They outlive the connection: a later
// one with the same ID goes on counting.
type pingTable struct {
	mu   sync.Mutex
	byID map[p2p.ID]*pings
}

func (t *pingTable) of(id p2p.ID) *pings {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byID == nil {
		t.byID = make(map[p2p.ID]*pings)
	}
	if t.byID[id] == nil {
		t.byID[id] = &pings{}
	}
	return t.byID[id]
}

// logger makes events of the refusals and errors that CometBFT logs, counts
// pings, and with verbose set copies the whole log to standard error.
type logger struct {
	out     *reporter
	table   *pingTable
	verbose bool
	context []any
	pings   *pings
}

func (l *logger) With(keyvals ...any) log.Logger {
	n := *l
	n.context = append(append([]any{}, l.context...), keyvals...)
	for i := 0; i+1 < len(keyvals); i += 2 {
		if addr, ok := keyvals[i+1].(*p2p.NetAddress); ok && keyvals[i] == "peer" {
			n.pings = l.table.of(addr.ID)
		}
	}
	return &n
}

func (l *logger) Debug(msg string, keyvals ...any) {
	if l.pings != nil {
		l.pings.count(msg)
	}
	if strings.HasPrefix(msg, "dialing failed") {
		l.out.emit("dial_failed", fields{
			"addr": value(keyvals, "addr"), "error": msg,
		})
	}
	l.copyOut("D", msg, keyvals)
}

func (l *logger) Info(msg string, keyvals ...any)  { l.line("info", msg, keyvals) }
func (l *logger) Error(msg string, keyvals ...any) { l.line("error", msg, keyvals) }

func (l *logger) line(level, msg string, keyvals []any) {
	f := fields{"level": level, "msg": msg}
	event := "log"
	for i := 0; i+1 < len(keyvals); i += 2 {
		if err, ok := keyvals[i+1].(error); ok {
			f["error"] = err.Error()
			f["kind"] = rejection(err)
		}
	}
	if refusesInbound(msg) {
		event = "rejected"
		f["id"] = value(keyvals, "id")
	}
	if event != "log" || f["error"] != nil {
		l.out.emit(event, f)
	}
	l.copyOut(strings.ToUpper(level[:1]), msg, keyvals)
}

func refusesInbound(msg string) bool {
	return msg == "Inbound Peer rejected" ||
		strings.HasPrefix(msg, "Ignoring inbound connection")
}

func (l *logger) copyOut(level, msg string, keyvals []any) {
	if !l.verbose {
		return
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", level, msg)
	for _, kv := range [][]any{l.context, keyvals} {
		for i := 0; i+1 < len(kv); i += 2 {
			fmt.Fprintf(&b, " %v=%v", kv[i], kv[i+1])
		}
	}
	fmt.Fprintln(os.Stderr, b.String())
}

func value(keyvals []any, key string) string {
	for i := 0; i+1 < len(keyvals); i += 2 {
		if keyvals[i] == key {
			return fmt.Sprint(keyvals[i+1])
		}
	}
	return ""
}
