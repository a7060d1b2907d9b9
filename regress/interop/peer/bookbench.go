// SPDX-License-Identifier: ISC

package peer

import (
	"flag"
	"math/rand"
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"time"

	"github.com/cometbft/cometbft/libs/log"
	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/p2p/pex"
)

// Rounds of which the median is reported, and calls in one round.
const (
	benchRounds = 9
	benchBatch  = 500
)

// bookBench times the stock book at one size.
type bookBench struct {
	out  *reporter
	size int
	file string
	book pex.AddrBook
	gen  *generator
}

// cmdBookBench prints one JSON line per operation of the address book.
func cmdBookBench(_ Adapter, args []string) error {
	fs := flag.NewFlagSet("bookbench", flag.ExitOnError)
	size := fs.Int("book", fullOld+fullNew, "`entries`; the default is all it holds")
	_ = fs.Parse(args)

	dir, err := os.MkdirTemp("", "cometpeer")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b := &bookBench{
		out: newReporter(os.Stdout), size: *size,
		file: filepath.Join(dir, "addrbook.json"), gen: newGenerator(1),
	}
	b.measureMemory()
	b.measureCalls()
	return b.measureFile()
}

func (b *bookBench) result(name string, value float64, unit string) {
	b.out.emit("result", fields{
		"name": name, "subject": "cometbft", "book": b.size,
		"value": value, "unit": unit,
	})
}

func heapInUse() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// measureMemory fills the book and reports the heap that an entry costs.
func (b *bookBench) measureMemory() {
	before := heapInUse()
	b.book = pex.NewAddrBook(b.file, true)
	b.book.SetLogger(log.NewNopLogger())
	empty := heapInUse()
	fill(b.book, b.gen, b.size)
	full := heapInUse()
	b.result("book_empty_memory", float64(empty-before), "bytes")
	b.result("book_entry_memory", float64(full-empty)/float64(b.book.Size()), "bytes")
}

// median times rounds of calls and gives the median of ns per call. What
// prepare does before a round and restore after it is not timed.
func median(calls int, prepare func(), call func(i int), restore func()) float64 {
	var took []float64
	for round := 0; round < benchRounds; round++ {
		prepare()
		start := time.Now()
		for i := 0; i < calls; i++ {
			call(i)
		}
		took = append(took, float64(time.Since(start).Nanoseconds())/float64(calls))
		restore()
	}
	sort.Float64s(took)
	return took[len(took)/2]
}

func (b *bookBench) measureCalls() {
	var fresh, sources, known []*p2p.NetAddress
	nothing := func() {}
	newcomers := func() { fresh, sources = b.gen.many(benchBatch), b.gen.many(benchBatch) }
	leave := func() {
		if b.size >= fullOld+fullNew {
			return // it evicts: stays full
		}
		for _, a := range fresh {
			b.book.RemoveAddress(a)
		}
	}
	b.result("book_add_new", median(benchBatch, newcomers, func(i int) {
		_ = b.book.AddAddress(fresh[i], sources[i])
	}, leave), "ns")

	gather := func() {
		sources, known = b.gen.many(benchBatch), nil
		for len(known) < benchBatch {
			known = append(known, b.book.GetSelection()...)
		}
		rand.Shuffle(len(known), func(i, j int) { known[i], known[j] = known[j], known[i] })
	}
	b.result("book_add_known", median(benchBatch, gather, func(i int) {
		_ = b.book.AddAddress(known[i], sources[i])
	}, nothing), "ns")

	enter := func() {
		newcomers()
		for i, a := range fresh {
			_ = b.book.AddAddress(a, sources[i])
		}
	}
	b.result("book_mark_good", median(benchBatch, enter, func(i int) {
		b.book.MarkGood(fresh[i].ID)
	}, leave), "ns")

	b.refill()
	b.result("book_pick", median(20*benchBatch, nothing, func(int) {
		b.book.PickAddress(50)
	}, nothing), "ns")
	b.result("book_select", median(benchBatch/5, nothing, func(int) {
		b.book.GetSelection()
	}, nothing), "ns")
	b.result("book_select_biased", median(benchBatch/5, nothing, func(int) {
		b.book.GetSelectionWithBias(30)
	}, nothing), "ns")
}

// refill makes good what evictions took from the book.
func (b *bookBench) refill() {
	for tries := 0; b.book.Size() < b.size && tries < 20*b.size; tries++ {
		_ = b.book.AddAddress(b.gen.one(), b.gen.one())
	}
}

func (b *bookBench) measureFile() error {
	nothing := func() {}
	b.result("book_save", median(1, nothing, func(int) { b.book.Save() }, nothing)/1e6, "ms")

	var loaded pex.AddrBook
	var err error
	value := median(1, nothing, func(int) {
		loaded = pex.NewAddrBook(b.file, true)
		loaded.SetLogger(log.NewNopLogger())
		err = loaded.Start()
	}, func() {
		_ = stopBook(loaded)
	})
	b.result("book_load", value/1e6, "ms")
	return err
}
