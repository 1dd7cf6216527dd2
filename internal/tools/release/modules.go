package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
)

// provider is the package that a release is built from.
const provider = "github.com/terraform-apikeys/terraform-provider-apikeys"

// module is one that packages of the provider come from.
type module struct {
	Path, Version string
	// Dir is where its files are, in the module cache.
	Dir string
}

// linked returns the modules that the provider is built from on any system that
// there are releases for, by path. What only tests and tools need is not among
// them.
func linked(ctx context.Context) ([]module, error) {
	all := map[string]module{}
	for _, system := range []string{"darwin", "freebsd", "linux", "windows"} {
		list := exec.CommandContext(ctx, "go", "list", "-deps", "-json=Module", provider)
		list.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0")
		list.Stderr = os.Stderr
		out, err := list.Output()
		if err != nil {
			return nil, fmt.Errorf("list the packages of the provider for %s: %w", system, err)
		}
		for packages := json.NewDecoder(bytes.NewReader(out)); ; {
			var p struct {
				Module *struct {
					module
					Main    bool
					Replace *module
				}
			}
			if err := packages.Decode(&p); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				return nil, fmt.Errorf("read go list's answer: %w", err)
			}
			switch {
			case p.Module == nil || p.Module.Main: // the standard library, and ourselves
			case p.Module.Replace != nil:
				all[p.Module.Path] = *p.Module.Replace
			default:
				all[p.Module.Path] = p.Module.module
			}
		}
	}
	sorted := make([]module, 0, len(all))
	for _, m := range all {
		sorted = append(sorted, m)
	}
	slices.SortFunc(sorted, func(a, b module) int { return cmp.Compare(a.Path, b.Path) })
	return sorted, nil
}
