package main

import (
	"encoding/json"
	"hash/maphash"
	"regexp"
	"strings"
	"time"
)

// shape is what a JSON value looks like: the names of its fields and the kinds of
// their values. It holds no value.
type shape struct {
	kind   string
	fields map[string]*shape // of an object
	rows   []*shape          // of an array, the first maxRows
	length int               // of an array
}

// The kinds of values.
const (
	kindObject  = "object"
	kindArray   = "array"
	kindNull    = "null"
	kindNumber  = "number"
	kindInteger = "integer"
	kindTrue    = "true"
	kindFalse   = "false"
	kindEmpty   = "empty string"
	kindQuoted  = `"null"`
	kindTime    = "time"
	kindUUID    = "uuid"
	kindURL     = "url"
	kindString  = "string"
)

// maxRows bounds what is kept of an array.
const maxRows = 1000

// texts remembers which strings were values, so that none is taken for the name of a
// field. It keeps hashes only.
type texts struct {
	seed maphash.Seed
	seen map[uint64]bool
}

func (t *texts) note(text string)     { t.seen[maphash.String(t.seed, text)] = true }
func (t *texts) has(text string) bool { return t.seen[maphash.String(t.seed, text)] }

func newTexts() *texts { return &texts{seed: maphash.MakeSeed(), seen: map[uint64]bool{}} }

// shapeOf is the shape of decoded JSON, whose texts are noted.
func (t *texts) shapeOf(v any) *shape {
	s := &shape{}
	switch v := v.(type) {
	case map[string]any:
		s.kind, s.fields = kindObject, make(map[string]*shape, len(v))
		for name, inner := range v {
			s.fields[name] = t.shapeOf(inner)
		}
	case []any:
		s.kind, s.length = kindArray, len(v)
		for _, inner := range v[:min(len(v), maxRows)] {
			s.rows = append(s.rows, t.shapeOf(inner))
		}
	case string:
		t.note(v)
		s.kind = kindOf(v)
	case json.Number:
		s.kind = kindNumber
		if _, err := v.Int64(); err == nil {
			s.kind = kindInteger
		}
	case bool:
		s.kind = kindFalse
		if v {
			s.kind = kindTrue
		}
	default:
		s.kind = kindNull
	}
	return s
}

// is reports whether the value is of a kind; every text is a string.
func (s *shape) is(kind string) bool {
	switch s.kind {
	case kindString, kindUUID, kindTime, kindURL, kindEmpty, kindQuoted:
		return kind == s.kind || kind == kindString
	}
	return kind == s.kind
}

var uuid = regexp.MustCompile(`(?i)^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$`)

func kindOf(text string) string {
	if _, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return kindTime
	}
	switch {
	case text == "":
		return kindEmpty
	case text == "null":
		return kindQuoted
	case uuid.MatchString(text):
		return kindUUID
	case strings.HasPrefix(text, "https://"), strings.HasPrefix(text, "http://"):
		return kindURL
	}
	return kindString
}

// at returns the shapes at a path: names separated by dots, and "[]" for each row of
// an array. "" is the shape itself.
func (s *shape) at(path string) []*shape {
	found := []*shape{s}
	for name := range strings.SplitSeq(path, ".") {
		var next []*shape
		for _, one := range found {
			switch {
			case name == "":
				next = append(next, one)
			case name == "[]":
				next = append(next, one.rows...)
			case one.fields[name] != nil:
				next = append(next, one.fields[name])
			}
		}
		found = next
	}
	return found
}
