// Bench measures what the provider costs: it drives real Terraform against the
// simulator, at a thousand keys and more, with two references beside it that
// have no service to talk to: Terraform's own terraform_data, and time_static of
// hashicorp/time, which is built on the same plugin framework.
//
// CPU and memory are what the operating system says of Terraform and the
// provider. Requests and bytes are what the simulator has counted; it is a
// process of its own, so that its work is in no number.
//
// The exit status is 1 when a target for requests, bytes or memory is missed;
// with -strict, when any target is. Times depend on what else the machine does.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// options are the flags.
type options struct {
	keys        int
	rounds      int
	parallelism int
	only        string
	strict      bool
	write       bool
	keep        bool
	timeSource  string
}

func main() {
	var o options
	flag.IntVar(&o.keys, "n", 1000, "keys of a configuration; the targets are meant for 1000")
	flag.IntVar(&o.rounds, "rounds", 3, "rounds; what is told is the median, with the lowest and the highest")
	flag.IntVar(&o.parallelism, "parallelism", 10, "Terraform's -parallelism")
	flag.StringVar(&o.only, "only", strings.Join(stageNames(), ","), "stages to run, comma-separated")
	flag.BoolVar(&o.strict, "strict", false, "fail when a target for time is missed, too")
	flag.BoolVar(&o.write, "write", false, "write the results into the documentation")
	flag.BoolVar(&o.keep, "keep", false, "keep the temporary folder, and say where it is")
	flag.StringVar(&o.timeSource, "time", "github.com/hashicorp/terraform-provider-time@v0.14.2", "the reference provider, as go install has it; empty leaves it out")
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

// run sets everything up, runs the stages and tells the results.
func run(ctx context.Context, o options) (err error) {
	if o.keys < 10 || o.rounds < 1 || o.parallelism < 1 {
		return errors.New("-n must be at least 10, -rounds and -parallelism at least 1")
	}
	dir, err := os.MkdirTemp("", "apikeys-bench-")
	if err != nil {
		return err
	}
	if o.keep {
		defer fmt.Printf("\nkept: %s\n", dir)
	} else {
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	b, err := prepare(ctx, dir, o)
	if err != nil {
		return err
	}
	began := time.Now()
	for _, s := range stages {
		if !s.wanted(o.only) {
			continue
		}
		fmt.Printf("\n== %s ==\n", s.name)
		if err := s.run(b, ctx); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	r := b.report(began)
	fmt.Printf("\n%s", r.text())
	if o.write {
		if err := r.write(b.root); err != nil {
			return err
		}
		fmt.Println("\nwritten to templates/guides and internal/testing/bench; `make generate` takes it over into docs")
	}
	return r.verdict(o.strict)
}

// machine describes the class of machine, and nothing that tells which.
func machine() string {
	return fmt.Sprintf("%d cores, %s/%s", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH)
}
