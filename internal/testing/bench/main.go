// Bench measures what the provider costs. It runs real Terraform against the
// simulator with a thousand keys, and time_static of hashicorp/time for comparison,
// which is built on the same plugin framework and has no service.
//
// The exit status is 1 when a target for requests, bytes or memory is missed; with
// -strict, when one for time is. Times depend on what else the machine does.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"
)

// options are the flags.
type options struct {
	keys        int
	rounds      int
	parallelism int
	strict      bool
	timeSource  string
}

func main() {
	var o options
	flag.IntVar(&o.keys, "n", 1000, "keys of a configuration; the targets are meant for 1000")
	flag.IntVar(&o.rounds, "rounds", 3, "rounds; the medians are compared")
	flag.IntVar(&o.parallelism, "parallelism", 10, "Terraform's -parallelism")
	flag.BoolVar(&o.strict, "strict", false, "fail when a target for time is missed, too")
	flag.StringVar(&o.timeSource, "time", "github.com/hashicorp/terraform-provider-time@v0.14.2", "the reference provider for go install; empty: none")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	err := run(ctx, o)
	if ctx.Err() != nil {
		err = errors.New("interrupted")
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "\nbench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) (err error) {
	if o.keys < 10 || o.rounds < 1 || o.parallelism < 1 {
		return errors.New("-n must be at least 10, -rounds and -parallelism at least 1")
	}
	dir, err := os.MkdirTemp("", "apikeys-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	began := time.Now()
	b, err := prepare(ctx, dir, o)
	if err != nil {
		return err
	}
	if err := b.measure(ctx); err != nil {
		return err
	}
	rows := b.rows()
	fmt.Printf("\n%d keys, %d rounds, parallelism %d, %d cores, %s/%s, %s\n%s", o.keys, o.rounds, o.parallelism,
		runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, time.Since(began).Round(time.Second), table(rows))
	return verdict(rows, o.strict)
}
