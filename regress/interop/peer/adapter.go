// SPDX-License-Identifier: ISC

// Package peer is a real CometBFT peer for tests: the stock transport,
// switch, PEX reactor and address book, steered by lines on standard input and
// reporting in JSON lines on standard output.
//
// Both supported lines of CometBFT live at the same import path, so this one
// source builds against either; the main module chooses the version and hands
// in an Adapter for the few names that moved between them.
package peer

import (
	"github.com/cometbft/cometbft/p2p"
	"github.com/cosmos/gogoproto/proto"
)

// Adapter covers what differs between the CometBFT versions.
type Adapter interface {
	// Name is the short name of the version: "v038" or "v1".
	Name() string
	// Software is the version text that a node announces.
	Software() string
	// Peers lists the connected peers.
	Peers(set p2p.IPeerSet) []p2p.Peer
	// PexMessage is an empty PEX message, the type of every channel here.
	PexMessage() proto.Message
	// IsPexRequest tells a received PexRequest from everything else.
	IsPexRequest(msg proto.Message) bool
	// PexAddrs returns the addresses of a received PexAddrs; ok is false if
	// msg is something else or holds an address that does not parse.
	PexAddrs(msg proto.Message) (addrs []*p2p.NetAddress, ok bool)
}
