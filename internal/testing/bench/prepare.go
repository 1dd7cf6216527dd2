package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/terraform"
)

// plugin is a provider that Terraform installs from a mirror.
type plugin struct{ source, version string }

// plugins by their local names. The version of the provider itself does not matter.
var plugins = map[string]plugin{
	"apikeys": {"registry.terraform.io/terraform-apikeys/apikeys", "0.0.1"},
	"time":    {"registry.terraform.io/hashicorp/time", "0.14.2"},
}

// file is where the plugin's program belongs in the mirror.
func (p plugin) file(mirror string) string {
	name := p.source[strings.LastIndexByte(p.source, '/')+1:]
	return filepath.Join(mirror, filepath.FromSlash(p.source), p.version, runtime.GOOS+"_"+runtime.GOARCH,
		"terraform-provider-"+name+"_v"+p.version+terraform.Suffix())
}

// bench is what the measurements share.
type bench struct {
	options
	dir       string
	cli       *terraform.CLI
	reference bool // time_static can be measured
	readings  map[reading][]usage
	folders   int // so far
}

// prepare builds what is measured, and what it is compared with.
func prepare(ctx context.Context, dir string, o options) (*bench, error) {
	b := &bench{options: o, dir: dir, readings: map[reading][]usage{}}
	mirror := filepath.Join(dir, "mirror")
	// As a release is built: see .goreleaser.yml.
	err := terraform.Build(ctx, terraform.Module, plugins["apikeys"].file(mirror), "-trimpath", "-tags", "grpcnotrace", "-ldflags", "-s -w -X main.version=bench")
	if err != nil {
		return nil, err
	}
	if o.timeSource != "" {
		if err := b.installReference(ctx, plugins["time"].file(mirror)); err != nil {
			fmt.Fprintf(os.Stderr, "\nWARNING: %s cannot be installed, so times are compared with nothing.\n%v\n\n", o.timeSource, err)
		}
	}
	b.cli, err = terraform.New(dir, terraform.Mirror(mirror), "TMPDIR="+dir, "TMP="+dir, "TEMP="+dir)
	return b, err
}

// installReference installs time_static's provider, built like ours.
func (b *bench) installReference(ctx context.Context, file string) error {
	bin := filepath.Join(b.dir, "gobin")
	cmd := exec.CommandContext(ctx, "go", "install", "-trimpath", "-ldflags", "-s -w", b.timeSource)
	cmd.Dir, cmd.Env = b.dir, append(os.Environ(), "GOBIN="+bin, "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
		return err
	}
	b.reference = true
	return os.Rename(filepath.Join(bin, "terraform-provider-time"+terraform.Suffix()), file)
}
