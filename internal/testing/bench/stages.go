package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// stage is a part of the benchmark that can be run by itself.
type stage struct {
	name string
	run  func(b *bench, ctx context.Context) error
}

var stages = []stage{
	{"start", (*bench).runStart},
	{"life", (*bench).runLife},
	{"remote", (*bench).runRemote},
	{"latency", (*bench).runLatency},
	{"growth", (*bench).runGrowth},
	{"crowd", (*bench).runCrowd},
}

// wanted reports whether the stage is among those to run.
func (s stage) wanted(only string) bool { return slices.Contains(strings.Split(only, ","), s.name) }

func stageNames() []string {
	names := make([]string, len(stages))
	for i, s := range stages {
		names[i] = s.name
	}
	return names
}

// withStandIn runs f with a simulator that has no keys yet.
func (b *bench) withStandIn(ctx context.Context, f func(*standIn) error) error {
	at, err := stand(ctx, b.simulator, b.dir)
	if err != nil {
		return err
	}
	return errors.Join(f(at), at.stop())
}

// keepReading keeps a reading, and shows it.
func (b *bench) keepReading(s subject, op string, u usage) {
	b.readings.add(s.title, op, u)
	fmt.Printf("%-15s %-12s %7.2f s wall, %6.2f s CPU (plugin %5.2f s), %3d MiB", s.title, op, u.wall.Seconds(), u.cpu.Seconds(), u.plugin.Seconds(), u.memory>>20)
	if s.service != "" {
		fmt.Printf(", %d requests, %d bytes", u.requests, u.bytes)
	}
	fmt.Println()
}

// runLife measures the life of n instances of each subject, in turns, so that
// whatever the machine is busy with meets all of them.
func (b *bench) runLife(ctx context.Context) error {
	return b.withStandIn(ctx, func(at *standIn) error {
		for round := range b.rounds {
			fmt.Printf("-- round %d of %d\n", round+1, b.rounds)
			for _, s := range b.turn(round) {
				if err := b.calm(ctx, s, func() ([]sample, error) { return b.live(ctx, s, at) }); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// turn is the order of the subjects in a round: each of them comes first once.
func (b *bench) turn(round int) []subject {
	all := append(b.subjects(), weighty)
	at := round % len(all)
	return slices.Concat(all[at:], all[:at])
}

// live creates, plans and destroys.
func (b *bench) live(ctx context.Context, s subject, at *standIn) (all []sample, err error) {
	w, err := b.workspace(ctx, s, at, b.keys)
	if err != nil {
		return nil, err
	}
	if all, err = measure(ctx, nil, opCreate, w.apply); err != nil {
		return nil, err
	}
	if all, err = measure(ctx, all, opPlan, w.plan); err != nil {
		return nil, err
	}
	if w.at != nil {
		listing, err := at.listing(ctx, s)
		if err != nil {
			return nil, err
		}
		b.readings.add(s.title, opListing, usage{bytes: listing})
	}
	return measure(ctx, all, opDestroy, w.destroy)
}

// measure runs a command and adds what it has cost.
func measure(ctx context.Context, to []sample, op string, run func(context.Context) (usage, error)) ([]sample, error) {
	u, err := run(ctx)
	return append(to, sample{op, u}), err
}

// What is measured.
const (
	opCreate  = "create"
	opPlan    = "plan"
	opDestroy = "destroy"
	opListing = "listing"

	opRemoteCreate  = "create, state elsewhere"
	opRemoteDestroy = "destroy, state elsewhere"

	opSlowCreate = "create, slow"
	opSlowPlan   = "plan, slow"
	opStart      = "start"
	opCrowd      = "1 of 100,000"
	opFew        = "1 of 10,000"
)

// latency is that of the slow service.
const latency = 50 * time.Millisecond

// runLatency measures against services that take their time.
func (b *bench) runLatency(ctx context.Context) error {
	return b.withStandIn(ctx, func(at *standIn) error {
		for range b.rounds {
			for _, s := range services {
				if err := b.calm(ctx, s, func() ([]sample, error) { return b.liveSlowly(ctx, s, at) }); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func (b *bench) liveSlowly(ctx context.Context, s subject, at *standIn) (all []sample, err error) {
	w, err := b.workspace(ctx, s, at, b.keys)
	if err != nil {
		return nil, err
	}
	if err := at.SetLatency(ctx, s.service, latency); err != nil {
		return nil, err
	}
	if all, err = measure(ctx, nil, opSlowCreate, w.apply); err != nil {
		return nil, err
	}
	if all, err = measure(ctx, all, opSlowPlan, w.plan); err != nil {
		return nil, err
	}
	if err := at.SetLatency(ctx, s.service, 0); err != nil {
		return nil, err
	}
	_, err = w.destroy(ctx)
	return all, err
}

// startRounds is how many starts are measured in each round: they are short, and
// therefore uneven.
const startRounds = 7

// runStart measures what the provider costs before it does anything: validating
// a configuration without resources starts it.
func (b *bench) runStart(ctx context.Context) error {
	subjects := []subject{{title: "apikeys", plugin: "apikeys"}}
	if b.reference {
		subjects = append(subjects, subject{title: "time", plugin: "time"})
	}
	spaces := make([]*workspace, len(subjects))
	for i, s := range subjects {
		w, err := b.workspace(ctx, s, nil, 0)
		if err != nil {
			return err
		}
		if _, err := w.validate(ctx); err != nil { // the first one fills the system's caches
			return err
		}
		spaces[i] = w
	}
	for range b.rounds * startRounds {
		for _, w := range spaces {
			if err := b.calm(ctx, w.subject, once(opStart, func() (usage, error) { return w.validate(ctx) })); err != nil {
				return err
			}
		}
	}
	return nil
}
