// SPDX-License-Identifier: ISC

package peer

import (
	"bufio"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// cmdRun is a node until "quit", the end of standard input, or a signal.
func cmdRun(ad Adapter, args []string) error {
	opts, err := parseOptions(args)
	if err != nil {
		return err
	}
	n, err := newNode(ad, opts, newReporter(os.Stdout))
	if err != nil {
		return err
	}
	defer n.close()
	if err := n.start(); err != nil {
		return err
	}

	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGINT, syscall.SIGTERM)
	quit := make(chan error, 1)
	go func() { quit <- n.obey(os.Stdin) }()
	select {
	case <-stop:
		return nil
	case err := <-quit:
		return err
	}
}

// obey carries out the lines of r one after the other; "quit" or the end of r
// ends it.
func (n *node) obey(r io.Reader) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if !n.command(lines.Text()) {
			return nil
		}
	}
	return lines.Err()
}
