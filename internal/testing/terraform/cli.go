// Package terraform runs real Terraform, or OpenTofu, with the providers as they are
// in this checkout. Nothing of the caller's Terraform settings, home or accounts
// reaches it.
package terraform

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// grace is how long an interrupted command has to end.
const grace = 20 * time.Second

// CLI is a Terraform program, the folder that it runs in, and its environment.
type CLI struct {
	Exe, Dir string
	// Env is the complete environment of each run.
	Env []string
	// Echo gets what is printed; nil: nobody.
	Echo io.Writer
}

// New returns a CLI that runs in dir. installation is what its CLI configuration has
// in provider_installation: [DevOverrides] or [Mirror]. env is added to the
// environment.
func New(dir, installation string, env ...string) (*CLI, error) {
	exe, err := Executable()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	config := filepath.Join(dir, "terraform.rc")
	text := fmt.Sprintf("provider_installation {\n%s}\n", installation)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return nil, err
	}
	return &CLI{Exe: exe, Dir: dir, Env: append(Environment(dir, config), env...)}, nil
}

// Environment is the environment of a command besides the services.
func Environment(home, config string) []string {
	env := []string{
		"TF_CLI_CONFIG_FILE=" + config, "TF_INPUT=0", "TF_IN_AUTOMATION=1", "CHECKPOINT_DISABLE=1",
		"HOME=" + home, "USERPROFILE=" + home, "APPDATA=" + home,
	}
	for _, name := range []string{"PATH", "SYSTEMROOT", "LANG", "TMPDIR", "TMP", "TEMP"} {
		if value, set := os.LookupEnv(name); set {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// In returns a copy that runs in another folder, with more variables.
func (c *CLI) In(dir string, env ...string) *CLI {
	other := *c
	other.Dir = dir
	other.Env = slices.Concat(c.Env, env)
	return &other
}

// Command returns a command in a process group of its own, so that Ctrl-C in the
// terminal does not reach it: two interrupts would make Terraform leave its plugins
// behind. The end of ctx interrupts it once.
func (c *CLI) Command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, c.Exe, append(args, "-no-color")...)
	cmd.Dir, cmd.Env = c.Dir, c.Env
	cmd.Cancel, cmd.WaitDelay = func() error { return cmd.Process.Signal(os.Interrupt) }, grace
	ownGroup(cmd)
	return cmd
}

// Result is how a command ended.
type Result struct {
	// Status is its exit status.
	Status int
	// Stdout is what it wrote there, Output that and what it wrote to stderr.
	Stdout, Output string
}

// Exec runs a command to its end, with any status. outputs of "terraform output" are
// not echoed: they contain the values of keys.
func (c *CLI) Exec(ctx context.Context, args ...string) (Result, error) {
	p, err := c.Start(ctx, args...)
	if err != nil {
		return Result{}, err
	}
	return p.Wait()
}

// Run runs a command and returns all that it printed. A status other than 0 is an
// error, which contains that too.
func (c *CLI) Run(ctx context.Context, args ...string) (string, error) {
	r, err := c.Exec(ctx, args...)
	if err == nil && r.Status != 0 {
		err = fmt.Errorf("%s %s: status %d\n%s", filepath.Base(c.Exe), strings.Join(args, " "), r.Status, r.Output)
	}
	return r.Output, err
}

// Process is a command that runs.
type Process struct {
	*exec.Cmd
	ctx            context.Context
	stdout, output bytes.Buffer
}

// Start starts a command. [Process.Wait] must be called.
func (c *CLI) Start(ctx context.Context, args ...string) (*Process, error) {
	p := &Process{Cmd: c.Command(ctx, args...), ctx: ctx}
	both := &lockedWriter{to: &p.output}
	if c.Echo != nil && args[0] != "output" {
		both.to = io.MultiWriter(&p.output, c.Echo)
	}
	p.Stdout, p.Stderr = io.MultiWriter(&p.stdout, both), both
	return p, p.Start()
}

// Wait waits for the end of the command. A command that was killed has the status -1.
func (p *Process) Wait() (Result, error) {
	err := p.Cmd.Wait()
	if cause := context.Cause(p.ctx); cause != nil {
		return Result{}, cause
	}
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		return Result{}, err
	}
	return Result{Status: p.ProcessState.ExitCode(), Stdout: p.stdout.String(), Output: p.output.String()}, nil
}

// lockedWriter gets both outputs of a command: exec copies each in a goroutine.
type lockedWriter struct {
	mu sync.Mutex
	to io.Writer
}

// Write implements io.Writer.
func (w *lockedWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.to.Write(p)
}
