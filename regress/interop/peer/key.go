// SPDX-License-Identifier: ISC

package peer

import (
	"encoding/hex"
	"os"

	"github.com/cometbft/cometbft/p2p"
)

// cmdKey reads node_key.json with the stock code, or makes one.
func cmdKey(_ Adapter, args []string) error {
	if len(args) != 1 {
		return errArgs
	}
	key, err := p2p.LoadOrGenNodeKey(args[0])
	if err != nil {
		return err
	}
	newReporter(os.Stdout).emit("key", fields{
		"id": key.ID(), "public": hex.EncodeToString(key.PubKey().Bytes()),
	})
	return nil
}
