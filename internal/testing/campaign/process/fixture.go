package process

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/terraform"

	"filippo.io/age"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/campaign/scan"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulators"
)

// stateName is the file that Terraform keeps the state in.
const stateName = "terraform.tfstate"

// keyName is the name of the key of every scenario.
const keyName = "Build server"

// fixture is where the scenarios of one operation at one service take place: a
// simulator, a folder, a configuration.
type fixture struct {
	service simulators.Service
	operation
	storage string // the setting that says where the value goes

	dir, work, logs string
	cli             map[variant]*terraform.CLI
	identity        *age.X25519Identity
	store           *simulator.Store
	barrier         *barrier
	url             string
	close           func()
	decoys          []string        // ids
	lost            map[string]bool // decoys that the provider has revoked
	scanner         *scan.Scanner
	scanned         int // records of the ledger that the scanner knows
	trigger         int
	policy          string // on_duplicate_name
	quiet           bool   // nothing is logged, as users run it
	commands        int
}

// storages are the settings that say where the value goes.
func storages(recipient string) []string {
	return []string{"", fmt.Sprintf("encrypt_to = [%q]", recipient), "store_key = false"}
}

// newFixture sets the stage below dir. Its close must be called.
func newFixture(p programs, dir string, s simulators.Service, op operation, turn int) (*fixture, error) {
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		return nil, err
	}
	st := &fixture{
		service: s, operation: op, dir: dir, identity: identity,
		work: filepath.Join(dir, "work"), logs: filepath.Join(dir, "logs"), cli: map[variant]*terraform.CLI{}, lost: map[string]bool{},
	}
	st.quiet = turn%2 == 1
	all := storages(identity.Recipient().String())
	st.storage = all[turn%len(all)]
	for _, needed := range []string{st.work, st.logs} {
		if err := os.MkdirAll(needed, 0o700); err != nil {
			return nil, err
		}
	}
	for _, v := range []variant{genuine, panicked} {
		if st.cli[v], err = p.install(v, dir); err != nil {
			return nil, err
		}
	}
	server := simulator.NewServer(nil)
	st.store = server.Mount(s.Key.Name, s.Simulator)
	if st.storage != "" { // no value may be stored in plain text, so the records show them
		st.store.Quirk(simulator.Quirks{Echo: "preview,prefix,key"})
	}
	st.barrier = &barrier{next: server.Handler()}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	st.url = "http://" + l.Addr().String() + "/" + s.Key.Name
	front := &http.Server{Handler: st.barrier, ReadHeaderTimeout: commandTimeout}
	go func() { _ = front.Serve(l) }() // ends by close
	st.close = func() { _ = front.Close() }
	st.scanner = scan.New(st.store.Admin(), identity.String())
	st.seed()
	return st, nil
}

// seed makes keys of others that are easily mistaken for the provider's own. Those
// of the same name are older: of two that were made in the same moment the
// provider knows that it cannot distinguish them, and refuses.
func (s *fixture) seed() {
	for i, name := range []string{keyName, keyName, "build server", "Build server ", "Вuild server", "Build\u00a0server", "Build", keyName + "2"} {
		decoy := s.store.Mint(name)
		s.decoys = append(s.decoys, decoy.ID)
		if name == keyName {
			_ = s.store.Update(decoy.ID, func(r *simulator.Record) { r.CreatedAt = r.CreatedAt.Add(-time.Duration(i+1) * time.Hour) }) // it is there
		}
	}
}

// terraform is the CLI of a command.
func (s *fixture) terraform(sc *scenario) *terraform.CLI {
	env, v := []string{}, genuine
	if s.quiet {
		env = append(env, "TF_LOG=")
	}
	for variable, value := range s.service.Environment(s.url, s.store.Admin(), s.store.CreateSession()) {
		env = append(env, variable+"="+value)
	}
	if sc != nil && sc.signal == throw {
		v = panicked
		when := "before"
		if sc.after {
			when = "after"
		}
		env = append(env, "CAMPAIGN_CALLS="+s.calls(), fmt.Sprintf("CAMPAIGN_PANIC=%d:%s", sc.call, when))
	}
	env = append(env, "TF_LOG_PATH="+filepath.Join(s.logs, fmt.Sprintf("trace-%d.log", s.commands)))
	return s.cli[v].In(s.work, env...)
}

// calls is the file that counts the provider's calls to its adapter.
func (s *fixture) calls() string { return filepath.Join(s.dir, "calls") }

// configure writes the configuration.
func (s *fixture) configure() error {
	var settings []string
	if s.rotates {
		settings = append(settings, fmt.Sprintf("rotation_triggers = { t = \"%d\" }", s.trigger))
		if s.overlap {
			settings = append(settings, `rotation_overlap = "1h"`)
		}
	}
	if s.storage != "" {
		settings = append(settings, s.storage)
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
`, s.service.Key.Name, keyName, strings.Join(settings, "\n  "))
	return os.WriteFile(filepath.Join(s.work, "main.tf"), []byte(text), 0o600)
}

// reset revokes what an earlier scenario has left, forgets the state, and makes
// the key that the operation needs.
func (s *fixture) reset(ctx context.Context) error {
	for _, r := range s.mine() {
		if err := s.store.Revoke(r.ID); err != nil {
			return err
		}
	}
	if err := errors.Join(os.RemoveAll(s.work), os.MkdirAll(s.work, 0o700)); err != nil {
		return err
	}
	s.policy = ""
	if err := s.configure(); err != nil || !s.rotates {
		return err
	}
	o, err := s.run(ctx, nil, "apply", "-auto-approve")
	if err == nil && o.status != 0 {
		err = fmt.Errorf("the first apply ended with status %d:\n%s", o.status, o.output)
	}
	return err
}

// mine are the live keys that were made with the provider's credential.
func (s *fixture) mine() []simulator.Record {
	var all []simulator.Record
	for _, r := range s.store.Live() {
		if r.CreatedBy == simulator.Admin {
			all = append(all, r)
		}
	}
	return all
}
