package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// assumption is one thing that a service's adapter relies on. Its text is a sentence of
// the service's doc.go.
type assumption struct {
	text   string
	checks []check
}

func assume(text string, checks ...check) assumption { return assumption{text, checks} }

// check compares an assumption with what was observed.
type check func(*observed) verdict

// verdict is the result for an assumption, and what was seen: statuses, kinds of values
// and names of fields.
type verdict struct {
	result result
	seen   string
}

type result string

// The results.
const (
	notSeen result = "not seen"
	holds   result = "holds"
	differs result = "differs"
)

func verdictOf(ok bool, seen string) verdict {
	if ok {
		return verdict{holds, seen}
	}
	return verdict{differs, seen}
}

// test is the first check that differs; otherwise one that holds is enough.
func (a assumption) test(o *observed) verdict {
	sum := verdict{notSeen, ""}
	var seen []string
	for _, c := range a.checks {
		v := c(o)
		if v.result == differs {
			return v
		}
		if v.result == holds {
			sum.result = holds
		}
		if v.seen != "" && !slices.Contains(seen, v.seen) {
			seen = append(seen, v.seen)
		}
	}
	sum.seen = strings.Join(seen, "; ")
	return sum
}

// answers expects the first answer of a step to have one of these statuses.
func answers(s step, route string, statuses ...int) check {
	return func(o *observed) verdict {
		all := o.of(s, route)
		if len(all) == 0 {
			return verdict{notSeen, ""}
		}
		return verdictOf(slices.Contains(statuses, all[0].status), fmt.Sprintf("%d with %s", all[0].status, all[0].format))
	}
}

// ifBody is a check of answers that may have no body.
func ifBody(s step, route string, c check) check {
	return func(o *observed) verdict {
		if all := o.of(s, route); len(all) == 0 || all[len(all)-1].format == formatNone {
			return verdict{notSeen, ""}
		}
		return c(o)
	}
}

// pagesOf expects that no page of a listing has more rows than it was asked for.
func pagesOf(route, path string, limit int) check {
	return func(o *observed) verdict {
		longest := 0
		for _, s := range []step{stepList, stepFind, stepGone} {
			for _, e := range o.of(s, route) {
				longest = max(longest, len(valuesAt(e.body, path+".[]")))
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

// errorsAre expects every refusal to have one of these forms; each is fields as of [has].
func errorsAre(forms ...[]string) check {
	return func(o *observed) verdict {
		var seen []string
		for _, e := range o.refusals() {
			form := slices.IndexFunc(forms, func(fields []string) bool { return e.format == formatJSON && len(o.compare(e.body, fields)) == 0 })
			if form < 0 {
				what := e.format
				if e.format == formatJSON {
					what = strings.TrimSpace(kindOf(e.body) + " " + o.others(e.body, slices.Concat(forms...)))
				}
				return verdict{differs, fmt.Sprintf("%d with %s", e.status, what)}
			}
			var names []string
			for _, f := range forms[form] {
				names = append(names, parseField(f).names...)
			}
			seen = append(seen, fmt.Sprintf("%d with %s", e.status, strings.Join(names, ", ")))
		}
		if len(seen) == 0 {
			return verdict{notSeen, ""}
		}
		slices.Sort(seen)
		return verdict{holds, strings.Join(slices.Compact(seen), "; ")}
	}
}

// refusals are all answers with a status from 400 to 499 but those of cleaning up.
func (o *observed) refusals() []exchange {
	return slices.DeleteFunc(slices.Clone(o.exchanges), func(e exchange) bool {
		return e.step == stepClean || e.status/100 != 4 || e.status == 429
	})
}

// clockTolerance is more than the rounding of the Date header to seconds.
const clockTolerance = 5 * time.Second

// clock expects created_at of a new key to be the time of the answer's Date header, by
// which the provider knows the service's clock.
func clock(route string) check {
	return func(o *observed) verdict {
		all := o.of(stepCreate, route)
		if len(all) == 0 || createdAt(all[0].body).IsZero() {
			return verdict{notSeen, ""}
		}
		if all[0].date.IsZero() {
			return verdict{differs, "no Date header"}
		}
		apart, order := createdAt(all[0].body).Sub(all[0].date).Abs(), "ahead"
		if all[0].offset < 0 {
			order = "behind"
		}
		return verdictOf(apart <= clockTolerance, fmt.Sprintf("%s apart; the Date header is %s %s of this machine",
			apart.Round(time.Second), all[0].offset.Abs().Round(time.Second), order))
	}
}

// begins expects the value of the new key to begin with one of these.
func begins(prefixes ...string) check {
	return func(o *observed) verdict {
		if o.minted.Value.IsZero() {
			return verdict{notSeen, ""}
		}
		for _, prefix := range prefixes {
			if strings.HasPrefix(o.minted.Value.Reveal(), prefix) {
				return verdict{holds, prefix}
			}
		}
		return verdict{differs, "another beginning"}
	}
}

// showsValue expects the record of the new key in the listing to show part of its value.
func showsValue(o *observed) verdict {
	switch value := o.minted.Value; {
	case o.listed == nil || value.IsZero():
		return verdict{notSeen, ""}
	case o.listed.Hint == driver.Hint{}:
		return verdict{notSeen, "the record shows nothing of the value"}
	case o.listed.Hint.Matches(value):
		return verdict{holds, ""}
	case o.listed.Hint.Contradicts(value):
		return verdict{differs, "what the record shows is not in the value"}
	}
	return verdict{differs, "what the record shows is too little, or elsewhere in the value"}
}

// fact is what the life of the key has shown in a step.
func fact(s step) check {
	return func(o *observed) verdict {
		if v, ok := o.facts[s]; ok {
			return v
		}
		return verdict{notSeen, ""}
	}
}
