package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// standIn is a simulator of all services, in a process of its own.
type standIn struct {
	simulator.Control
	env  []string // what the provider needs to reach it
	stop func() error
}

// patience is how long the simulator may take to answer for the first time.
const patience = 30 * time.Second

// stand starts a simulator without keys; its stop must be called.
func stand(ctx context.Context, exe, dir string) (*standIn, error) {
	file, err := os.CreateTemp(dir, "simulator-*.env")
	if err != nil {
		return nil, err
	}
	if err := errors.Join(file.Close(), os.Remove(file.Name())); err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, exe, "-env", file.Name(), "-lifetime", "3h") //nolint:gosec // built by this program
	cmd.Cancel, cmd.WaitDelay = func() error { return cmd.Process.Signal(os.Interrupt) }, grace
	shield(cmd)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &standIn{stop: func() error {
		return errors.Join(cmd.Process.Signal(os.Interrupt), cmd.Wait())
	}}
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for {
		if err := s.read(file.Name()); err == nil {
			return s, nil
		} else if !errors.Is(err, os.ErrNotExist) {
			return nil, errors.Join(err, s.stop())
		}
		select {
		case <-look.C:
		case <-deadline.C:
			return nil, errors.Join(errors.New("the simulator does not start"), s.stop())
		case <-ctx.Done():
			return nil, errors.Join(context.Cause(ctx), s.stop())
		}
	}
}

// read takes the environment from the file that the simulator writes.
func (s *standIn) read(name string) error {
	file, err := os.Open(filepath.Clean(name))
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		name, value, found := strings.Cut(strings.TrimPrefix(lines.Text(), "export "), "=")
		if !found {
			return fmt.Errorf("the simulator's environment has a line %q", lines.Text())
		}
		value = strings.Trim(value, "'")
		if name == "APIKEYS_SIMULATOR_URL" {
			s.URL = value
		}
		s.env = append(s.env, name+"="+value)
	}
	return lines.Err()
}

// status is what the simulator says of one service.
func (s *standIn) status(ctx context.Context, service string) (simulator.ServiceStatus, error) {
	all, err := s.Services(ctx)
	for _, status := range all {
		if status.Name == service {
			return status, nil
		}
	}
	return simulator.ServiceStatus{}, errors.Join(err, fmt.Errorf("the simulator has no service %q", service))
}

// listing is how many bytes one complete listing has now. Each page counts once,
// without the repetition that a careful reader needs.
func (s *standIn) listing(ctx context.Context, of subject) (int64, error) {
	status, err := s.status(ctx, of.service)
	if err != nil {
		return 0, err
	}
	size := int64(0)
	for offset := 0; offset == 0 || offset < status.Live && of.page > 0; offset += of.page {
		url := fmt.Sprintf("%s%s?limit=%d&offset=%d", status.URL, of.list, max(of.page, 1), offset)
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
		if err != nil {
			return 0, err
		}
		request.Header.Set("X-Api-Key", status.Admin)
		request.Header.Set("Authorization", "Bearer "+status.Admin)
		response, err := http.DefaultTransport.RoundTrip(request) //nolint:forbidigo // what the client would make of the answer is not the question
		if err != nil {
			return 0, err
		}
		n, err := io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
		if err == nil && response.StatusCode != http.StatusOK {
			err = fmt.Errorf("listing %s: %s", of.service, response.Status)
		}
		if err != nil {
			return 0, err
		}
		size += n
		if of.page == 0 {
			break
		}
	}
	return size, nil
}
