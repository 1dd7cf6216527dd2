package main

import (
	"fmt"
	"slices"

	"filippo.io/age"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulators"
)

// scope is how much of what could go wrong a campaign lets go wrong: the share of
// all series that is played, by what they are about.
type scope struct {
	plain, crowds, thousands, odd, pairs, peculiar float64
	// wanted is how many runs there have to be.
	wanted int
}

var (
	short = scope{plain: 0.21, crowds: 0.03, thousands: 0.0006, peculiar: 0.3, wanted: 5_000}
	long  = scope{plain: 1, crowds: 0.3, thousands: 0.002, odd: 0.4, pairs: 0.02, peculiar: 1, wanted: 100_000}
)

// series lists what is to be played.
func (s scope) series(all []simulators.Service, reader *age.X25519Identity) []series {
	ops, faults := operations(reader.Recipient().String()), catalogue()
	list := plan(all, ops, faults, []conditions{plain()}, s.plain)
	list = append(list, plan(all, ops, faults, crowds(), s.crowds)...)
	list = append(list, plan(all, ops, faults, []conditions{thousands()}, s.thousands)...)
	list = append(list, plan(all, ops, onPeculiar(), peculiar(), s.peculiar)...)
	list = append(list, plan(all, ops, oddListings(), []conditions{plain()}, s.peculiar)...)
	full, pages := repeated()
	list = append(list, plan(all, ops, full, pages, s.peculiar)...)
	list = append(list, plan(all, ops, faults, odd(), s.odd)...)
	return append(list, plan(all, ops, pairs(), []conditions{plain()}, s.pairs)...)
}

// pairs are two faults, one soon after the other.
func pairs() []disturbance {
	var all []disturbance
	for _, one := range breaks() {
		for _, two := range slices.Concat(breaks(), refusals(), later()) {
			for when := range 4 {
				for gap := 1; gap <= 3; gap++ {
					first, next := one.Fault, two.Fault
					first.Times, next.Times = 1, 1
					first.After = when&1 != 0
					next.After = when&2 != 0 && leavesOpen(two)
					all = append(all, disturbance{
						name:  fmt.Sprintf("%s (after: %v), then %s (after: %v)", one.name, first.After, two.name, next.After),
						fault: first, second: next, gap: gap,
					})
				}
			}
		}
	}
	return all
}

// leavesOpen reports whether a fault is one of those that come after a change too.
func leavesOpen(f named) bool {
	for _, b := range breaks() {
		if b.name == f.name {
			return true
		}
	}
	return false
}
