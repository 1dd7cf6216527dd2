// Campaign lets everything go wrong that the simulated services know, at every
// exchange of every operation, and checks the keys in their ledgers: the state has
// every live key of the provider, no key of somebody else was revoked, no
// value was lost or printed. It drives the provider through the plugin protocol,
// and then as real Terraform does, killed and interrupted. It
// needs no account and no network.
//
// The exit status is 0 only if every target of the report was met.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"filippo.io/age"
	"go.uber.org/goleak"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/campaign/deadline"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/campaign/process"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulators"
)

// settings are the command line.
type settings struct {
	long      bool
	only      string
	process   bool
	scenarios string
	report    string
}

func main() {
	var s settings
	flag.Bool("short", true, "play a sample, as CI does")
	flag.BoolVar(&s.long, "long", false, "play everything")
	flag.StringVar(&s.only, "only", "", "play the in-process runs alone whose description holds this text, all of them")
	flag.BoolVar(&s.process, "terraform", true, "play the part with real Terraform too")
	flag.StringVar(&s.scenarios, "scenarios", "", `play the scenarios with real Terraform alone that this is a part of, as "onepin rotate SIGTERM"`)
	flag.StringVar(&s.report, "report", "", "write the report to this file (Markdown)")
	flag.Parse()

	// What is made here lives shortly, and there is a lot of it.
	debug.SetGCPercent(400)
	if err := boundMemory(); err != nil {
		fmt.Fprintln(os.Stderr, "campaign: memory is not bounded:", err)
	}
	ctx, end := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A second Ctrl-C ends the program at once.
	context.AfterFunc(ctx, end)
	missed, err := run(ctx, s)
	if ctx.Err() != nil {
		err = errors.New("interrupted")
	}
	end()
	if err != nil {
		fmt.Fprintln(os.Stderr, "campaign:", err)
	}
	for _, what := range missed { // again, where who reads the end of a long log sees it
		fmt.Fprintln(os.Stderr, "campaign: missed:", what)
	}
	if err != nil || len(missed) > 0 {
		os.Exit(1)
	}
}

// run plays the campaign, reports on it, and says which targets are missed.
func run(ctx context.Context, s settings) (missed []string, err error) {
	reader, err := age.GenerateX25519Identity()
	if err != nil {
		return nil, err
	}
	r := report{settings: s, scope: short, counter: newCounter(os.Stderr), began: time.Now()}
	if s.long {
		r.scope = long
	}
	var failed error
	before := goleak.IgnoreCurrent()
	all := simulators.Services()
	if s.only != "" {
		r.scope = scope{plain: 1, crowds: 1, thousands: 1, odd: 1, pairs: 1, peculiar: 1}
	}
	list := r.scope.series(all, reader)
	switch {
	case s.only != "":
		list = only(list, s.only)
		if len(list) == 0 {
			return nil, fmt.Errorf("-only %q: no series is described so (leave out \"at exchange …\")", s.only)
		}
	case s.scenarios != "":
		list = nil
	}
	play(ctx, reader, list, r.counter.enter)
	fmt.Fprintf(os.Stderr, "in process: %d runs in %s\n", r.counter.runs, time.Since(r.began).Round(time.Second))
	r.leaked = leakedGoroutines(before)
	if s.process && s.only == "" && ctx.Err() == nil {
		r.real, err = process.Run(ctx, process.Options{Long: s.long, Only: s.scenarios, Log: os.Stderr})
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("with real Terraform: %w", err)) // what was found until then still counts
		}
	}
	if s.only == "" && s.scenarios == "" && ctx.Err() == nil {
		r.slow, err = deadline.Run(ctx, os.Stderr)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("against the clock: %w", err))
		}
	}
	r.took = time.Since(r.began)
	var text strings.Builder
	missed = r.write(&text)
	if s.report != "" {
		err = errors.Join(os.MkdirAll(filepath.Dir(s.report), 0o750), os.WriteFile(s.report, []byte(text.String()), 0o600))
	}
	_, printed := os.Stdout.WriteString(text.String())
	return missed, errors.Join(failed, err, printed)
}

// only picks the series whose description holds a text.
func only(list []series, text string) []series {
	var some []series
	for _, one := range list {
		if strings.Contains(scenario(one).String(), text) {
			some = append(some, one)
		}
	}
	return some
}

// leakedGoroutines is what still runs that did not before, "" if nothing does. A
// connection whose server has closed takes a moment to end.
func leakedGoroutines(before goleak.Option) string {
	for range 10 {
		if goleak.Find(before) == nil {
			return ""
		}
	}
	return goleak.Find(before).Error()
}
