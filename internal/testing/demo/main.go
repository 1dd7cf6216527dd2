// Demo shows the provider at work: it builds it, starts simulators of all
// services, and drives real Terraform through examples/demo, examples/storage and a recipe. After every step it
// compares what Terraform holds with the services' own ledgers. It needs no
// account and no network, and touches nothing outside a temporary folder.
//
// The exit status is 0 only if every expectation held.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
)

func main() {
	keep := flag.Bool("keep", false, "keep the temporary folder, and say where it is")
	verbose := flag.Bool("v", false, "show all that Terraform prints")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A second Ctrl-C ends the program at once.
	context.AfterFunc(ctx, stop)
	err := run(ctx, *keep, *verbose)
	if ctx.Err() != nil {
		err = errors.New("interrupted; the temporary folder and everything that ran are gone")
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "\ndemo:", err)
		os.Exit(1)
	}
}

// run sets the stage, plays the story and clears the stage.
func run(ctx context.Context, keep, verbose bool) (err error) {
	dir, err := os.MkdirTemp("", "apikeys-demo-")
	if err != nil {
		return err
	}
	if keep {
		defer fmt.Printf("\nkept: %s\n", dir)
	} else {
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}

	stand, err := open()
	if err != nil {
		return err
	}
	defer stand.server.Close()

	all, err := prepare(ctx, dir, stand.environment())
	if err != nil {
		return err
	}
	if verbose {
		all.Echo = os.Stdout
	}
	tf, err := all.stage("demo", filepath.Join(dir, "work"))
	if err != nil {
		return err
	}
	return (&story{simulated: stand, workspace: tf, out: os.Stdout}).play(ctx)
}
