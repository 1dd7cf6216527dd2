// Doccatalog writes the guide about the catalog of services from the catalog's files.
package main

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services/custom"
)

//go:generate go run . ../../../templates/guides/catalog.md

//go:embed page.md.tmpl
var text string

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: doccatalog <file to write>")
		os.Exit(2)
	}
	page, err := render(custom.Catalog())
	if err == nil {
		err = os.WriteFile(os.Args[1], page, 0o644) //nolint:gosec // a page of the documentation
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "doccatalog:", err)
		os.Exit(1)
	}
}

// entry is a service of the catalog as the page shows it.
type entry struct {
	custom.Entry
	Vars   []string // the variables that a user sets
	Absent []string // the guarantees that do not hold
}

// render returns the page.
func render(catalog []custom.Entry) ([]byte, error) {
	functions := template.FuncMap{"codes": codes, "indented": indented, "references": references}
	page, err := template.New("").Funcs(functions).Parse(text)
	if err != nil {
		return nil, err
	}
	entries, tried := make([]entry, 0, len(catalog)), 0
	for _, e := range catalog {
		if e.Tried {
			tried++
		}
		one := entry{Entry: e, Vars: variables(e.Declaration)}
		for _, guarantee := range e.Guarantees() {
			if !guarantee.Holds {
				one.Absent = append(one.Absent, guarantee.Name)
			}
		}
		entries = append(entries, one)
	}
	var out bytes.Buffer
	err = page.Execute(&out, map[string]any{"Entries": entries, "Tried": tried})
	return out.Bytes(), err
}

var variable = regexp.MustCompile(`\{([^{}]+)\}`)

// variables are those of a declaration's addresses, but for the key's id.
func variables(d custom.Declaration) []string {
	addresses := []string{d.BaseURL, d.Create.Path, d.List.Path, d.Revoke.Path}
	if d.Get != nil {
		addresses = append(addresses, d.Get.Path)
	}
	if d.Update != nil {
		addresses = append(addresses, d.Update.Path)
	}
	var names []string
	for _, match := range variable.FindAllStringSubmatch(strings.Join(addresses, " "), -1) {
		if name := match[1]; name != "id" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// codes lists names as inline code.
func codes(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = "`" + name + "`"
	}
	return strings.Join(quoted, ", ")
}

// references lists addresses as numbered links.
func references(addresses []string) string {
	links := make([]string, len(addresses))
	for i, address := range addresses {
		links[i] = fmt.Sprintf("[%d](%s)", i+1, address)
	}
	return strings.Join(links, ", ")
}

// indented writes JSON with a line for each field.
func indented(text string) (string, error) {
	var out bytes.Buffer
	err := json.Indent(&out, []byte(text), "", "  ")
	return out.String(), err
}
