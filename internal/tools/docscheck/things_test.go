package docscheck

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
)

// Things are what the provider offers: by the folder of their pages ("resources"),
// by name, the paths of their attributes ("rotate_after"). The provider's own
// configuration is in the folder "".
type Things map[string]map[string][]string

// typePrefix begins the names of all types.
const typePrefix = "apikeys_"

// Coverage finds things without a page, and pages without a thing.
func Coverage(root fs.FS, things Things) ([]Finding, error) {
	var found []Finding
	for _, kind := range slices.Sorted(maps.Keys(things)) {
		if kind == "" {
			continue
		}
		pages := map[string]bool{}
		entries, err := fs.ReadDir(root, "docs/"+kind)
		if err != nil && len(things[kind]) > 0 {
			return nil, err
		}
		for _, e := range entries {
			pages[strings.TrimSuffix(e.Name(), ".md")] = true
		}
		for _, name := range slices.Sorted(maps.Keys(things[kind])) {
			page := strings.TrimPrefix(name, typePrefix)
			if !pages[page] {
				found = append(found, Finding{Path: "docs/" + kind + "/" + page + ".md", Message: "missing: " + name + " has no page; run make generate"})
			}
			delete(pages, page)
		}
		for _, page := range slices.Sorted(maps.Keys(pages)) {
			found = append(found, Finding{Path: "docs/" + kind + "/" + page + ".md", Message: "the provider has no such thing"})
		}
	}
	return found, nil
}

// Described finds attributes without a description; the paths of the map are
// those of [Things], with the name of the thing before.
func Described(descriptions map[string]string) []Finding {
	var found []Finding
	for _, path := range slices.Sorted(maps.Keys(descriptions)) {
		if text := descriptions[path]; len(text) < 10 || !strings.HasSuffix(text, ".") {
			found = append(found, Finding{Path: path, Message: fmt.Sprintf("the description %q is no sentence", text)})
		}
	}
	return found
}
