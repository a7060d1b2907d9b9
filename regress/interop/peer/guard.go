// SPDX-License-Identifier: ISC

package peer

import (
	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/p2p/pex"
)

// loopbackBook is the stock book under one rule: what a node dials of its own
// accord is on loopback. Books in tests hold public addresses, and a test must
// not knock on strangers' doors.
//
// A seed crawls what GetSelection gives it, so there that is filtered as well;
// what it serves to inbound peers comes from GetSelectionWithBias and is not.
type loopbackBook struct {
	pex.AddrBook
	seedMode bool
}

func (b *loopbackBook) PickAddress(bias int) *p2p.NetAddress {
	addr := b.AddrBook.PickAddress(bias)
	if addr == nil || !addr.IP.IsLoopback() {
		return nil
	}
	return addr
}

func (b *loopbackBook) GetSelection() []*p2p.NetAddress {
	all := b.AddrBook.GetSelection()
	if !b.seedMode {
		return all
	}
	near := make([]*p2p.NetAddress, 0, len(all))
	for _, addr := range all {
		if addr.IP.IsLoopback() {
			near = append(near, addr)
		}
	}
	return near
}
