// SPDX-License-Identifier: ISC

package peer

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/cometbft/cometbft/libs/log"
	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/p2p/pex"
)

// As many as CometBFT's tables hold: 64 old and 256 new buckets, and each
// takes one entry more than its nominal 64.
const (
	fullOld = 64 * 65
	fullNew = 256 * 65
)

func cmdBook(_ Adapter, args []string) error {
	verbs := map[string]func(file string, args []string) error{
		"show": bookShow, "make": bookMake, "fill": bookFill,
	}
	if len(args) < 2 || verbs[args[0]] == nil {
		return errors.New("book: want show, make or fill, and a file")
	}
	return verbs[args[0]](args[1], args[2:])
}

// savedBook is the part of addrbook.json that is shown.
type savedBook struct {
	Addrs []struct {
		Addr        *p2p.NetAddress `json:"addr"`
		Src         *p2p.NetAddress `json:"src"`
		Buckets     []int           `json:"buckets"`
		Attempts    int             `json:"attempts"`
		BucketType  int             `json:"bucket_type"`
		LastAttempt time.Time       `json:"last_attempt"`
		LastSuccess time.Time       `json:"last_success"`
		LastBanTime time.Time       `json:"last_ban_time"`
	} `json:"addrs"`
}

// describeBook reads what the stock book saved.
func describeBook(file string) (fields, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var saved savedBook
	if err := json.Unmarshal(data, &saved); err != nil {
		return nil, err
	}
	list, old := []fields{}, 0
	for _, e := range saved.Addrs {
		kind := "new"
		if e.BucketType == 2 {
			kind = "old"
			old++
		}
		list = append(list, fields{
			"id": e.Addr.ID, "addr": e.Addr.DialString(), "src": e.Src.String(),
			"kind": kind, "buckets": e.Buckets, "attempts": e.Attempts,
			"last_attempt": e.LastAttempt, "last_success": e.LastSuccess,
			"last_ban_time": e.LastBanTime,
		})
	}
	return fields{
		"size": len(list), "old": old, "new": len(list) - old, "addrs": list,
	}, nil
}

// withBook lends a running stock book on file, which is loaded if it exists
// and saved at the end.
func withBook(file string, strict bool, use func(pex.AddrBook) error) error {
	book := pex.NewAddrBook(file, strict)
	book.SetLogger(log.NewNopLogger())
	if err := book.Start(); err != nil {
		return err
	}
	err := use(book)
	if stopErr := stopBook(book); err == nil {
		err = stopErr
	}
	return err
}

// stopBook ends when the book is saved. The older version saves after Stop
// has returned and has a Wait for it.
func stopBook(book pex.AddrBook) error {
	err := book.Stop()
	if w, ok := book.(interface{ Wait() }); ok {
		w.Wait()
	}
	return err
}

// bookShow loads a copy of file as a node would at its start and says what the
// book then holds.
func bookShow(file string, args []string) error {
	fs := flag.NewFlagSet("book show", flag.ExitOnError)
	strict := fs.Bool("strict", false, "routable addresses only")
	_ = fs.Parse(args)

	dir, err := os.MkdirTemp("", "cometpeer")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	copied := filepath.Join(dir, "addrbook.json")
	if err := os.WriteFile(copied, data, 0o600); err != nil {
		return err
	}
	report := fields{}
	err = withBook(copied, *strict, func(book pex.AddrBook) error {
		report["loaded"] = book.Size()
		report["selection"] = len(book.GetSelection())
		report["biased_selection"] = len(book.GetSelectionWithBias(30))
		report["pick"] = fmt.Sprint(book.PickAddress(50))
		return nil
	})
	if err != nil {
		return err
	}
	shown, err := describeBook(copied)
	if err != nil {
		return err
	}
	for k, v := range shown {
		report[k] = v
	}
	newReporter(os.Stdout).emit("book", report)
	return nil
}

// bookMake enters the addresses on standard input into the book in file: one
// on a line, "id@ip:port [src=id@ip:port] [good] [tried] [banned]".
func bookMake(file string, args []string) error {
	fs := flag.NewFlagSet("book make", flag.ExitOnError)
	strict := fs.Bool("strict", false, "routable addresses only")
	_ = fs.Parse(args)

	return withBook(file, *strict, func(book pex.AddrBook) error {
		return enterLines(book, os.Stdin)
	})
}

func enterLines(book pex.AddrBook, r io.Reader) error {
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		f := strings.Fields(lines.Text())
		if len(f) == 0 {
			continue
		}
		if err := enterLine(book, f); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
	}
	return lines.Err()
}

func enterLine(book pex.AddrBook, words []string) error {
	addr, err := p2p.NewNetAddressString(words[0])
	if err != nil {
		return err
	}
	src := addr
	for _, w := range words[1:] {
		if text, ok := strings.CutPrefix(w, "src="); ok {
			if src, err = p2p.NewNetAddressString(text); err != nil {
				return err
			}
		}
	}
	if err := book.AddAddress(addr, src); err != nil {
		return err
	}
	for _, w := range words[1:] {
		switch {
		case w == "good":
			book.MarkGood(addr.ID)
		case w == "tried":
			book.MarkAttempt(addr)
		case w == "banned":
			book.MarkBad(addr, 24*time.Hour)
		case !strings.HasPrefix(w, "src="):
			return fmt.Errorf("what is %q?", w)
		}
	}
	return nil
}

// bookFill writes a book of generated addresses, as many of them old as fit.
func bookFill(file string, args []string) error {
	fs := flag.NewFlagSet("book fill", flag.ExitOnError)
	size := fs.Int("n", fullOld+fullNew, "`entries`; the default is all it holds")
	seed := fs.Uint64("seed", 1, "what the addresses are derived from")
	_ = fs.Parse(args)

	return withBook(file, true, func(book pex.AddrBook) error {
		fill(book, newGenerator(*seed), *size)
		newReporter(os.Stdout).emit("filled", fields{
			"file": file, "size": book.Size(),
		})
		return nil
	})
}

// fill brings book to the given size, or as near as the buckets let it: first
// vetted entries until the old buckets are full, then new ones. Every source
// is a peer in a group of its own.
func fill(book pex.AddrBook, g *generator, size int) {
	vetted := size
	if vetted > fullOld {
		// Enough more than fit that the emptiest bucket fills as well.
		vetted = 3 * fullOld
	}
	for i := 0; i < vetted && book.Size() < size; i++ {
		addr := g.one()
		if book.AddAddress(addr, g.one()) == nil {
			book.MarkGood(addr.ID)
		}
	}
	for tries := 0; book.Size() < size && tries < 20*size; tries++ {
		_ = book.AddAddress(g.one(), g.one())
	}
}
