package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

const module = "github.com/terraform-apikeys/terraform-provider-apikeys"

// plugin is a provider that Terraform finds as if it had been downloaded.
type plugin struct{ source, version string }

// plugins by their local names. The version of the provider itself is of no
// importance.
var plugins = map[string]plugin{
	"apikeys": {"registry.terraform.io/terraform-apikeys/apikeys", "0.0.1"},
	"time":    {"registry.terraform.io/hashicorp/time", "0.14.2"},
}

// place is where the plugin's program belongs in the mirror.
func (p plugin) place(mirror string) string {
	name := p.source[strings.LastIndexByte(p.source, '/')+1:]
	return filepath.Join(mirror, filepath.FromSlash(p.source), p.version, runtime.GOOS+"_"+runtime.GOARCH,
		"terraform-provider-"+name+"_v"+p.version+executable())
}

func executable() string {
	if runtime.GOOS == "windows" {
		return ".exe"
	}
	return ""
}

// bench is everything that the stages work with.
type bench struct {
	options
	root      string // of the checkout
	dir       string
	simulator string // its program
	tf        terraform
	reference bool   // time_static is there
	note      string // why not
	versions  []string
	readings  readings
	rows      []row
	curves    []curve
	spaces    int           // workspaces so far
	respite   time.Duration // before something is measured anew
}

// prepare builds what is measured, and what it is measured against.
func prepare(ctx context.Context, dir string, o options) (*bench, error) {
	exe, err := exec.LookPath(cmp.Or(os.Getenv("TF_ACC_TERRAFORM_PATH"), "terraform"))
	if err != nil {
		return nil, fmt.Errorf("%w: put Terraform on PATH or name it in TF_ACC_TERRAFORM_PATH", err)
	}
	root, err := output(exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", module))
	if err != nil {
		return nil, fmt.Errorf("find the checkout: %w", err)
	}
	b := &bench{options: o, root: strings.TrimSpace(root), dir: dir, readings: readings{}, respite: respite}
	mirror := filepath.Join(dir, "mirror")
	fmt.Println("building the provider and the simulator")
	// As a release is built: see .goreleaser.yml.
	if err := b.build(ctx, module, plugins["apikeys"].place(mirror), "-trimpath", "-tags", "grpcnotrace", "-ldflags", "-s -w -X main.version=bench"); err != nil {
		return nil, err
	}
	b.simulator = filepath.Join(dir, "simulator"+executable())
	if err := b.build(ctx, module+"/internal/testing/simulator/cmd/apikeys-simulator", b.simulator); err != nil {
		return nil, err
	}
	b.installReference(ctx, plugins["time"].place(mirror))
	// No direct installation: what is not there must fail, not be downloaded.
	rc := filepath.Join(dir, "terraform.rc")
	text := fmt.Sprintf("provider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", filepath.ToSlash(mirror))
	if err := os.WriteFile(rc, []byte(text), 0o600); err != nil {
		return nil, err
	}
	b.tf = terraform{exe: exe, env: surroundings(dir, rc), parallelism: o.parallelism}
	first, err := b.tf.version(ctx)
	b.versions = append([]string{first, "Go " + strings.TrimPrefix(runtime.Version(), "go")}, b.versions...)
	return b, err
}

// build builds a program of this checkout.
func (b *bench) build(ctx context.Context, pkg, file string, flags ...string) error {
	cmd := exec.CommandContext(ctx, "go", append(append([]string{"build"}, flags...), "-o", file, pkg)...) //nolint:gosec // our own packages
	cmd.Dir, cmd.Env = b.root, append(os.Environ(), "CGO_ENABLED=0")
	if _, err := output(cmd); err != nil {
		return fmt.Errorf("build %s: %w", pkg, err)
	}
	return nil
}

// installReference installs time_static's provider, built like ours. Without it
// everything else can still be measured.
func (b *bench) installReference(ctx context.Context, file string) {
	if b.timeSource == "" {
		b.note = "left out with -time="
		return
	}
	fmt.Println("installing", b.timeSource)
	bin := filepath.Join(b.dir, "gobin")
	cmd := exec.CommandContext(ctx, "go", "install", "-trimpath", "-ldflags", "-s -w", b.timeSource) //nolint:gosec // the user names it
	cmd.Dir, cmd.Env = b.dir, append(os.Environ(), "GOBIN="+bin, "CGO_ENABLED=0", "GOFLAGS=")
	_, err := output(cmd)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(file), 0o750)
	}
	if err == nil {
		err = os.Rename(filepath.Join(bin, "terraform-provider-time"+executable()), file)
	}
	if err != nil {
		b.note = err.Error()
		fmt.Fprintf(os.Stderr, "\nWARNING: %s cannot be installed, so there is nothing to compare times with; those rows are left out.\n%v\n\n", b.timeSource, err)
		return
	}
	b.reference = true
	b.versions = append(b.versions, b.timeSource[strings.LastIndexByte(b.timeSource, '/')+1:])
}

// subjects are the services and the references that are there.
func (b *bench) subjects() []subject {
	all := slices.Concat(services, []subject{builtIn})
	if b.reference {
		all = append(all, standard)
	}
	return all
}

// output runs a command and returns what it prints; what it prints to stderr is
// part of the error.
func output(cmd *exec.Cmd) (string, error) {
	out, err := cmd.Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		err = fmt.Errorf("%w\n%s", err, failed.Stderr)
	}
	return string(out), err
}
