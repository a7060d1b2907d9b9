// SPDX-License-Identifier: ISC

// Command cometpeer-v038 is the real peer built on CometBFT 0.38.
package main

import (
	"github.com/cometbft/cometbft/p2p"
	pb "github.com/cometbft/cometbft/proto/tendermint/p2p"
	"github.com/cometbft/cometbft/version"
	"github.com/cosmos/gogoproto/proto"

	"pexd.test/interop/peer"
)

type adapter struct{}

func (adapter) Name() string     { return "v038" }
func (adapter) Software() string { return version.TMCoreSemVer }

func (adapter) Peers(set p2p.IPeerSet) []p2p.Peer { return set.List() }

func (adapter) PexMessage() proto.Message { return &pb.Message{} }

func (adapter) IsPexRequest(msg proto.Message) bool {
	_, ok := msg.(*pb.PexRequest)
	return ok
}

func (adapter) PexAddrs(msg proto.Message) ([]*p2p.NetAddress, bool) {
	m, ok := msg.(*pb.PexAddrs)
	if !ok {
		return nil, false
	}
	addrs, err := p2p.NetAddressesFromProto(m.Addrs)
	return addrs, err == nil
}

func main() {
	peer.Main(adapter{})
}
