package simulator

import (
	"cmp"
	"slices"
)

// sortedKeys holds the entries of one scope, once for each selection and always in
// the order of their making, so that any page of any selection is a slice and
// any total a length, at a hundred thousand keys too.
type sortedKeys struct{ all, live, active, inactive []*entry }

// lists returns the selections that e belongs to as it is now.
func (s *sortedKeys) lists(e *entry) []*[]*entry {
	switch {
	case !e.Live():
		return []*[]*entry{&s.all, &s.inactive}
	case !e.Active:
		return []*[]*entry{&s.all, &s.live, &s.inactive}
	default:
		return []*[]*entry{&s.all, &s.live, &s.active}
	}
}

func (s *sortedKeys) put(e *entry) {
	for _, list := range s.lists(e) {
		if i, found := position(*list, e); !found {
			*list = slices.Insert(*list, i, e)
		}
	}
}

func (s *sortedKeys) take(e *entry) {
	for _, list := range s.lists(e) {
		if i, found := position(*list, e); found {
			*list = slices.Delete(*list, i, i+1)
		}
	}
}

func (s *sortedKeys) selection(status Status) []*entry {
	switch status {
	case StatusActive:
		return s.active
	case StatusInactive:
		return s.inactive
	case StatusAll:
		return s.all
	default:
		return s.live
	}
}

func position(list []*entry, e *entry) (int, bool) {
	if n := len(list); n == 0 || list[n-1].number < e.number {
		return n, false // the usual case: a new key goes last
	}
	return slices.BinarySearchFunc(list, e, func(a, b *entry) int { return cmp.Compare(a.number, b.number) })
}
