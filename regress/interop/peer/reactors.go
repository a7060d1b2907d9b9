// SPDX-License-Identifier: ISC

package peer

import (
	"fmt"

	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/p2p/conn"
	"github.com/cometbft/cometbft/p2p/pex"
)

// watcher is a reactor that reports who comes and goes. It also owns the
// channels that a full node has and this one does not: it swallows what they
// bring.
type watcher struct {
	p2p.BaseReactor
	ad       Adapter
	out      *reporter
	channels []byte
}

func newWatcher(ad Adapter, out *reporter, channels []byte) *watcher {
	w := &watcher{ad: ad, out: out, channels: channels}
	w.BaseReactor = *p2p.NewBaseReactor("WATCH", w)
	return w
}

func (w *watcher) GetChannels() []*conn.ChannelDescriptor {
	var descs []*conn.ChannelDescriptor
	for _, id := range w.channels {
		descs = append(descs, &conn.ChannelDescriptor{
			ID: id, Priority: 1, MessageType: w.ad.PexMessage(),
		})
	}
	return descs
}

func (w *watcher) AddPeer(peer p2p.Peer) {
	w.out.emit("peer_up", describePeer(peer))
}

func (w *watcher) RemovePeer(peer p2p.Peer, reason any) {
	f := fields{"id": peer.ID(), "outbound": peer.IsOutbound()}
	if reason != nil {
		f["reason"] = fmt.Sprint(reason)
	}
	w.out.emit("peer_down", f)
}

func (w *watcher) Receive(e p2p.Envelope) {
	w.out.emit("message", fields{"id": e.Src.ID(), "channel": e.ChannelID})
}

func describePeer(peer p2p.Peer) fields {
	f := fields{
		"id":         peer.ID(),
		"outbound":   peer.IsOutbound(),
		"persistent": peer.IsPersistent(),
		"addr":       peer.SocketAddr().DialString(),
	}
	if ni, ok := peer.NodeInfo().(p2p.DefaultNodeInfo); ok {
		f["moniker"] = ni.Moniker
		f["network"] = ni.Network
		f["version"] = ni.Version
		f["listen"] = ni.ListenAddr
		f["channels"] = ni.Channels.String()
		f["p2p"] = ni.ProtocolVersion.P2P
		f["block"] = ni.ProtocolVersion.Block
		f["app"] = ni.ProtocolVersion.App
	}
	return f
}

// heardPex is the stock PEX reactor with an ear at its Receive.
type heardPex struct {
	*pex.Reactor
	ad  Adapter
	out *reporter
}

func (h *heardPex) Receive(e p2p.Envelope) {
	id := e.Src.ID()
	if h.ad.IsPexRequest(e.Message) {
		h.out.emit("pex_request", fields{"id": id})
	} else if addrs, ok := h.ad.PexAddrs(e.Message); ok {
		h.out.emit("pex_addrs", fields{
			"id": id, "count": len(addrs), "addrs": texts(addrs),
		})
	} else {
		h.out.emit("pex_bad", fields{"id": id})
	}
	h.Reactor.Receive(e)
}

func texts(addrs []*p2p.NetAddress) []string {
	list := make([]string, 0, len(addrs))
	for _, a := range addrs {
		list = append(list, a.String())
	}
	return list
}
