package main

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulators"
)

// heading begins the list of assumptions in a service's doc.go.
const heading = "What the adapter takes for granted, and `make smoke` checks at the real service:"

// The doc.go of each service and its table name the same assumptions.
func TestDoc(t *testing.T) {
	t.Parallel()
	for _, s := range simulators.Services() {
		var table []string
		for _, a := range assumptions[s.Key.Name] {
			table = append(table, a.text)
		}
		documented := documentedAssumptions(t, s.Key.Name)
		if len(table) == 0 || !slices.Equal(documented, table) {
			t.Errorf("%s: doc.go has\n  %s\nthe table has\n  %s", s.Key.Name, strings.Join(documented, "\n  "), strings.Join(table, "\n  "))
		}
	}
}

// documentedAssumptions are the assumptions in a service's doc.go.
func documentedAssumptions(t *testing.T, service string) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", "..", "services", service, "doc.go"), nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(file.Doc.Text(), heading)
	var all []string
	for line := range strings.Lines(list) {
		line = strings.TrimRight(line, "\n")
		switch text := strings.TrimSpace(line); {
		case text == "":
		case strings.HasPrefix(text, "- "):
			all = append(all, strings.TrimPrefix(text, "- "))
		case strings.HasPrefix(line, " ") && len(all) > 0:
			all[len(all)-1] += " " + text
		default:
			return all // the list has ended
		}
	}
	return all
}
