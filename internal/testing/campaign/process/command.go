package process

import (
	"bytes"
	"context"
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

// How long things may take. Everything here is answered at once, and one request
// may take two seconds: what has not ended by far later than that hangs, even on a
// busy machine. Package deadline holds the provider to its promises.
const (
	pause           = 120 * time.Millisecond // from a signal until the exchange goes on
	commandTimeout  = 3 * time.Minute        // for a command
	providerTimeout = 45 * time.Second       // for a provider without Terraform
	pollInterval    = 2 * time.Millisecond   // between two reads of a file
)

// command is one run of Terraform.
type command struct {
	*fixture
	scenario *scenario // nil: undisturbed
	cmd      *exec.Cmd

	ready    chan struct{} // closed when the process is there to be struck
	once     sync.Once
	struck   bool // the moment came; read it when the command has ended
	answered bool // likewise: see outcome
	out      atomic.Bool
	screen   screen

	watching sync.WaitGroup
}

// outcome is what became of a command.
type outcome struct {
	args     []string
	status   int // -1: killed
	struck   bool
	output   []byte
	methods  []string // of the exchanges
	doubles  int      // requests that created a key while the state did not have another one of this run
	answered bool     // the answer to a request that creates a key was sent before Terraform ended
	late     string   // what did not end in time, if anything
}

// run runs Terraform, and disturbs it if there is a scenario.
func (s *fixture) run(ctx context.Context, sc *scenario, args ...string) (outcome, error) {
	s.commands++
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	c := &command{fixture: s, scenario: sc, ready: make(chan struct{})}
	c.cmd = s.terraform(sc).Command(ctx, args...)
	c.cmd.WaitDelay = providerTimeout
	c.cmd.Stdout, c.cmd.Stderr = &c.screen, &c.screen
	c.screen.watch = c.at
	o := outcome{args: args}
	known := map[string]bool{}
	for _, r := range s.store.Ledger() {
		known[r.ID] = true
	}
	var mu sync.Mutex
	s.barrier.begin(func(method string, exchange int, p phase) {
		if method == "POST" && p == arrived {
			for _, r := range s.mine() {
				if !known[r.ID] && !s.holds(r.ID) {
					mu.Lock()
					o.doubles++
					mu.Unlock()
				}
			}
		}
		if method == "POST" && p == answered {
			c.out.Store(true)
		}
		if sc != nil && sc.exchange == exchange && sc.phase == p {
			c.strike()
		}
	})
	if err := c.cmd.Start(); err != nil {
		return o, err
	}
	close(c.ready)
	done := make(chan struct{})
	c.watching.Go(func() { c.observe(done) })
	err := c.cmd.Wait()
	outAtEnd := c.out.Load()
	close(done)
	c.watching.Wait()
	if ctx.Err() != nil {
		o.late = "Terraform"
	} else if c.cmd.ProcessState == nil {
		return o, err
	}
	if left := s.outlive(); left != "" {
		o.late = left
	}
	o.methods = s.barrier.end()
	o.status, o.output, o.struck, o.answered = c.cmd.ProcessState.ExitCode(), c.screen.bytes(), c.struck, c.answered
	if sc != nil && sc.signal == twice { // after which Terraform goes on for a moment
		o.answered = outAtEnd
	}
	return o, nil
}

// outlive waits for the providers to end; those that do not are killed and named.
func (s *fixture) outlive() string {
	began := time.Now()
	for {
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
		<-time.After(10 * time.Millisecond)
	}
}

// kill kills a process, which may just have ended.
func kill(pid int) {
	if p, err := os.FindProcess(pid); err == nil {
		_ = p.Kill()
	}
}

// strike sends the signal, once, and lets pass a moment.
func (c *command) strike() {
	c.once.Do(func() {
		<-c.ready
		c.struck, c.answered = true, c.out.Load()
		leader := c.cmd.Process
		switch c.scenario.signal {
		case interrupt:
			terraform.SignalGroup(leader.Pid, syscall.SIGINT)
		case twice:
			terraform.SignalGroup(leader.Pid, syscall.SIGINT)
			<-time.After(pause)
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
		<-time.After(pause)
	})
}

// at strikes if an event is the moment.
func (c *command) at(e event) {
	if c.scenario != nil && c.scenario.event == e {
		c.watching.Go(c.strike) // what is written to the screen must not wait for it
	}
}

// observe polls for events that nothing reports, until the command ends.
func (c *command) observe(done <-chan struct{}) {
	if c.scenario == nil || c.scenario.event == "" {
		return
	}
	state := filepath.Join(c.work, stateName)
	before, _ := os.Stat(state)
	for tick := time.NewTicker(pollInterval); ; {
		select {
		case <-done:
			tick.Stop()
			return
		case <-tick.C:
		}
		switch c.scenario.event {
		case started:
			if len(terraform.Running(c.dir)) > 0 {
				c.strike()
			}
		case locked:
			if _, err := os.Stat(filepath.Join(c.work, "."+stateName+".lock.info")); err == nil {
				c.strike()
			}
		case written:
			now, err := os.Stat(state)
			if err == nil && now.Size() > 0 && (before == nil || !now.ModTime().Equal(before.ModTime())) {
				c.strike()
			}
		}
	}
}

// screen is what Terraform prints. It reports the events that are printed.
type screen struct {
	mu    sync.Mutex
	text  bytes.Buffer
	watch func(event)
}

// marks are events that Terraform prints.
var marks = map[event][]byte{
	changing: []byte("...\n"),
	keySaid:  []byte(" complete after "),
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
