// SPDX-License-Identifier: ISC

package peer

import (
	"errors"
	"net"

	"github.com/cometbft/cometbft/p2p"
)

// rejection is one word for why a connection did not come about.
func rejection(err error) string {
	var rejected p2p.ErrRejected
	var busy p2p.ErrCurrentlyDialingOrExistingAddress
	var network net.Error

	switch {
	case err == nil:
		return ""
	case errors.As(err, &rejected):
		return rejectionKind(rejected)
	case errors.As(err, &busy):
		return "busy"
	case errors.As(err, &network):
		return "network"
	}
	return "other"
}

func rejectionKind(e p2p.ErrRejected) string {
	kinds := []struct {
		is   bool
		name string
	}{
		{e.IsSelf(), "self"},
		{e.IsDuplicate(), "duplicate"},
		{e.IsIncompatible(), "incompatible"},
		{e.IsNodeInfoInvalid(), "nodeinfo"},
		{e.IsFiltered(), "filtered"},
		{e.IsAuthFailure(), "auth"},
	}
	for _, k := range kinds {
		if k.is {
			return k.name
		}
	}
	return "rejected"
}
