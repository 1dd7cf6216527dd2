// Testacc runs go test with the given arguments and says at the end which tests
// were skipped, and why: what a test needs of Terraform or OpenTofu, the one that
// is installed may not have. It prints what go test prints without -v, and ends
// with its status.
//
//	go run ./internal/testacc -run '^TestAcc' ./internal/...
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
)

func main() {
	status, err := run(context.Background(), os.Args[1:], os.Stdout, os.Stderr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "testacc:", err)
		os.Exit(1)
	}
	os.Exit(status)
}

// run returns the status of go test. An error says that it could not be run, or
// that what it prints could not be read.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) (int, error) {
	cmd := exec.CommandContext(ctx, "go", append([]string{"test", "-json"}, args...)...) //nolint:gosec // the arguments of whoever runs this; no shell is involved
	cmd.Stderr = stderr
	events, err := cmd.StdoutPipe()
	if err != nil {
		return 0, err
	}
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	r := report{out: stdout}
	told := r.read(events)
	if told != nil {
		_, _ = io.Copy(io.Discard, events) // or go test would wait for a reader for ever
	}
	err = cmd.Wait()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		return 0, err
	}
	if told != nil {
		return 0, told
	}
	r.gated()
	return cmd.ProcessState.ExitCode(), nil
}
