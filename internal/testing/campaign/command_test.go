package campaign

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/terraform"
)

// How long things may take. Everything here is answered at once, and one request may take
// two seconds: what takes far longer hangs, even on a busy machine.
const (
	signalPause     = 120 * time.Millisecond // from a signal until the exchange goes on
	commandTimeout  = 3 * time.Minute        // for a command
	providerTimeout = 45 * time.Second       // for a provider without Terraform
	pollInterval    = 2 * time.Millisecond   // between two reads of a file
)

// command is one run of Terraform.
type command struct {
	*stage
	interruption *interruption // nil: undisturbed
	cmd          *exec.Cmd

	ready   chan struct{} // closed when the process has started
	once    sync.Once
	sent    atomic.Bool // the answer to a request that creates a key
	result  commandResult
	screen  screen
	running sync.WaitGroup
}

// commandResult is how a command ended.
type commandResult struct {
	status   int  // -1: killed
	struck   bool // the moment of the interruption came
	output   []byte
	methods  []string // of the exchanges
	doubles  int      // requests that created a key while the state did not have another one of this run
	answered bool     // the answer to a request that creates a key was sent before Terraform ended
	late     string   // what did not end in time, if anything
}

// run runs Terraform, and interrupts it if there is an interruption.
func (s *stage) run(i *interruption, args ...string) (commandResult, error) {
	s.commands++
	ctx, cancel := context.WithTimeout(s.t.Context(), commandTimeout)
	defer cancel()
	c := &command{stage: s, interruption: i, ready: make(chan struct{})}
	c.cmd = s.terraform(i).Command(ctx, args...)
	c.cmd.WaitDelay = providerTimeout
	c.cmd.Stdout, c.cmd.Stderr = &c.screen, &c.screen
	c.screen.watch = c.at
	s.barrier.begin(c.watchExchanges())
	if err := c.cmd.Start(); err != nil {
		return c.result, err
	}
	close(c.ready)
	done := make(chan struct{})
	c.running.Go(func() { c.poll(done) })
	err := c.cmd.Wait()
	sentAtEnd := c.sent.Load()
	close(done)
	c.running.Wait()
	if ctx.Err() != nil {
		c.result.late = "Terraform"
	} else if c.cmd.ProcessState == nil {
		return c.result, err
	}
	if left := s.awaitProviders(); left != "" {
		c.result.late = left
	}
	c.result.methods = s.barrier.end()
	c.result.status, c.result.output = c.cmd.ProcessState.ExitCode(), c.screen.bytes()
	if i != nil && i.signal == interruptTwice { // after which Terraform goes on for a moment
		c.result.answered = sentAtEnd
	}
	return c.result, nil
}

// watchExchanges counts second creates, and strikes at the exchange of the interruption.
func (c *command) watchExchanges() func(method string, exchange int, p phase) {
	known := map[string]bool{}
	for _, r := range c.store.Ledger() {
		known[r.ID] = true
	}
	var mu sync.Mutex
	return func(method string, exchange int, p phase) {
		if method == "POST" && p == arrived {
			for _, r := range c.mine() {
				if !known[r.ID] && !c.holds(r.ID) {
					mu.Lock()
					c.result.doubles++
					mu.Unlock()
				}
			}
		}
		if method == "POST" && p == answered {
			c.sent.Store(true)
		}
		if c.interruption != nil && c.interruption.exchange == exchange && c.interruption.phase == p {
			c.strike()
		}
	}
}

// awaitProviders waits for the providers to end; those that do not are killed and named.
func (s *stage) awaitProviders() string {
	for began := time.Now(); ; <-time.After(10 * time.Millisecond) {
		left := terraform.Running(s.dir)
		if len(left) == 0 {
			return ""
		}
		if time.Since(began) > providerTimeout {
			for _, pid := range left {
				kill(pid)
			}
			return fmt.Sprintf("the provider, %v after Terraform", providerTimeout)
		}
	}
}

// kill kills a process, which may just have ended.
func kill(pid int) {
	if p, err := os.FindProcess(pid); err == nil {
		_ = p.Kill()
	}
}

// strike sends the signal, once, and waits a moment.
func (c *command) strike() {
	c.once.Do(func() {
		<-c.ready
		c.result.struck, c.result.answered = true, c.sent.Load()
		leader := c.cmd.Process
		switch c.interruption.signal {
		case interrupt:
			terraform.SignalGroup(leader.Pid, syscall.SIGINT)
		case interruptTwice:
			terraform.SignalGroup(leader.Pid, syscall.SIGINT)
			<-time.After(signalPause)
			terraform.SignalGroup(leader.Pid, syscall.SIGINT)
		case terminate:
			_ = leader.Signal(syscall.SIGTERM) // it may just have ended
		case terminateAll:
			terraform.SignalGroup(leader.Pid, syscall.SIGTERM)
		case killTerraform:
			_ = leader.Kill()
		case killProvider:
			for _, pid := range terraform.Running(c.dir) {
				kill(pid)
			}
		}
		<-time.After(signalPause)
	})
}

// at strikes if an event is the moment.
func (c *command) at(e event) {
	if c.interruption != nil && c.interruption.event == e {
		c.running.Go(c.strike) // what is written to the screen must not wait for it
	}
}

// poll polls for events that nothing reports, until the command ends.
func (c *command) poll(done <-chan struct{}) {
	if c.interruption == nil || c.interruption.event == "" {
		return
	}
	state := filepath.Join(c.work, stateName)
	before, _ := os.Stat(state)
	for {
		select {
		case <-done:
			return
		case <-time.After(pollInterval):
		}
		now, err := os.Stat(state)
		_, unlocked := os.Stat(filepath.Join(c.work, "."+stateName+".lock.info"))
		switch {
		case c.interruption.event == started && len(terraform.Running(c.dir)) > 0,
			c.interruption.event == locked && unlocked == nil,
			c.interruption.event == written && err == nil && now.Size() > 0 && (before == nil || !now.ModTime().Equal(before.ModTime())):
			c.strike()
		}
	}
}

// screen is what Terraform prints. It reports the events that are printed.
type screen struct {
	mu    sync.Mutex
	text  bytes.Buffer
	watch func(event)
}

// marks are how Terraform prints events.
var marks = map[event][]byte{
	changing: []byte("...\n"),
	keyDone:  []byte(" complete after "),
	finished: []byte("Apply complete!"),
}

// Write implements io.Writer.
func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.text.Len()
	s.text.Write(p)
	for e, mark := range marks {
		if bytes.Contains(s.text.Bytes()[max(0, before-len(mark)):], mark) {
			s.watch(e)
		}
	}
	return len(p), nil
}

func (s *screen) bytes() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return bytes.Clone(s.text.Bytes())
}

// apply applies undisturbed, or with an interruption, and searches for secrets.
func (s *stage) apply(i *interruption) commandResult { return s.command(i, "apply", "-auto-approve") }

// command runs a command and fails the test if there are secrets where they must not be.
func (s *stage) command(i *interruption, args ...string) commandResult {
	s.t.Helper()
	result, err := s.run(i, args...)
	hits, searched := []string(nil), error(nil)
	if err == nil {
		hits, searched = s.search(result.output)
	}
	if err := errors.Join(err, searched); err != nil {
		s.t.Fatalf("%v: %v", args, err)
	}
	for _, hit := range hits {
		s.t.Errorf("%v: %s: %s", args, leaked, hit)
	}
	if result.late != "" {
		s.t.Errorf("%v: %s did not end in time", args, result.late)
	}
	return result
}
