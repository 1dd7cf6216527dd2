package demo

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/age"
	"filippo.io/age/armor"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/campaign/scan"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// dashboardKeys applies examples/recipes/dashboard-keys: only a person creates keys.
func (d *demo) dashboardKeys() {
	store := d.server.Store(dashboard)
	env := map[string]string{"PIONEER_SESSION_TOKEN": ""}
	maps.Copy(env, d.service("pioneer").Environment(d.server.URL(dashboard), store.Admin(), ""))
	var list []string
	for name, value := range env {
		list = append(list, name+"="+value)
	}
	d.use(filepath.Join("recipes", "dashboard-keys"), list...)
	defer func() {
		d.terraform(0, "destroy", "-auto-approve")
		d.expect(store.Requests()[simulator.OpCreate] == 0 && len(store.Live()) == 0, "destroyed: 0 live keys, and the provider never asked for a new one")
	}()
	first, second := store.Mint("ci"), store.Mint("ci")
	a, b := map[string]simulator.Record{"a": first}, map[string]simulator.Record{"a": first, "b": second}
	d.take(1, "a", a, map[string]string{"a": second.Value})
	d.take(0, "a", a, map[string]string{"a": first.Value})
	d.uses(first)
	d.take(0, "b", b, map[string]string{"b": second.Value})
	d.expect(len(store.Live()) == 2, "the next key takes over while the old one still works")
	d.uses(second)
	d.take(0, "b", map[string]simulator.Record{"b": second}, nil)
	old, _ := store.Get(first.ID)
	d.expect(!old.Live(), "then the old key is revoked; what is stored of the new one stays")
	d.uses(second)
}

// take applies the recipe with these keys and the values that are given in this run,
// which must end with a status.
func (d *demo) take(want int, current string, keys map[string]simulator.Record, values map[string]string) {
	d.Helper()
	given := map[string]any{}
	for label, k := range keys {
		given[label] = map[string]any{"id": k.ID, "take_value": values[label] != ""}
	}
	d.variables(map[string]any{"keys": given, "current": current})
	usual := d.cli
	if values != nil {
		text, err := json.Marshal(values)
		d.no(err)
		d.cli = d.cli.In(d.cli.Dir, "TF_VAR_values="+string(text))
	}
	printed := d.terraform(want, "apply", "-auto-approve", "-json")
	d.cli = usual
	if want != 0 {
		d.expect(strings.Contains(printed, "is not the value of"), "a value that belongs to another key is refused")
	}
}

// uses expects the output to be the value of a key.
func (d *demo) uses(k simulator.Record) {
	d.Helper()
	d.expect(d.terraform(0, "output", "-raw", "key") == k.Value, "what uses the key has the value of %s", k.ID)
}

// storage applies one of the examples below examples/storage, and destroys it.
func (d *demo) storage(example string, variables map[string]any, steps func()) {
	d.Helper()
	d.use(filepath.Join("storage", example))
	d.variables(variables)
	steps()
	usual := d.cli
	d.cli = d.cli.In(d.cli.Dir, "TF_VAR_destroying=true") // for the CI job; the others have no such variable
	d.terraform(0, "destroy", "-auto-approve")
	d.cli = usual
	d.hasNoValue()
	d.expect(d.live() == 0, "destroyed: 0 live keys")
}

// saved is the file of a saved plan.
const saved = "saved.tfplan"

// generation applies a saved plan for a generation of keys.
func (d *demo) generation(n int) {
	d.Helper()
	d.write("generation.auto.tfvars.json", map[string]any{"generation": n})
	d.terraform(0, "plan", "-out="+saved)
	d.terraform(0, "apply", saved)
}

// only returns the one live key of a service.
func (d *demo) only(service string) simulator.Record {
	d.Helper()
	live := d.service(service).Live()
	if len(live) != 1 {
		d.Fatalf("%s has %d live keys instead of 1", service, len(live))
	}
	return live[0]
}

