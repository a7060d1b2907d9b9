// SPDX-License-Identifier: ISC

package peer

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"net"

	"github.com/cometbft/cometbft/p2p"
)

// generator makes addresses that any book takes: public IPv4, each in a /16 of
// its own until there are no more. The same seed makes the same ones.
type generator struct {
	seed, next uint64
	groups     []uint16
	loopback   bool // make 127.0.0.0/8 addresses instead
}

// First bytes in which some block is private, reserved or for documentation:
// left out whole.
var shunned = map[byte]bool{
	0: true, 10: true, 100: true, 127: true, 169: true, 172: true, 192: true,
	198: true, 203: true,
}

func newGenerator(seed uint64) *generator {
	g := &generator{seed: seed}
	for group := 0x0100; group < 0xe000; group++ {
		if !shunned[byte(group>>8)] {
			g.groups = append(g.groups, uint16(group))
		}
	}
	for i := len(g.groups) - 1; i > 0; i-- {
		h := g.digest('g', uint64(i))
		j := int(binary.BigEndian.Uint64(h[:8]) % uint64(i+1))
		g.groups[i], g.groups[j] = g.groups[j], g.groups[i]
	}
	return g
}

func (g *generator) digest(kind byte, i uint64) [32]byte {
	var b [17]byte
	b[0] = kind
	binary.BigEndian.PutUint64(b[1:], g.seed)
	binary.BigEndian.PutUint64(b[9:], i)
	return sha256.Sum256(b[:])
}

func (g *generator) one() *p2p.NetAddress {
	h := g.digest('a', g.next)
	group := g.groups[g.next%uint64(len(g.groups))]
	g.next++
	if g.loopback {
		group = 127<<8 | group&0xff
	}
	return &p2p.NetAddress{
		ID:   p2p.ID(hex.EncodeToString(h[:20])),
		IP:   net.IPv4(byte(group>>8), byte(group), h[20], 1+h[21]%254).To4(),
		Port: 26656,
	}
}

func (g *generator) many(n int) []*p2p.NetAddress {
	list := make([]*p2p.NetAddress, 0, n)
	for len(list) < n {
		list = append(list, g.one())
	}
	return list
}
