package main

import (
	"archive/zip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulators"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/terraform"
)

// TestDist_mirror: Terraform installs the provider from a filesystem mirror, in both
// layouts, and creates and revokes a key of each service with it. (https://developer.hashicorp.com/terraform/cli/config/config-file#filesystem_mirror)
func TestDist_mirror(t *testing.T) {
	d := openDist(t)
	target := runtime.GOOS + "_" + runtime.GOARCH
	for layout, fill := range map[string]func(place string) error{
		"packed": func(place string) error {
			archive, err := os.ReadFile(filepath.Join(d.dir, d.archive(target)))
			if err != nil {
				return err
			}
			return write(filepath.Join(place, d.archive(target)), archive, 0o600)
		},
		"unpacked": func(place string) error {
			return unpack(filepath.Join(d.dir, d.archive(target)), filepath.Join(place, d.version, target))
		},
	} {
		t.Run(layout, func(t *testing.T) {
			mirror := t.TempDir()
			if err := fill(filepath.Join(mirror, "registry.terraform.io", "terraform-apikeys", "apikeys")); err != nil {
				t.Fatal(err)
			}
			d.use(t, mirror)
		})
	}
}

// use creates and destroys keys with a Terraform that finds the provider only in a
// mirror.
func (d dist) use(t *testing.T, mirror string) {
	t.Helper()
	var mounts []simulator.Mount
	for _, s := range simulators.Services() {
		mounts = append(mounts, simulator.Mount{Name: s.Key.Name, Handler: s.Simulator})
	}
	server := simulator.Run(t, mounts...)
	var config, providers strings.Builder
	_, _ = fmt.Fprintf(&config, "terraform {\n  required_providers {\n    apikeys = {\n      source  = \"terraform-apikeys/apikeys\"\n      version = \"= %s\"\n    }\n  }\n}\n", d.version)
	for _, s := range simulators.Services() {
		_, _ = fmt.Fprintf(&config, "resource \"apikeys_%s_key\" \"test\" {\n  name = \"from a mirror\"\n}\n", s.Key.Name)
		_, _ = fmt.Fprintf(&providers, "  %s {\n    %s = %q\n    base_url = %q\n  }\n", s.Key.Name, s.Settings[0].Name, server.Store(s.Key.Name).Admin(), server.URL(s.Key.Name))
	}
	_, _ = fmt.Fprintf(&config, "provider \"apikeys\" {\n%s}\n", providers.String())
	work := t.TempDir()
	if err := write(filepath.Join(work, "main.tf"), []byte(config.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	cli, err := terraform.New(work, terraform.Mirror(mirror))
	if err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) string {
		t.Helper()
		out, err := cli.Run(t.Context(), args...)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	live := func() (n int) {
		for _, s := range simulators.Services() {
			n += len(server.Store(s.Key.Name).Live())
		}
		return n
	}
	run("init")
	if lock := string(read(t, filepath.Join(work, ".terraform.lock.hcl"))); !strings.Contains(lock, fmt.Sprintf("version     = %q", d.version)) || !strings.Contains(lock, "h1:") {
		t.Errorf("the lock file says\n%s", lock)
	}
	if shown := run("version"); !strings.Contains(shown, "registry.terraform.io/terraform-apikeys/apikeys v"+d.version) {
		t.Errorf("terraform version says\n%s", shown)
	}
	run("apply", "-auto-approve")
	if n := live(); n != len(simulators.Services()) {
		t.Errorf("%d keys live after the apply", n)
	}
	if again := run("plan", "-detailed-exitcode"); !strings.Contains(again, "No changes.") {
		t.Errorf("the next plan says\n%s", again)
	}
	run("destroy", "-auto-approve")
	if n := live(); n != 0 {
		t.Errorf("%d keys live after the destroy", n)
	}
}

// write writes a file, and the folders above it.
func write(file string, content []byte, mode os.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	return os.WriteFile(file, content, mode)
}

// unpack puts what is in an archive into a folder, with the modes it has there.
func unpack(archive, folder string) error {
	r, err := zip.OpenReader(archive)
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }()
	for _, f := range r.File {
		content, err := f.Open()
		if err != nil {
			return err
		}
		all, err := io.ReadAll(content)
		if err != nil {
			return err
		}
		if err := write(filepath.Join(folder, filepath.Base(f.Name)), all, f.Mode().Perm()); err != nil {
			return err
		}
	}
	return nil
}
