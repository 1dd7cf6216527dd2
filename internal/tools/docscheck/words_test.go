package docscheck

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Words are names that the prose may use although no schema has them.
type Words map[string]bool

// ReadWords reads the list of such names: one a line, in groups. A comment before
// each group says why it is there.
func ReadWords(r io.Reader) (Words, error) {
	words, argued := Words{}, false
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		switch line := strings.TrimSpace(lines.Text()); {
		case line == "":
			argued = false
		case strings.HasPrefix(line, "#"):
			argued = true
		case !argued:
			return nil, fmt.Errorf("line %d: the group of %q does not say why it is there", n, line)
		default:
			for _, word := range strings.Fields(line) {
				words[word] = true
			}
		}
	}
	return words, lines.Err()
}

var (
	identifier = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$`)
	typeName   = regexp.MustCompile(`\bapikeys_[a-z0-9_]+`)
	anyService = regexp.MustCompile(`apikeys_<service>(_[a-z_]+)`)
	fileName   = regexp.MustCompile(`\.(tf|tfvars|hcl|md|json|sh|txt)$`)
	variable   = regexp.MustCompile(`^[A-Z][A-Z0-9]*_[A-Z0-9_]*[A-Z0-9]$`)
)

// Unknown finds names in inline code that neither a schema nor the words have.
func Unknown(pages []Page, things Things, words Words) []Finding {
	v := newVocabulary(things, words)
	var found []Finding
	for _, p := range pages {
		for _, c := range p.Codes {
			if name := v.unknown(c.Text); name != "" {
				found = append(found, Finding{p.Path, c.Line, fmt.Sprintf("`%s`: no schema has %s, nor has the list of other words", c.Text, name)})
			}
		}
	}
	return found
}

// vocabulary know names.
type vocabulary struct {
	paths Words                      // attribute paths of all things, and the other words
	types map[string]map[string]bool // attribute paths by type
}

func newVocabulary(things Things, words Words) vocabulary {
	v := vocabulary{paths: maps.Clone(words), types: map[string]map[string]bool{}}
	for _, kind := range things {
		for name, paths := range kind {
			if v.types[name] == nil {
				v.types[name] = map[string]bool{}
			}
			v.paths[name] = true
			for _, path := range paths {
				v.paths[path], v.types[name][path] = true, true
				// An attribute of an object is also called by the end of its path: its name alone,
				// or list.created_at of service.list.created_at.
				for rest, inner := path, true; inner; {
					_, rest, inner = strings.Cut(rest, ".")
					v.paths[rest] = true
				}
			}
		}
	}
	return v
}

// unknown returns the part of an inline code that is not known; "" if all is, or
// if it is no name at all.
func (v vocabulary) unknown(code string) string {
	for _, m := range anyService.FindAllStringSubmatch(code, -1) {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(v.types)), func(name string) bool { return strings.HasSuffix(name, m[1]) }) {
			return m[0]
		}
	}
	for _, name := range typeName.FindAllString(code, -1) {
		if _, ok := v.types[name]; !ok && !strings.HasSuffix(name, "_") {
			return name
		}
	}
	name, _, _ := strings.Cut(code, " = ")
	switch {
	case variable.MatchString(name):
		return v.missing(name, v.paths[name])
	case !identifier.MatchString(name), fileName.MatchString(name):
		return ""
	}
	parts := strings.Split(name, ".")
	if parts[0] == "data" || parts[0] == "ephemeral" {
		parts = parts[1:]
	}
	if len(parts) > 0 && strings.HasPrefix(parts[0], typePrefix) {
		if len(parts) < 3 {
			return ""
		}
		path := strings.Join(parts[2:], ".")
		return v.missing(path, v.types[parts[0]][path])
	}
	return v.missing(name, v.paths[name])
}

func (v vocabulary) missing(name string, known bool) string {
	if known {
		return ""
	}
	return name
}
