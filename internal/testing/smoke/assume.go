package main

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// assumption is one thing that a service's adapter relies on. Its text is the
// sentence in the service's doc.go.
type assumption struct {
	text string
	test check
}

// check says what was seen of an assumption.
type check func(*observed) verdict

// verdict is how an assumption came out, and what was seen: statuses and names of
// fields only.
type verdict struct {
	result result
	seen   string
}

type result string

// The results.
const (
	holds   result = "holds"
	differs result = "differs"
	notSeen result = "not seen"
)

// step is a part of the life of the key.
type step string

// The steps, in their order.
const (
	stepList    step = "list"
	stepCreate  step = "create"
	stepFind    step = "list with the new key"
	stepWhoami  step = "who is calling"
	stepRead    step = "read"
	stepUpdate  step = "update"
	stepRotate  step = "rotate"
	stepRevoke  step = "revoke"
	stepGone    step = "list without the key"
	stepRevoked step = "read the revoked key"
	stepUnknown step = "a key that does not exist"
	stepRefused step = "sign in with the revoked key"
	stepClean   step = "clean up"
)

// observed is all that checks may look at.
type observed struct {
	*observer
	life life
}

// answers expects the first answer of a step to have one of these statuses; where it
// has not, the engine may have gone on in another way.
func answers(s step, route string, statuses ...int) check {
	return func(o *observed) verdict {
		all := o.of(s, route)
		if len(all) == 0 {
			return verdict{notSeen, ""}
		}
		return verdictOf(slices.Contains(statuses, all[0].status), fmt.Sprintf("%d with %s", all[0].status, all[0].format))
	}
}

func verdictOf(ok bool, seen string) verdict {
	if ok {
		return verdict{holds, seen}
	}
	return verdict{differs, seen}
}

// has expects fields in the objects at a path of each successful answer of a step.
// A field is written "name:kind", with "|" between alternatives, of names and of
// kinds; without a kind anything but null will do. A name that ends in "?" may be
// missing.
func has(s step, route, path string, fields ...string) check {
	return func(o *observed) verdict {
		var objects []*shape
		instead := "" // of an object
		for _, e := range o.of(s, route) {
			switch {
			case e.status/100 != 2:
			case e.body == nil:
				instead = e.format
			default:
				instead = "no " + path
				objects = append(objects, e.body.at(path)...)
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

// compare says in which fields an object is not as expected.
func (o *observed) compare(object *shape, fields []string) []string {
	if object.kind != kindObject {
		return []string{object.kind + " in place of an object"}
	}
	var wrong []string
	missing := false
	for _, field := range fields {
		names, kinds, _ := strings.Cut(field, ":")
		names, optional := strings.CutSuffix(names, "?")
		name, value := pick(object, strings.Split(names, "|"))
		switch {
		case value == nil && optional:
		case value == nil:
			wrong, missing = append(wrong, "no "+strings.ReplaceAll(names, "|", " or ")), true
		case kinds == "" && value.kind == kindNull, kinds != "" && !slices.ContainsFunc(strings.Split(kinds, "|"), value.is):
			wrong = append(wrong, fmt.Sprintf("%s is %s", name, value.kind))
		}
	}
	if others := o.others(object, fields); missing && others != "" {
		wrong = append(wrong, others)
	}
	return wrong
}

// pick finds the first of the names that an object has.
func pick(object *shape, names []string) (string, *shape) {
	for _, name := range names {
		if value := object.fields[name]; value != nil {
			return name, value
		}
	}
	return "", nil
}

// present names the fields that there are of those that may have another name or be
// missing.
func present(objects []*shape, fields []string) []string {
	var names []string
	for _, field := range fields {
		expected, _, _ := strings.Cut(field, ":")
		if !strings.ContainsAny(expected, "|?") {
			continue
		}
		for _, object := range objects {
			if name, value := pick(object, strings.Split(strings.TrimSuffix(expected, "?"), "|")); value != nil && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// fieldName matches what may be shown of the names of unexpected fields.
var fieldName = regexp.MustCompile(`^[a-z][A-Za-z_]{1,30}$`)

// others are the fields that nobody expected, where something is missing: it may have
// another name. An object without any expected field may have keys' names or ids for
// its fields' names, and so may one that uses texts of other places: these are only
// counted.
func (o *observed) others(object *shape, fields []string) string {
	expected := map[string]bool{}
	known := false
	for _, field := range fields {
		names, _, _ := strings.Cut(field, ":")
		for name := range strings.SplitSeq(strings.TrimSuffix(names, "?"), "|") {
			expected[name] = true
			known = known || object.fields[name] != nil
		}
	}
	var names []string
	hidden := 0
	for name := range object.fields {
		switch {
		case expected[name]:
		case known && fieldName.MatchString(name) && !o.texts.has(name):
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