// hasNoValue expects no value of any key in the example's files.
func (d *demo) hasNoValue() {
	d.Helper()
	for _, name := range []string{"terraform.tfstate", "terraform.tfstate.backup", saved} {
		_, err := os.Stat(filepath.Join(d.cli.Dir, name))
		d.no(err) // finding nothing in missing files proves nothing
	}
	var values []string
	for _, r := range d.records() {
		values = append(values, r.Value)
	}
	files, hits, err := scan.New(values...).Dir(d.cli.Dir)
	d.no(err)
	d.expect(len(hits) == 0, "state, backup and plan, %d files in all: %d hits of a value (plain, encoded, in part)", files, len(hits))
}

// colleague applies examples/storage/colleague: only the holder of an age identity can
// read the value.
func (d *demo) colleague() {
	identity, err := age.GenerateX25519Identity()
	d.no(err)
	d.storage("colleague", map[string]any{"recipients": []string{identity.Recipient().String()}}, func() {
		for generation := 1; generation <= 2; generation++ {
			d.generation(generation)
			// Decrypted without any of the provider's code.
			r, err := age.Decrypt(armor.NewReader(strings.NewReader(d.terraform(0, "output", "-raw", "encrypted_key"))), identity)
			d.no(err)
			var value bytes.Buffer
			_, err = io.Copy(&value, r)
			d.expect(err == nil && value.String() == d.only("expunct").Value,
				"generation %d: the output opens with the colleague's identity, and is the recorded value", generation)
		}
	})
}

// secretStore applies examples/storage/secret-store: a value goes from the run that creates
// it straight to a write-only argument.
func (d *demo) secretStore() {
	ledger := filepath.Join(d.home, "secretstore.ledger")
	variables := map[string]any{"ledger": filepath.ToSlash(ledger)}
	d.storage("secret-store", variables, func() {
		for generation := 1; generation <= 2; generation++ {
			d.generation(generation)
			d.terraform(0, "plan", "-detailed-exitcode")
			d.apply() // writes nothing
			d.stored(ledger, generation)
		}
		// The store fails while the key rotates.
		held := d.only("pioneer")
		apply := []string{"apply", "-auto-approve", "-var=generation=3"}
		d.variables(map[string]any{"ledger": filepath.ToSlash(filepath.Join(d.cli.Dir, "missing", "ledger"))})
		d.terraform(1, apply...)
		now, _ := d.service("pioneer").Get(held.ID)
		d.expect(now.Live(), "the store fails while the key rotates: the key that the store holds stays live")
		d.variables(variables)
		d.terraform(0, append(apply, "-replace=apikeys_pioneer_key.app")...)
		d.stored(ledger, 3)
	})
}

// stored compares what the secret store was given with the live key.
func (d *demo) stored(ledger string, writes int) {
	d.Helper()
	text, err := os.ReadFile(ledger)
	d.no(err)
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	sum := sha256.Sum256([]byte(d.only("pioneer").Value))
	d.expect(len(lines) == writes && strings.HasSuffix(lines[len(lines)-1], " "+hex.EncodeToString(sum[:])),
		"write %d to the store, and no other: what it holds is the live key's value", writes)
}

// ci applies examples/storage/ci: a key for one run is the credential of another provider.
func (d *demo) ci() {
	identity, err := age.GenerateX25519Identity()
	d.no(err)
	d.storage("ci", map[string]any{"recipients": []string{identity.Recipient().String()}}, func() {
		before := d.created()
		d.terraform(0, "plan", "-out="+saved)
		d.expect(d.created() == before, "planning created no key")
		d.terraform(0, "apply", saved)
		job, found := d.service("pioneer").Get(d.only("pioneer").CreatedBy)
		d.expect(found && !job.Live() && d.created() == before+2,
			"the key was created with a key of the run, %q, which is revoked: 0 live ephemeral keys", job.Name)
	})
}
