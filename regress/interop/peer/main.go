// SPDX-License-Identifier: ISC

package peer

import (
	"fmt"
	"os"
	"runtime/debug"
	"sort"
)

// A subcommand gets the words after its own name.
type subcommand struct {
	usage string
	run   func(ad Adapter, args []string) error
}

var subcommands = map[string]subcommand{
	"run":       {"run [flags]: be a node; run -h lists the flags", cmdRun},
	"key":       {"key FILE: print the ID of node_key.json, make it if absent", cmdKey},
	"book":      {"book show|make|fill FILE [flags]: read or write addrbook.json", cmdBook},
	"bookbench": {"bookbench [flags]: time the address book", cmdBookBench},
	"version":   {"version: print the CometBFT version built in", cmdVersion},
}

// Main is the whole program. It does not return.
func Main(ad Adapter) {
	if len(os.Args) < 2 {
		usage()
	}
	sub, ok := subcommands[os.Args[1]]
	if !ok {
		usage()
	}
	if err := guarded(sub.run, ad, os.Args[2:]); err != nil {
		fmt.Fprintf(os.Stderr, "cometpeer: %v\n", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// guarded turns the panics that CometBFT raises on a bad file into an error.
func guarded(run func(Adapter, []string) error, ad Adapter, args []string) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	return run(ad, args)
}

func usage() {
	names := make([]string, 0, len(subcommands))
	for name := range subcommands {
		names = append(names, name)
	}
	sort.Strings(names)
	fmt.Fprintln(os.Stderr, "usage:")
	for _, name := range names {
		fmt.Fprintf(os.Stderr, "\tcometpeer %s\n", subcommands[name].usage)
	}
	os.Exit(2)
}

func cmdVersion(ad Adapter, _ []string) error {
	newReporter(os.Stdout).emit("version", fields{
		"name": ad.Name(), "software": ad.Software(),
	})
	return nil
}
