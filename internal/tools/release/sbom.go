package main

import (
	"context"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// bill is a CycloneDX document (https://cyclonedx.org/docs/1.6/json/). It has no serial
// number and no time, so that the same binary always gets the same bill.
type bill struct {
	Format   string `json:"bomFormat"`
	Spec     string `json:"specVersion"`
	Version  int    `json:"version"`
	Metadata struct {
		Component component `json:"component"`
	} `json:"metadata"`
	Components   []component  `json:"components"`
	Dependencies []dependency `json:"dependencies"`
}

type (
	component struct {
		Ref      string    `json:"bom-ref"`
		Type     string    `json:"type"`
		Name     string    `json:"name"`
		Version  string    `json:"version"`
		Hashes   []hash    `json:"hashes,omitempty"`
		Licences []licence `json:"licenses,omitempty"`
		URL      string    `json:"purl"`
	}
	hash struct {
		Algorithm string `json:"alg"`
		Content   string `json:"content"`
	}
	licence struct {
		Expression string `json:"expression"`
	}
	dependency struct {
		Ref       string   `json:"ref"`
		DependsOn []string `json:"dependsOn"`
	}
)

// sbom writes the bill of materials of a binary: its modules, Go's standard library, and
// its checksum.
func sbom(ctx context.Context, w io.Writer, binary, version string) error {
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return fmt.Errorf("read what %s is built from: %w", binary, err)
	}
	content, err := os.ReadFile(binary) //nolint:gosec // the file that the caller names
	if err != nil {
		return err
	}
	sum := sha256.Sum256(content)
	modules, err := linked(ctx)
	if err != nil {
		return err
	}
	b := bill{Format: "CycloneDX", Spec: "1.6", Version: 1}
	b.Metadata.Component = newComponent("application", provider, "v"+strings.TrimPrefix(version, "v"), "MPL-2.0")
	b.Metadata.Component.Hashes = []hash{{"SHA-256", hex.EncodeToString(sum[:])}}
	b.Components = []component{newComponent("library", "std", strings.TrimPrefix(info.GoVersion, "go"), "BSD-3-Clause")}
	for _, d := range info.Deps {
		if d.Replace != nil {
			d = d.Replace
		}
		i := slices.IndexFunc(modules, func(m module) bool { return m.Path == d.Path && m.Version == d.Version })
		if i < 0 {
			return fmt.Errorf("%s holds %s %s, which this checkout is not built from", filepath.Base(binary), d.Path, d.Version)
		}
		l, err := terms(modules[i])
		if err != nil {
			return err
		}
		b.Components = append(b.Components, newComponent("library", d.Path, d.Version, l.Expression()))
	}
	b.Dependencies = []dependency{{Ref: b.Metadata.Component.Ref}}
	for _, c := range b.Components {
		b.Dependencies[0].DependsOn = append(b.Dependencies[0].DependsOn, c.Ref)
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(b)
}

// newComponent names a module by its package URL, as
// https://github.com/package-url/purl-spec has it for Go.
func newComponent(kind, path, version, terms string) component {
	url := "pkg:golang/" + path + "@" + strings.ReplaceAll(version, "+", "%2B")
	return component{Ref: url, Type: kind, Name: path, Version: version, URL: url, Licences: []licence{{terms}}}
}
