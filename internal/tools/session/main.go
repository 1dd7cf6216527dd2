// Session records the terminal session that the README shows: it runs real
// commands, one after the other, against the simulated services, and draws what
// they printed as an SVG. Long outputs are cut to the lines that say what happened
// (script.go); the lines themselves are as they were printed, but for the name of
// the temporary folder.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/terraform"
)

// target is where the README expects the picture, from the checkout's root.
const target = ".github/session.svg"

// startup bounds how long the simulators may take to answer, building included.
const startup = 3 * time.Minute

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "session:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) (err error) {
	dir, err := os.MkdirTemp("", "apikeys-session-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	cli, err := terraform.Prepare(ctx, dir)
	if err != nil {
		return err
	}
	env, stop, err := simulate(ctx, cli.Root, dir)
	if err != nil {
		return err
	}
	defer stop()
	s := stage{dir: filepath.Join(dir, "keys"), env: append(append(cli.Env, env...), "TERRAFORM="+cli.Exe)}
	if err := os.Mkdir(s.dir, 0o700); err != nil {
		return err
	}
	for _, step := range script {
		if err := s.play(ctx, step); err != nil {
			return err
		}
	}
	text, err := draw(s.lines)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(cli.Root, target), text, 0o600); err != nil {
		return err
	}
	fmt.Printf("%s: %d lines\n", target, len(s.lines))
	return nil
}

// simulate starts the simulated services, and returns the environment that leads
// to them.
func simulate(ctx context.Context, root, dir string) (env []string, stop func(), err error) {
	exe := filepath.Join(dir, "bin", "apikeys-simulator")
	if _, err := terraform.Output(ctx, root, nil, "go", "build", "-o", exe, "./internal/testing/simulator/cmd/apikeys-simulator"); err != nil {
		return nil, nil, err
	}
	file := filepath.Join(dir, "simulator.env")
	ctx, cancel := context.WithTimeout(ctx, startup)
	cmd := exec.CommandContext(ctx, exe, "-env", file) //nolint:gosec // the program that was just built
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	if err := cmd.Start(); err != nil {
		cancel()
		return nil, nil, err
	}
	stop = func() { cancel(); _ = cmd.Wait() }
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for {
		// The file appears, complete, once the services answer.
		if text, err := os.ReadFile(file); err == nil { //nolint:gosec // in our own folder
			return variables(string(text)), stop, nil
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			stop()
			return nil, nil, fmt.Errorf("the simulator did not start: %w", context.Cause(ctx))
		}
	}
}

// variables reads lines such as: export NAME='value'.
func variables(script string) []string {
	var env []string
	for line := range strings.Lines(script) {
		if name, value, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "export "), "="); ok {
			env = append(env, name+"="+strings.Trim(value, "'"))
		}
	}
	return env
}
