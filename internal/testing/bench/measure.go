package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulators"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/terraform"
)

// The operations.
const (
	opCreate  = "create"
	opPlan    = "plan"
	opDestroy = "destroy"
	opListing = "listing"
	opFew     = "plan of 1 key among 10 n"
	opMany    = "plan of 1 key among 100 n"
)

// reading is what was measured: a subject's title and an operation.
type reading struct{ subject, op string }

// usage is what one command cost.
type usage struct {
	wall, cpu time.Duration // cpu is that of Terraform and its plugins
	memory    int64         // the provider's peak in bytes; 0 where the system does not say
	requests  int
	bytes     int64 // of the service's answers
}

// measure measures everything. In each round another subject is the first.
func (b *bench) measure(ctx context.Context) error {
	all := slices.Clone(services)
	if b.reference {
		all = append(all, standard)
	}
	for round := range b.rounds {
		for i := range all {
			if err := b.lifecycle(ctx, all[(round+i)%len(all)]); err != nil {
				return err
			}
		}
	}
	for _, s := range services {
		for op, others := range map[string]int{opFew: 10 * b.keys, opMany: 100 * b.keys} {
			if err := b.amongOthers(ctx, s, op, others); err != nil {
				return err
			}
		}
	}
	return nil
}

// lifecycle creates, plans and destroys n instances.
func (b *bench) lifecycle(ctx context.Context, s subject) error {
	w, err := b.workspace(ctx, s, b.keys)
	if err != nil {
		return err
	}
	defer w.server.Close()
	if err := w.measure(ctx, opCreate, "apply", "-auto-approve"); err != nil {
		return err
	}
	if err := w.measure(ctx, opPlan, "plan", "-detailed-exitcode"); err != nil {
		return err
	}
	if s.service != "" {
		listing, err := w.listing(ctx)
		if err != nil {
			return err
		}
		b.keep(s, opListing, usage{bytes: listing})
	}
	return w.measure(ctx, opDestroy, "destroy", "-auto-approve")
}

// amongOthers plans one key. Half of the other keys are older, half are newer, so it
// is on neither end of the listing.
func (b *bench) amongOthers(ctx context.Context, s subject, op string, others int) error {
	w, err := b.workspace(ctx, s, 1)
	if err != nil {
		return err
	}
	defer w.server.Close()
	name := func(i int) string { return "other-" + strconv.Itoa(i) }
	w.store.Seed(others/2, name)
	if _, err := w.cli.Run(ctx, "apply", "-auto-approve"); err != nil {
		return err
	}
	w.store.Seed(others-others/2, name)
	return w.measure(ctx, op, "plan", "-detailed-exitcode")
}

// workspace is a folder with a configuration, and a simulator.
type workspace struct {
	*bench
	subject
	cli    *terraform.CLI
	server *simulator.Server
	store  *simulator.Store // nil for the reference
}

func (b *bench) workspace(ctx context.Context, s subject, n int) (*workspace, error) {
	w := &workspace{bench: b, subject: s, server: simulator.NewServer(nil)}
	var env []string
	if err := w.server.Start(); err != nil {
		return nil, err
	}
	if s.service != "" {
		service := simulators.Named(s.service)
		w.store = w.server.Mount(s.service, service.Simulator)
		for name, value := range service.Environment(w.server.URL(s.service), w.store.Admin(), w.store.CreateSession()) {
			env = append(env, name+"="+value)
		}
	}
	b.folders++
	w.cli = b.cli.In(filepath.Join(b.dir, fmt.Sprintf("%s-%d", s.title, b.folders)), env...)
	if err := os.MkdirAll(w.cli.Dir, 0o750); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(w.cli.Dir, "main.tf"), []byte(s.configuration(n)), 0o600); err != nil {
		return nil, err
	}
	_, err := w.cli.Run(ctx, "init")
	return w, err
}

// measure runs one command, which must succeed, and keeps what it cost.
func (w *workspace) measure(ctx context.Context, op string, args ...string) error {
	if w.store != nil {
		w.store.Reset()
	}
	began := time.Now()
	p, err := w.cli.Start(ctx, append(args, "-parallelism="+strconv.Itoa(w.parallelism))...)
	if err != nil {
		return err
	}
	peak := w.watch()
	r, err := p.Wait()
	u := usage{wall: time.Since(began), memory: peak()}
	if err == nil && r.Status != 0 {
		err = fmt.Errorf("terraform %s for %s: status %d\n%s", args[0], w.title, r.Status, r.Output)
	}
	if err != nil {
		return err
	}
	// The system adds what a process used and what those used that it waited for;
	// Terraform waits for its plugins.
	u.cpu = p.ProcessState.UserTime() + p.ProcessState.SystemTime()
	if w.store != nil {
		u.requests, u.bytes = w.store.Total(), w.store.Bytes()
		if n := w.store.Requests()["unknown"]; n > 0 {
			return fmt.Errorf("%d requests that %s does not have", n, w.title)
		}
	}
	w.keep(w.subject, op, u)
	return nil
}

// watch looks every few milliseconds how much memory the plugins have used, until it
// is asked for the most.
func (w *workspace) watch() (peak func() int64) {
	stop, most := make(chan struct{}), make(chan int64)
	go func() {
		n := int64(0)
		for tick := time.NewTicker(20 * time.Millisecond); ; {
			for _, pid := range terraform.Running(w.dir) {
				n = max(n, terraform.PeakMemory(pid))
			}
			select {
			case <-tick.C:
			case <-stop:
				tick.Stop()
				most <- n
				return
			}
		}
	}()
	return func() int64 {
		close(stop)
		return <-most
	}
}

func (b *bench) keep(s subject, op string, u usage) {
	at := reading{s.title, op}
	b.readings[at] = append(b.readings[at], u)
	fmt.Printf("%-12s %-26s %6.2f s, CPU %6.2f s, %3d MiB, %d requests, %d bytes\n", s.title, op, u.wall.Seconds(), u.cpu.Seconds(), u.memory>>20, u.requests, u.bytes)
}

// listing is how many bytes one complete listing has. Each page counts once.
func (w *workspace) listing(ctx context.Context) (int64, error) {
	size := int64(0)
	for offset := 0; offset == 0 || offset < len(w.store.Live()) && w.page > 0; offset += w.page {
		url := fmt.Sprintf("%s%s?limit=%d&offset=%d", w.server.URL(w.service), w.list, max(w.page, 1), offset)
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
		if err != nil {
			return 0, err
		}
		request.Header.Set("X-Api-Key", w.store.Admin())
		request.Header.Set("Authorization", "Bearer "+w.store.Admin())
		response, err := http.DefaultTransport.RoundTrip(request)
		if err != nil {
			return 0, err
		}
		n, err := io.Copy(io.Discard, response.Body)
		if response.StatusCode != http.StatusOK {
			err = errors.Join(err, fmt.Errorf("listing %s: %s", w.service, response.Status))
		}
		if err := errors.Join(err, response.Body.Close()); err != nil {
			return 0, err
		}
		size += n
		if w.page == 0 {
			break
		}
	}
	return size, nil
}
