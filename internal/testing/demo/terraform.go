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
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"
)

const module = "github.com/terraform-apikeys/terraform-provider-apikeys"

// plugins are the providers that Terraform has here: by the ends of their source
// addresses, the packages to build.
var plugins = map[string]string{
	"apikeys":     module,
	"secretstore": module + "/internal/testing/demo/secretstore/cmd", // stands for a secret store
}

// namespace is where the sources of the plugins are, at the registry that is the
// default of the CLI: Terraform and OpenTofu have one each.
const namespace = "terraform-apikeys/"

// grace is how long an interrupted Terraform has to finish what it is at.
const grace = 20 * time.Second

// terraform is real Terraform, the provider as it is in this checkout, and a
// configuration to drive.
type terraform struct {
	exe      string
	examples string // the checkout's examples folder
	dir      string // of the configuration
	env      []string
	echo     io.Writer // all that is printed; nil: only what fails
}

// prepare builds the plugins below dir and makes Terraform use those builds. The
// caller's environment env is added to what Terraform sees.
func prepare(ctx context.Context, dir string, env []string) (*terraform, error) {
	exe, err := exec.LookPath(cmp.Or(os.Getenv("TF_DEMO_TERRAFORM"), os.Getenv("TF_ACC_TERRAFORM_PATH"), "terraform"))
	if err != nil {
		return nil, fmt.Errorf("%w: put Terraform on PATH or name it in TF_DEMO_TERRAFORM", err)
	}
	root, err := output(exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", module))
	if err != nil {
		return nil, fmt.Errorf("find the checkout: %w", err)
	}
	root = strings.TrimSpace(root)
	bin := filepath.Join(dir, "bin")
	var overrides strings.Builder
	for name, pkg := range plugins {
		file := filepath.Join(bin, "terraform-provider-"+name)
		if runtime.GOOS == "windows" {
			file += ".exe"
		}
		build := exec.CommandContext(ctx, "go", "build", "-o", file, pkg)
		build.Dir = root
		if _, err := output(build); err != nil {
			return nil, fmt.Errorf("build provider %s: %w", name, err)
		}
		fmt.Fprintf(&overrides, "    %q = %q\n", namespace+name, filepath.ToSlash(bin))
	}
	// No direct installation: what is not there must fail, not be downloaded.
	config := filepath.Join(dir, "terraform.rc")
	text := fmt.Sprintf("provider_installation {\n  dev_overrides {\n%s  }\n}\n", overrides.String())
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return nil, err
	}
	return &terraform{
		exe: exe, examples: filepath.Join(root, "examples"), dir: dir,
		env: append(env, surroundings(dir, config)...),
	}, nil
}

// stage puts a copy of an example where t will run.
func (t *terraform) stage(example, dir string) error {
	t.dir = dir
	return os.CopyFS(dir, os.DirFS(filepath.Join(t.examples, example)))
}

// surroundings is the whole environment of Terraform besides the services:
// nothing of the caller's Terraform set-up, home or accounts reaches it.
func surroundings(dir, config string) []string {
	env := []string{
		"TF_CLI_CONFIG_FILE=" + config, "TF_IN_AUTOMATION=1", "TF_INPUT=0", "CHECKPOINT_DISABLE=1",
		"HOME=" + dir, "USERPROFILE=" + dir, "APPDATA=" + dir,
		"TMPDIR=" + dir, "TMP=" + dir, "TEMP=" + dir,
	}
	for _, name := range []string{"PATH", "SYSTEMROOT", "LANG"} {
		if value, set := os.LookupEnv(name); set {
			env = append(env, name+"="+value)
		}
	}
	return env
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

// variables sets the configuration's variables from now on.
func (t *terraform) variables(v map[string]any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(t.dir, "demo.auto.tfvars.json"), text, 0o600)
}

// apply carries out what the configuration asks for.
func (t *terraform) apply(ctx context.Context) error {
	_, err := t.run(ctx, 0, "apply", "-auto-approve", "-no-color")
	return err
}

// destroy removes everything.
func (t *terraform) destroy(ctx context.Context) error {
	_, err := t.run(ctx, 0, "destroy", "-auto-approve", "-no-color")
	return err
}

// The statuses of plan -detailed-exitcode.
const (
	planEmpty   = 0
	planChanges = 2
)

// plan succeeds if a plan has the wanted status.
func (t *terraform) plan(ctx context.Context, want int) error {
	_, err := t.run(ctx, want, "plan", "-detailed-exitcode", "-no-color")
	return err
}

// planFile is where save puts a plan. It stays there.
const planFile = "saved.tfplan"

// save plans, and keeps the plan.
func (t *terraform) save(ctx context.Context) error {
	_, err := t.run(ctx, 0, "plan", "-out="+planFile, "-no-color")
	return err
}

// applySaved carries out the plan that was saved last.
func (t *terraform) applySaved(ctx context.Context) error {
	_, err := t.run(ctx, 0, "apply", "-no-color", planFile)
	return err
}

// text returns an output.
func (t *terraform) text(ctx context.Context, name string) (string, error) {
	out, err := t.run(ctx, 0, "output", "-raw", "-no-color", name)
	return string(out), err
}

// held is one key that Terraform holds; the value is nil for an adopted key.
type held struct {
	ID  string  `json:"id"`
	Key *string `json:"key"`
}

// held returns what Terraform holds, by service: the configuration's output.
func (t *terraform) held(ctx context.Context) (map[string][]held, error) {
	out, err := t.run(ctx, 0, "output", "-json", "-no-color")
	if err != nil {
		return nil, err
	}
	var outputs map[string]struct{ Value map[string][]held }
	if err := json.Unmarshal(out, &outputs); err != nil {
		return nil, fmt.Errorf("read Terraform's outputs: %w", err)
	}
	return outputs["held"].Value, nil
}

// run runs one Terraform command, and fails unless it ends with the wanted
// status. It returns what the command wrote to its standard output.
func (t *terraform) run(ctx context.Context, want int, args ...string) ([]byte, error) {
	var stdout, printed bytes.Buffer
	both := &shared{to: &printed}
	if t.echo != nil && args[0] != "output" { // outputs hold the keys' values
		both.to = io.MultiWriter(&printed, t.echo)
	}
	cmd := exec.CommandContext(ctx, t.exe, args...)
	cmd.Dir, cmd.Env = t.dir, t.env
	cmd.Stdout, cmd.Stderr = io.MultiWriter(&stdout, both), both
	cmd.Cancel, cmd.WaitDelay = func() error { return cmd.Process.Signal(os.Interrupt) }, grace
	shield(cmd)
	err := cmd.Run()
	if cause := context.Cause(ctx); cause != nil {
		return nil, cause
	}
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		return nil, err
	}
	if got := cmd.ProcessState.ExitCode(); got != want {
		return nil, fmt.Errorf("terraform %s ended with status %d instead of %d:\n%s", args[0], got, want, printed.Bytes())
	}
	return stdout.Bytes(), nil
}

// shared takes what a command writes to its two outputs: exec copies each of them
// in a goroutine of its own.
type shared struct {
	mu sync.Mutex
	to io.Writer
}

func (s *shared) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.to.Write(p)
}
