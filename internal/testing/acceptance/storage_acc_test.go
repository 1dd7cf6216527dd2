package acceptance_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/campaign/scan"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// storeHarness is real Terraform with two programs: the provider, and one that stands
// for a secret store whose resource takes a value through a write-only argument.
type storeHarness struct {
	*cli
	bench *harness
	// printed is all that Terraform has said.
	printed strings.Builder
}

// newStoreHarness skips the test if the CLI has not all of the features.
func newStoreHarness(t *testing.T, features ...feature) *storeHarness {
	t.Helper()
	b := newHarness(t)
	needs(t, features...)
	return &storeHarness{cli: newCLI(b), bench: b}
}

func (s *storeHarness) ledger() string { return filepath.Join(s.Dir, "secrets") }

// configure writes the configuration, with what every one of them needs.
func (s *storeHarness) configure(blocks ...string) {
	s.t.Helper()
	s.write("main.tf", fmt.Sprintf(`terraform {
  required_providers {
    apikeys     = { source = "terraform-apikeys/apikeys" }
    secretstore = { source = "terraform-apikeys/secretstore" }
  }
}
provider "secretstore" { ledger = %q }
`, filepath.ToSlash(s.ledger()))+strings.Join(blocks, "\n"))
}

// run runs a command, and keeps what it prints.
func (s *storeHarness) run(succeeds bool, args ...string) string {
	s.t.Helper()
	out := s.cli.run(succeeds, args...)
	s.printed.WriteString(out)
	return out
}

// saved plans into a file and applies that.
func (s *storeHarness) saved(file string) {
	s.t.Helper()
	s.run(true, "plan", "-out="+file)
	s.run(true, "apply", file)
}

// stores hands the value of a key to the secret store.
func stores(s subject, label string) string {
	return fmt.Sprintf(`ephemeral "apikeys_key_value" %[2]q { key_id = %[1]s.%[3]s.id }
resource "secretstore_secret" %[2]q {
  name             = %[2]q
  value_wo         = ephemeral.apikeys_key_value.%[2]s.value
  value_wo_version = %[1]s.%[3]s.key_version
}
`, s.kind(), s.name()+"_"+label, label)
}

// writes are the digests that were written of a secret, oldest first.
func (s *storeHarness) writes(name string) []string {
	s.t.Helper()
	content, err := os.ReadFile(s.ledger())
	if err != nil {
		s.t.Fatal(err)
	}
	var digests []string
	for line := range strings.Lines(string(content)) {
		if fields := strings.Fields(line); len(fields) == 3 && fields[0] == name {
			digests = append(digests, fields[2])
		}
	}
	return digests
}

// wrote fails unless a secret was written so often, last with the value of the
// one live key of that name.
func (s *storeHarness) wrote(of subject, label string, times int) {
	s.t.Helper()
	live := slices.DeleteFunc(of.live(), func(r simulator.Record) bool { return r.Name != label })
	digests := s.writes(of.name() + "_" + label)
	if len(live) != 1 || len(digests) != times {
		s.t.Errorf("%s %s: %d live keys, %d writes, want 1 and %d", of.name(), label, len(live), len(digests), times)
		return
	}
	if digests[times-1] != digest(live[0].Value) {
		s.t.Errorf("%s %s: the store has another value than key %s", of.name(), label, live[0].ID)
	}
	if held := s.state()["secretstore_secret."+of.name()+"_"+label]; held["digest"] != digest(live[0].Value) || held["value_wo"] != nil {
		s.t.Errorf("%s %s: the state of the secret is %v", of.name(), label, held)
	}
}

func digest(value string) string {
	sum := sha256.Sum256([]byte(value))
	return hex.EncodeToString(sum[:])
}

// hits counts what a text holds of values, in whatever form.
func hits(text []byte, values ...string) int { return len(scan.New(values...).Find(text)) }

// files are what Terraform has written: states and their backups, and plans as
// they are and unpacked. The log is apart.
func (s *storeHarness) files() map[string][]byte {
	s.t.Helper()
	all := map[string][]byte{}
	names, err := filepath.Glob(filepath.Join(s.Dir, "*"))
	if err != nil {
		s.t.Fatal(err)
	}
	for _, name := range names {
		base := filepath.Base(name)
		if base != "secrets" && !strings.HasSuffix(base, ".tfplan") && !strings.Contains(base, ".tfstate") {
			continue
		}
		content, err := os.ReadFile(name)
		if err != nil {
			s.t.Fatal(err)
		}
		all[base] = content
		if !strings.HasSuffix(base, ".tfplan") {
			continue
		}
		members, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
		if err != nil {
			s.t.Fatalf("%s: %v", base, err)
		}
		for _, m := range members.File {
			all[base+"/"+m.Name] = s.unpack(m)
		}
	}
	return all
}

