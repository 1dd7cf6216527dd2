package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// patched are the lowest versions that may be linked in: those that were current,
// and without a known vulnerability that could be reached, when this version of
// the provider was made. The plugin framework itself asks only for older ones that
// have some. Raise them with the dependencies; nothing may lower them.
var patched = map[string]string{
	"google.golang.org/grpc":      "v1.85.0", // past CVE-2026-33186 (fixed in 1.79.3) and CVE-2026-84445 (1.82.2)
	"golang.org/x/net":            "v0.62.0",
	"golang.org/x/text":           "v0.43.0",
	"golang.org/x/crypto":         "v0.58.0",
	"golang.org/x/sys":            "v0.49.0",
	"github.com/cloudflare/circl": "v1.6.5",
}

func TestPatched(t *testing.T) {
	t.Parallel()
	modules, err := linked(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(modules) < 20 {
		t.Fatalf("the provider is built from %d modules only: %v", len(modules), modules)
	}
	for _, m := range modules {
		if floor, ok := patched[m.Path]; ok && below(m.Version, floor) {
			t.Errorf("%s %s is older than %s, which is known to be patched", m.Path, m.Version, floor)
		}
	}
}

// below compares versions of three numbers; what has other parts is compared
// without them.
func below(version, floor string) bool {
	numbers := func(v string) (n []int) {
		var major, minor, patch int
		if _, err := fmt.Sscanf(v, "v%d.%d.%d", &major, &minor, &patch); err != nil {
			return nil // lower than any
		}
		return []int{major, minor, patch}
	}
	return slices.Compare(numbers(version), numbers(floor)) < 0
}

func TestBelow(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]bool{
		"v1.79.3": true, "v1.9.99": true, "v0.100.0": true, "unknown": true,
		"v1.85.0": false, "v1.85.1": false, "v1.100.0": false, "v2.0.0": false, "v1.85.0-dev": false,
	} {
		if below(version, "v1.85.0") != want {
			t.Errorf("%s below v1.85.0: got %t", version, !want)
		}
	}
}

// TestDependenciesArgued: each dependency that somebody chose is in the table
// of ARCHITECTURE.md, and nothing else does; and the toolchain is pinned.
func TestDependenciesArgued(t *testing.T) {
	t.Parallel()
	edit := exec.Command("go", "mod", "edit", "-json")
	edit.Dir = root
	out, err := edit.Output()
	if err != nil {
		t.Fatal(err)
	}
	var mod struct {
		Toolchain string
		Require   []struct {
			Path     string
			Indirect bool
		}
	}
	if err := json.Unmarshal(out, &mod); err != nil {
		t.Fatal(err)
	}
	if mod.Toolchain == "" {
		t.Error("go.mod names no toolchain: releases are to be made with a patched one")
	}
	text, err := os.ReadFile(filepath.Join(root, "ARCHITECTURE.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## Dependencies\n")
	section, _, _ = strings.Cut(section, "\n## ")
	var argued, chosen []string
	for line := range strings.Lines(section) {
		if cell, ok := strings.CutPrefix(line, "| `"); ok {
			path, _, _ := strings.Cut(cell, "`")
			argued = append(argued, path)
		}
	}
	for _, r := range mod.Require {
		if !r.Indirect {
			chosen = append(chosen, r.Path)
		}
	}
	slices.Sort(argued)
	slices.Sort(chosen)
	if len(chosen) == 0 || !slices.Equal(argued, chosen) {
		t.Errorf("ARCHITECTURE.md argues for\n%s\ngo.mod has\n%s", strings.Join(argued, "\n"), strings.Join(chosen, "\n"))
	}
}
