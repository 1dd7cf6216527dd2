package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// provider is the package that a release is built from.
const provider = "github.com/terraform-apikeys/terraform-provider-apikeys"

// module is one that packages of the provider come from.
type module struct {
	Path, Version string
	// Dir is where its files are, in the module cache.
	Dir string
}

// linked returns the modules, sorted by path, that the provider is built from on any
// system that there are releases for.
func linked(ctx context.Context) ([]module, error) {
	var all []module
	for _, system := range []string{"darwin", "freebsd", "linux", "windows"} {
		const format = `{{with .Module}}{{if not .Main}}{{$m := .}}{{with .Replace}}{{$m = .}}{{end}}{{$m.Path}} {{$m.Version}} {{$m.Dir}}{{end}}{{end}}`
		list := exec.CommandContext(ctx, "go", "list", "-deps", "-f", format, provider)
		list.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0")
		list.Stderr = os.Stderr
		out, err := list.Output()
		if err != nil {
			return nil, fmt.Errorf("list the packages of the provider for %s: %w", system, err)
		}
		for line := range strings.Lines(string(out)) {
			if parts := strings.SplitN(strings.TrimSpace(line), " ", 3); len(parts) == 3 {
				all = append(all, module{parts[0], parts[1], parts[2]})
			}
		}
	}
	slices.SortFunc(all, func(a, b module) int { return cmp.Compare(a.Path, b.Path) })
	return slices.Compact(all), nil
}