func (s *storeHarness) unpack(m *zip.File) []byte {
	s.t.Helper()
	r, err := m.Open()
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	content, err := io.ReadAll(r)
	if err != nil {
		s.t.Fatal(err)
	}
	return content
}

// silent fails if values are in the log or on the screen, or, with files too,
// in any file; it returns how many bytes it has looked at.
func (s *storeHarness) silent(files bool, values ...string) int {
	s.t.Helper()
	log, err := os.ReadFile(s.log())
	if err != nil {
		s.t.Fatal(err)
	}
	places := map[string][]byte{"the TRACE log": log, "the screen": []byte(s.printed.String())}
	if files {
		for name, content := range s.files() {
			places[name] = content
		}
	}
	looked := 0
	for name, content := range places {
		looked += len(content)
		if n := hits(content, values...); n > 0 {
			s.t.Errorf("%s holds values of keys, %d times", name, n)
		}
	}
	return looked
}

// keys writes an age key pair.
func keys(t *testing.T) (recipient, identity string) {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return id.Recipient().String(), id.String()
}

// trigger is a rotation.
func trigger(v string) string { return `rotation_triggers = { t = "` + v + `" }` }

// A value goes from the run that makes it to the secret store, once for each
// value, whichever way the run is made; it rests nowhere on the way.
func TestAccStorage_handOver(t *testing.T) {
	t.Parallel()
	s := newStoreHarness(t, ephemeralResource, writeOnly)
	configure := func(v string) {
		var blocks []string
		for _, of := range s.bench.subjects() {
			blocks = append(blocks, of.labelled("ci", `name = "ci"`, "store_key = false", trigger(v)), stores(of, "ci"))
		}
		s.configure(blocks...)
	}
	wrote := func(times int) {
		t.Helper()
		for _, of := range s.bench.subjects() {
			s.wrote(of, "ci", times)
		}
	}
	configure("1")
	s.run(true, "apply", "-auto-approve")
	wrote(1)
	s.run(true, "apply", "-auto-approve")
	s.run(true, "plan", "-detailed-exitcode")
	wrote(1)
	configure("2")
	s.run(true, "apply", "-auto-approve", "-parallelism=1")
	wrote(2)
	configure("3")
	s.saved("three.tfplan")
	wrote(3)
	configure("4")
	arguments := []string{"apply", "-auto-approve"}
	for _, of := range s.bench.subjects() {
		arguments = append(arguments, "-target=secretstore_secret."+of.name()+"_ci")
	}
	s.run(true, arguments...)
	for _, of := range s.bench.subjects() {
		// Terraform leaves out what the target does not need: the end of the old key.
		held, _ := of.store.Get(fmt.Sprint(s.state()[of.kind()+".ci"]["id"]))
		if digests := s.writes(of.name() + "_ci"); len(digests) != 4 || digests[3] != digest(held.Value) || len(of.live()) != 2 {
			t.Errorf("%s: %d writes, live: %s", of.name(), len(digests), describe(of.live()))
		}
	}
	s.run(true, "apply", "-auto-approve")
	wrote(4)
	s.run(true, "plan", "-detailed-exitcode")

	// The store fails: the values are gone with the run, and the next one says
	// so; a rotation makes it good.
	configure("5")
	if err := os.Rename(s.ledger(), s.ledger()+".kept"); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(s.ledger(), 0o700); err != nil {
		t.Fatal(err)
	}
	s.run(false, "apply", "-auto-approve")
	if err := os.Remove(s.ledger()); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(s.ledger()+".kept", s.ledger()); err != nil {
		t.Fatal(err)
	}
	if out := s.run(false, "apply", "-auto-approve"); !strings.Contains(out, "there is no value to store") {
		t.Errorf("the lost value is not reported:\n%s", out)
	}
	configure("6")
	s.run(true, "apply", "-auto-approve")
	wrote(5)
	s.run(true, "destroy", "-auto-approve")
	looked := s.silent(true, s.values()...)
	t.Logf("%d values, %d bytes looked at, 0 hits", len(s.values()), looked)
}

// values are those of all keys that Terraform has made or taken over.
func (s *storeHarness) values() []string {
	var all []string
	for _, of := range s.bench.subjects() {
		for _, r := range of.own() {
			all = append(all, r.Value)
		}
	}
	return all
}
