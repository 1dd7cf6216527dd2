package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// isArray expects an array at a path of the answer.
func isArray(s step, route, path string) check {
	return func(o *observed) verdict {
		all := o.of(s, route)
		if len(all) == 0 || all[0].status/100 != 2 {
			return verdict{notSeen, ""}
		}
		for _, e := range all {
			if e.body == nil {
				return verdict{differs, e.format}
			}
			if found := e.body.at(path); len(found) != 1 || found[0].kind != kindArray {
				what := e.body.kind
				if len(found) == 1 {
					what = found[0].kind
				}
				return verdict{differs, strings.TrimSpace(what + " " + o.others(e.body, []string{path}))}
			}
		}
		return verdict{holds, ""}
	}
}

// pagesOf expects that no page of a listing has more rows than it was asked for.
func pagesOf(route, path string, limit int) check {
	return func(o *observed) verdict {
		longest := 0
		for _, s := range []step{stepList, stepFind, stepGone} {
			for _, e := range o.of(s, route) {
				if e.body == nil {
					continue
				}
				for _, rows := range e.body.at(path) {
					longest = max(longest, rows.length)
				}
			}
		}
		switch {
		case longest > limit:
			return verdict{differs, fmt.Sprintf("a page of more than %d", limit)}
		case longest == limit:
			return verdict{holds, fmt.Sprintf("a page of %d", limit)}
		}
		return verdict{notSeen, fmt.Sprintf("fewer than %d keys", limit)}
	}
}

// lacks expects that the answer has none of these fields at its top.
func lacks(s step, route string, fields ...string) check {
	return func(o *observed) verdict {
		all := o.of(s, route)
		if len(all) == 0 || all[0].status/100 != 2 || all[0].body == nil {
			return verdict{notSeen, ""}
		}
		for _, field := range fields {
			if all[0].body.fields[field] != nil {
				return verdict{differs, field}
			}
		}
		return verdict{holds, ""}
	}
}

// errorsAre expects the refusals that were seen to be of one of these forms; each is
// fields as of [has].
func errorsAre(forms ...[]string) check {
	return func(o *observed) verdict {
		var seen []string
		for _, e := range o.refusals() {
			form := slices.IndexFunc(forms, func(fields []string) bool { return e.body != nil && len(o.compare(e.body, fields)) == 0 })
			if form < 0 {
				what := e.format
				if e.body != nil {
					what = strings.TrimSpace(e.body.kind + " " + o.others(e.body, slices.Concat(forms...)))
				}
				return verdict{differs, fmt.Sprintf("%d with %s", e.status, what)}
			}
			seen = append(seen, fmt.Sprintf("%d with %s", e.status, names(forms[form])))
		}
		if len(seen) == 0 {
			return verdict{notSeen, ""}
		}
		slices.Sort(seen)
		return verdict{holds, strings.Join(slices.Compact(seen), "; ")}
	}
}

// names are the names of fields without their kinds.
func names(fields []string) string {
	all := make([]string, len(fields))
	for i, field := range fields {
		name, _, _ := strings.Cut(field, ":")
		all[i] = strings.TrimSuffix(name, "?")
	}
	return strings.Join(all, ", ")
}

// refusals are all answers with a status from 400 to 499.
func (o *observed) refusals() []exchange {
	var all []exchange
	for _, s := range steps {
		for _, e := range o.of(s, "") {
			if e.status/100 == 4 {
				all = append(all, e)
			}
		}
	}
	return all
}

var steps = []step{
	stepList, stepCreate, stepFind, stepWhoami, stepRead, stepUpdate, stepRotate,
	stepRevoke, stepGone, stepRevoked, stepUnknown, stepRefused,
}

// clockNoise is how far two times of one answer may be apart: the Date header has
// whole seconds.
const clockNoise = 5 * time.Second

// clock expects created_at in the answer to a create to be the time of its Date
// header, by which the provider knows the service's clock.
func clock(route string) check {
	return func(o *observed) verdict {
		all := o.of(stepCreate, route)
		if len(all) == 0 || all[0].created.IsZero() {
			return verdict{notSeen, ""}
		}
		if all[0].date.IsZero() {
			return verdict{differs, "no Date header"}
		}
		apart := all[0].created.Sub(all[0].date)
		seen := fmt.Sprintf("%s apart; the Date header is %s of this machine", apart.Abs().Round(time.Second), ahead(all[0].offset))
		return verdictOf(apart.Abs() <= clockNoise, seen)
	}
}

// ahead says in words how far one clock is before another.
func ahead(d time.Duration) string {
	if d < 0 {
		return d.Abs().Round(time.Second).String() + " behind"
	}
	return d.Round(time.Second).String() + " ahead"
}

// begins expects the value of the new key to begin with one of these.
func begins(prefixes ...string) check {
	return func(o *observed) verdict {
		value := o.life.minted.Value
		if value.IsZero() {
			return verdict{notSeen, ""}
		}
		for _, prefix := range prefixes {
			if strings.HasPrefix(value.Reveal(), prefix) {
				return verdict{holds, prefix}
			}
		}
		return verdict{differs, "another beginning"}
	}
}

// hinted expects the record of the new key in the listing to show part of its value.
func hinted(o *observed) verdict {
	listed := o.life.listed
	switch {
	case listed == nil || o.life.minted.Value.IsZero():
		return verdict{notSeen, ""}
	case listed.Hint == driver.Hint{}:
		return verdict{notSeen, "the record shows nothing of the value"}
	case listed.Hint.Matches(o.life.minted.Value):
		return verdict{holds, ""}
	case listed.Hint.Contradicts(o.life.minted.Value):
		return verdict{differs, "what the record shows is not in the value"}
	}
	return verdict{differs, "what the record shows is too little, or elsewhere in the value"}
}

// fact expects what the life of the key has shown.
func fact(of func(life) outcome) check {
	return func(o *observed) verdict {
		switch got := of(o.life); {
		case !got.seen:
			return verdict{notSeen, ""}
		default:
			return verdictOf(got.ok, got.words)
		}
	}
}

// all expects several things at once.
func all(checks ...check) check {
	return func(o *observed) verdict {
		sum := verdict{notSeen, ""}
		var seen []string
		for _, c := range checks {
			v := c(o)
			if v.result == differs {
				return v
			}
			if v.result == holds {
				sum.result = holds
				if v.seen != "" && !slices.Contains(seen, v.seen) {
					seen = append(seen, v.seen)
				}
			}
		}
		sum.seen = strings.Join(seen, "; ")
		return sum
	}
}
