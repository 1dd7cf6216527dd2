package main

import (
	"bytes"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestSBOM(t *testing.T) {
	if testing.Short() {
		t.Skip("links the provider, and -short is set")
	}
	t.Parallel()
	binary := filepath.Join(t.TempDir(), "provider")
	// With the flags of go test, so that only the linking is left to do.
	build := exec.Command("go", "build", "-buildvcs=false", "-o", binary, provider)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var bills [2][]byte
	for i := range bills {
		file := filepath.Join(t.TempDir(), "bill.json")
		if err := run(t.Context(), []string{"sbom", binary, "1.2.3", file}); err != nil {
			t.Fatal(err)
		}
		var err error
		if bills[i], err = os.ReadFile(file); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(bills[0], bills[1]) {
		t.Error("two bills of the same binary differ")
	}
	checkBill(t, binary, "v1.2.3", bills[0])
}

// checkBill fails the test unless a bill has all that a binary is built from, each
// with its licence.
func checkBill(t *testing.T, binary, version string, text []byte) {
	t.Helper()
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	var b bill
	if err := json.Unmarshal(text, &b); err != nil {
		t.Fatal(err)
	}
	if main := b.Metadata.Component; b.Format != "CycloneDX" || main.URL != "pkg:golang/"+provider+"@"+version || len(main.Hashes) != 1 || len(main.Hashes[0].Content) != 64 {
		t.Errorf("the bill is of %+v", main)
	}
	terms := map[string]string{}
	for _, c := range b.Components {
		for _, l := range c.Licences {
			terms[c.URL] = l.Expression
		}
	}
	if terms["pkg:golang/std@"+strings.TrimPrefix(info.GoVersion, "go")] == "" {
		t.Errorf("the standard library of %s is missing", info.GoVersion)
	}
	if len(info.Deps) < 20 || len(b.Components) != len(info.Deps)+1 {
		t.Errorf("%d components for %d modules", len(b.Components), len(info.Deps))
	}
	for _, d := range info.Deps {
		if terms["pkg:golang/"+d.Path+"@"+d.Version] == "" {
			t.Errorf("%s %s is missing, or its licence", d.Path, d.Version)
		}
	}
}

func TestRun_refuses(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "out")
	for _, args := range [][]string{nil, {"help"}, {"notices"}, {"sbom", file}, {"sbom", "main.go", "1.0.0", file}, {"sbom", "missing", "1.0.0", file}} {
		if err := run(t.Context(), args); err == nil {
			t.Errorf("%q is accepted", args)
		}
	}
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("something was written: %v", err)
	}
}
