package main

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
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

// has expects fields in the objects at a path of each successful answer of a step. A
// field is "name:kind", with "|" between alternatives of both, and dots in names of
// inner fields. Without a kind anything but null is right. "name?" may be missing,
// "!name" must be missing, and ":kind" is the object itself.
func has(s step, route, path string, fields ...string) check {
	return func(o *observed) verdict {
		var objects []any
		instead := "" // of an object
		for _, e := range o.of(s, route) {
			switch {
			case e.status/100 != 2:
			case e.format != formatJSON:
				instead = e.format
			default:
				instead = "no " + path
				objects = append(objects, valuesAt(e.body, path)...)
			}
		}
		switch {
		case instead == "", strings.HasSuffix(path, "[]") && len(objects) == 0:
			return verdict{notSeen, ""}
		case len(objects) == 0:
			return verdict{differs, instead}
		}
		var wrong []string
		for _, object := range objects {
			wrong = append(wrong, o.compare(object, fields)...)
		}
		slices.Sort(wrong)
		if wrong = slices.Compact(wrong); len(wrong) > 0 {
			return verdict{differs, strings.Join(wrong, "; ")}
		}
		return verdict{holds, strings.Join(present(objects, fields), ", ")}
	}
}

// field is a parsed field of [has].
type field struct {
	names            []string
	kinds            []string
	optional, absent bool
}

func parseField(text string) field {
	names, kinds, _ := strings.Cut(text, ":")
	var f field
	names, f.optional = strings.CutSuffix(names, "?")
	names, f.absent = strings.CutPrefix(names, "!")
	f.names = strings.Split(names, "|")
	if kinds != "" {
		f.kinds = strings.Split(kinds, "|")
	}
	return f
}

// pick finds the first of the field's names that an object has.
func (f field) pick(object any) (name string, value any, found bool) {
	for _, name := range f.names {
		if values := valuesAt(object, name); len(values) > 0 {
			return name, values[0], true
		}
	}
	return "", nil, false
}

// compare says how an object differs from the expected fields.
func (o *observed) compare(object any, fields []string) []string {
	var wrong []string
	missing := false
	for _, text := range fields {
		f := parseField(text)
		name, value, found := f.pick(object)
		switch {
		case f.absent && found:
			wrong = append(wrong, name)
		case !found && (f.absent || f.optional):
		case !found:
			wrong, missing = append(wrong, "no "+strings.Join(f.names, " or ")), true
		case f.kinds == nil && value == nil, f.kinds != nil && !slices.ContainsFunc(f.kinds, func(kind string) bool { return is(value, kind) }):
			wrong = append(wrong, fmt.Sprintf("%s is %s", strings.TrimSpace(name+" "), kindOf(value)))
		}
	}
	if _, isObject := object.(map[string]any); missing && !isObject {
		return []string{kindOf(object) + " in place of an object"}
	}
	if others := o.others(object, fields); missing && others != "" {
		wrong = append(wrong, others)
	}
	return wrong
}

// present names the fields that may have another name or be missing, and are there.
func present(objects []any, fields []string) []string {
	var names []string
	for _, text := range fields {
		f := parseField(text)
		if len(f.names) == 1 && !f.optional {
			continue
		}
		for _, object := range objects {
			if name, _, found := f.pick(object); found && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// fieldName matches what may be shown of the names of unexpected fields.
var fieldName = regexp.MustCompile(`^[a-z][A-Za-z_]{1,30}$`)

// others are unexpected fields of an object where something is missing: it may have
// another name. The fields of an object without any expected field may be keys' names or
// ids, and so may texts that are values elsewhere: these are only counted.
func (o *observed) others(v any, fields []string) string {
	object, _ := v.(map[string]any)
	expected := map[string]bool{}
	known := false
	for _, text := range fields {
		for _, name := range parseField(text).names {
			top, _, _ := strings.Cut(name, ".")
			_, there := object[top]
			expected[top], known = true, known || there
		}
	}
	var names []string
	hidden := 0
	for name := range object {
		switch {
		case expected[name]:
		case known && fieldName.MatchString(name) && !o.texts[name]:
			names = append(names, name)
		default:
			hidden++
		}
	}
	slices.Sort(names)
	if hidden > 0 {
		names = append(names, strconv.Itoa(hidden)+" more")
	}
	if len(names) == 0 {
		return ""
	}
	return "other fields: " + strings.Join(names, ", ")
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
