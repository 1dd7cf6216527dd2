package campaign

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/campaign/scan"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulators"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/terraform"
)

// The files of a stage, and the name of its key.
const (
	stateName  = "terraform.tfstate"
	planName   = "next.tfplan"
	pluginName = "terraform-provider-apikeys"
	serverName = "Build server"
)

// stage is where the interruptions of one change at one service happen: a simulator, a
// folder, a configuration.
type stage struct {
	t       *testing.T // of the current interruption
	service simulators.Service
	change
	storage string // the setting that says where the value goes

	dir, work, logs   string
	genuine, panicked *terraform.CLI
	identity          *age.X25519Identity
	store             *simulator.Store
	barrier           *barrier
	url               string
	decoys            []string        // ids
	reported          map[string]bool // decoys that the provider has revoked
	scanner           *scan.Scanner
	scanned           int // records of the ledger that the scanner knows
	trigger           int
	policy            string // on_duplicate_name
	quiet             bool   // nothing is logged, as users run it
	commands          int
}

// newStage creates a stage. programs is a folder with the provider and the test program;
// turn varies the settings.
func newStage(t *testing.T, programs string, s simulators.Service, c change, turn int) *stage {
	t.Helper()
	dir := t.TempDir()
	identity := newReader(t)
	storages := []string{"", fmt.Sprintf("encrypt_to = [%q]", identity.Recipient()), "store_key = false"}
	st := &stage{
		t: t, service: s, change: c, dir: dir, identity: identity, work: filepath.Join(dir, "work"), logs: filepath.Join(dir, "logs"),
		reported: map[string]bool{}, quiet: turn%2 == 1, storage: storages[turn%len(storages)],
	}
	st.must(errors.Join(os.Mkdir(st.work, 0o700), os.Mkdir(st.logs, 0o700)))
	for _, program := range []string{"genuine", "panicked"} { // of its own, so that its processes can be found
		bin := filepath.Join(dir, program)
		st.must(os.Mkdir(bin, 0o700))
		st.must(os.Link(filepath.Join(programs, program), filepath.Join(bin, pluginName)))
	}
	st.genuine, st.panicked = st.cli("genuine"), st.cli("panicked")
	server := simulator.NewServer(nil)
	st.store = server.Mount(s.Key.Name, s.Simulator)
	if st.storage != "" { // no value may be stored in plain text, so the records show them
		st.store.Quirk(simulator.Quirks{Echo: "preview,prefix,key"})
	}
	st.barrier = &barrier{next: server.Handler()}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	st.must(err)
	st.url = "http://" + l.Addr().String() + "/" + s.Key.Name
	front := &http.Server{Handler: st.barrier, ReadHeaderTimeout: commandTimeout}
	go func() { _ = front.Serve(l) }() // until Close
	t.Cleanup(func() { _ = front.Close() })
	st.scanner = scan.New(st.store.Admin(), identity.String())
	st.seed()
	return st
}

func (s *stage) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// cli is a Terraform that uses one of the programs.
func (s *stage) cli(program string) *terraform.CLI {
	s.t.Helper()
	bin := filepath.Join(s.dir, program)
	cli, err := terraform.New(bin, terraform.DevOverrides(bin), "HOME="+s.dir, "TMPDIR="+s.dir, "TF_LOG=TRACE")
	s.must(err)
	return cli
}

// seed creates keys of others that are easily taken for the provider's own. Those of the
// same name are older: of two that were created in the same moment the provider knows
// that it cannot distinguish them, and refuses.
func (s *stage) seed() {
	for i, name := range []string{serverName, serverName, "build server", "Build server ", "Вuild server", "Build\u00a0server", "Build", serverName + "2"} {
		decoy := s.store.Mint(name)
		s.decoys = append(s.decoys, decoy.ID)
		if name == serverName {
			_ = s.store.Update(decoy.ID, func(r *simulator.Record) { r.CreatedAt = r.CreatedAt.Add(-time.Duration(i+1) * time.Hour) }) // it is there
		}
	}
}

// terraform is the CLI of a command.
func (s *stage) terraform(i *interruption) *terraform.CLI {
	cli, env := s.genuine, []string{}
	if s.quiet {
		env = append(env, "TF_LOG=")
	}
	for variable, value := range s.service.Environment(s.url, s.store.Admin(), s.store.CreateSession()) {
		env = append(env, variable+"="+value)
	}
	if i != nil && i.signal == panicking {
		when := map[bool]string{false: "before", true: "after"}[i.after]
		cli, env = s.panicked, append(env, callsVariable+"="+s.calls(), fmt.Sprintf("%s=%d:%s", panicVariable, i.call, when))
	}
	return cli.In(s.work, append(env, "TF_LOG_PATH="+filepath.Join(s.logs, fmt.Sprintf("trace-%d.log", s.commands)))...)
}

// calls is the file that counts the provider's calls to its adapter.
func (s *stage) calls() string { return filepath.Join(s.dir, "calls") }

// called are the names of these calls.
func (s *stage) called() []string {
	text, err := os.ReadFile(s.calls())
	if err != nil {
		return nil // there was none
	}
	return strings.Fields(string(text))
}

// configure writes the configuration.
func (s *stage) configure() {
	s.t.Helper()
	var settings []string
	if s.rotates {
		settings = append(settings, fmt.Sprintf("rotation_triggers = { t = \"%d\" }", s.trigger))
		if s.overlap {
			settings = append(settings, `rotation_overlap = "1h"`)
		}
	}
	if s.policy != "" {
		settings = append(settings, fmt.Sprintf("on_duplicate_name = %q", s.policy))
	}
	text := fmt.Sprintf(`terraform {
  required_providers {
    apikeys = { source = "terraform-apikeys/apikeys" }
  }
}

provider "apikeys" {
  request_timeout = "2s"
}

resource "apikeys_%s_key" "k" {
  name = %q
  %s
  lifecycle { create_before_destroy = true }
}
`, s.service.Key.Name, serverName, strings.Join(append(settings, s.storage), "\n  "))
	s.must(os.WriteFile(filepath.Join(s.work, "main.tf"), []byte(text), 0o600))
}

// next configures the change.
func (s *stage) next() {
	s.t.Helper()
	s.trigger++
	s.configure()
	s.must(os.RemoveAll(s.calls()))
}

// reset revokes the keys of earlier interruptions, removes the state, and creates the key
// that the change needs.
func (s *stage) reset() {
	s.t.Helper()
	for _, r := range s.mine() {
		s.must(s.store.Revoke(r.ID))
	}
	s.must(errors.Join(os.RemoveAll(s.work), os.MkdirAll(s.work, 0o700)))
	s.policy = ""
	s.configure()
	if s.rotates {
		s.mustApply()
	}
}

// mustApply applies undisturbed.
func (s *stage) mustApply() {
	s.t.Helper()
	if r := s.apply(nil); r.status != 0 {
		s.t.Fatalf("the undisturbed apply ended with status %d:\n%s", r.status, r.output)
	}
}

// mine are the live keys that were created with the provider's credential.
func (s *stage) mine() []simulator.Record {
	var all []simulator.Record
	for _, r := range s.store.Live() {
		if r.CreatedBy == simulator.Admin {
			all = append(all, r)
		}
	}
	return all
}
