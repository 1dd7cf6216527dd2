package main

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

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
