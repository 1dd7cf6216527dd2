package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// grace is how long an interrupted program has to finish what it is at.
const grace = 20 * time.Second

// terraform is real Terraform in surroundings of its own.
type terraform struct {
	exe         string
	env         []string
	parallelism int
}

// usage is what one command has cost.
type usage struct {
	wall time.Duration
	// cpu is that of Terraform and its plugins, plugin that of the plugins alone
	// as far as it was seen.
	cpu, plugin time.Duration
	stolen      time.Duration // of all processors, by others on the same host
	memory      int64         // bytes that the plugin held at its worst; 0 where the system does not tell
	requests    int
	bytes       int64 // of the service's answers
}

// surroundings is the whole environment of Terraform besides the services:
// nothing of the caller's Terraform set-up, home or accounts reaches it, and
// above all no TF_LOG.
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

// version is Terraform's, in words.
func (t terraform) version(ctx context.Context) (string, error) {
	cmd := exec.CommandContext(ctx, t.exe, "version", "-json") //nolint:gosec // the user names it
	cmd.Env = t.env
	out, err := output(cmd)
	var told struct {
		Version string `json:"terraform_version"`
	}
	if err == nil {
		err = json.Unmarshal([]byte(out), &told)
	}
	return "Terraform " + told.Version, err
}

// workspace is a folder with a configuration, and the service that it is for.
type workspace struct {
	terraform
	subject
	dir   string
	at    *standIn // nil for references
	state string   // URL of the state; "" for a local file
}

// workspace makes one with n instances.
func (b *bench) workspace(ctx context.Context, s subject, at *standIn, n int) (*workspace, error) {
	return b.workspaceWith(ctx, s, at, n, "")
}

// workspaceWith makes one whose state is at a URL.
func (b *bench) workspaceWith(ctx context.Context, s subject, at *standIn, n int, state string) (*workspace, error) {
	if s.service == "" {
		at = nil
	}
	b.spaces++
	w := &workspace{terraform: b.tf, subject: s, dir: filepath.Join(b.dir, fmt.Sprintf("%s-%d", s.title, b.spaces)), at: at, state: state}
	if err := os.MkdirAll(w.dir, 0o750); err != nil {
		return nil, err
	}
	if err := w.configure(n); err != nil {
		return nil, err
	}
	_, err := w.run(ctx, "init")
	return w, err
}

// configure writes a configuration with n instances.
func (w *workspace) configure(n int) error {
	text := w.configuration(n)
	if w.state != "" {
		text += fmt.Sprintf("\nterraform {\n  backend \"http\" {\n    address = %q\n  }\n}\n", w.state)
	}
	return os.WriteFile(filepath.Join(w.dir, "main.tf"), []byte(text), 0o600)
}

// The commands that are measured.
func (w *workspace) apply(ctx context.Context) (usage, error) {
	return w.run(ctx, "apply", "-auto-approve", w.parallel())
}

func (w *workspace) destroy(ctx context.Context) (usage, error) {
	return w.run(ctx, "destroy", "-auto-approve", w.parallel())
}

// plan fails unless there is nothing to do.
func (w *workspace) plan(ctx context.Context) (usage, error) {
	return w.run(ctx, "plan", "-detailed-exitcode", w.parallel())
}

func (w *workspace) validate(ctx context.Context) (usage, error) { return w.run(ctx, "validate") }

func (w *workspace) parallel() string { return "-parallelism=" + strconv.Itoa(w.parallelism) }

// run runs one command and tells what it has cost.
func (w *workspace) run(ctx context.Context, args ...string) (u usage, err error) {
	cmd := exec.CommandContext(ctx, w.exe, append(args, "-no-color")...) //nolint:gosec // the user names it
	cmd.Dir, cmd.Env = w.dir, w.env
	if w.at != nil {
		cmd.Env = append(cmd.Env[:len(cmd.Env):len(cmd.Env)], w.at.env...)
		if err := w.at.Reset(ctx, w.service); err != nil {
			return u, err
		}
	}
	var printed bytes.Buffer
	cmd.Stdout, cmd.Stderr = &printed, &printed
	cmd.Cancel, cmd.WaitDelay = func() error { return cmd.Process.Signal(os.Interrupt) }, grace
	shield(cmd)
	began, before := time.Now(), stolen()
	if err := cmd.Start(); err != nil {
		return u, err
	}
	seen := watch(cmd.Process.Pid)
	err = cmd.Wait()
	u.wall, u.stolen = time.Since(began), stolen()-before
	u.plugin, u.memory = seen()
	if cause := context.Cause(ctx); cause != nil {
		return u, cause
	}
	if err != nil {
		return u, fmt.Errorf("terraform %s for %s: %w\n%s", args[0], w.title, err, printed.Bytes())
	}
	// The operating system adds up what a process and those that it has waited
	// for have used; Terraform waits for its plugins.
	u.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	if w.at == nil {
		return u, nil
	}
	status, err := w.at.status(ctx, w.service)
	u.requests, u.bytes = status.Total, status.Bytes
	if strays := status.Requests["unknown"]; strays > 0 {
		err = errors.Join(err, fmt.Errorf("%d requests for nothing that %s has", strays, w.title))
	}
	return u, err
}
