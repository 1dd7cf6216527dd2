package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulators"
)

// Options say how much is to be done.
type Options struct {
	// Long plays all scenarios instead of one for each signal, operation and
	// service.
	Long bool
	// Only restricts it to scenarios whose full name holds this text, which must
	// be a part of "service operation" or begin with it: "onepin rotate SIGTERM".
	Only string
	// Log takes a line for each stage; nil: nothing is logged.
	Log io.Writer
}

// The numbers of scenarios that are wanted.
const (
	shortTarget = 40
	longTarget  = 400
)

// workers is how many stages are played at a time. Terraform waits a lot.
const workers = 4

// Run plays the scenarios. An error means that the campaign itself could not go
// on; what it found until then is in the result.
func Run(ctx context.Context, o Options) (Result, error) {
	r := Result{Column: Column{Counts: map[string]int{}}, Target: shortTarget}
	switch {
	case o.Only != "":
		r.Target = 1
	case o.Long:
		r.Target = longTarget
	}
	if o.Log == nil {
		o.Log = io.Discard
	}
	if runtime.GOOS != "linux" {
		return r, errors.New("the scenarios with real Terraform need Linux")
	}
	dir, err := os.MkdirTemp("", "apikeys-campaign-")
	if err != nil {
		return r, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	p, err := build(ctx, filepath.Join(dir, "bin"))
	if err != nil {
		return r, err
	}
	var (
		mu   sync.Mutex
		errs []error
		all  sync.WaitGroup
		turn = make(chan struct{}, workers)
	)
	for i, service := range simulators.Services() {
		for j, op := range operations {
			of := service.Key.Name + " " + op.name
			if !strings.Contains(o.Only, of) && !strings.Contains(of, o.Only) {
				continue
			}
			name := service.Key.Name + "-" + op.name
			all.Go(func() {
				turn <- struct{}{}
				defer func() { <-turn }()
				began := time.Now()
				c := &Column{Counts: map[string]int{}}
				s, err := newFixture(p, filepath.Join(dir, name), service, op, i+j)
				if err == nil {
					err = s.act(ctx, c, o.Long, i+j, func(sc scenario) bool { return strings.Contains(of+" "+sc.String(), o.Only) })
				}
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					errs = append(errs, fmt.Errorf("%s: %w", name, err))
				}
				r.add(c)
				fmt.Fprintf(o.Log, "%s, %.0f s: %s\n", name, time.Since(began).Seconds(), c)
				for _, what := range c.Violations {
					summary, _, _ := strings.Cut(what, "\n")
					fmt.Fprintf(o.Log, "  %s\n", summary)
				}
			})
		}
	}
	all.Wait()
	return r, errors.Join(errs...)
}
