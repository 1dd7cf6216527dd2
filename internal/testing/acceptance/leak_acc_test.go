package acceptance_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/seal"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// Every mode at every service, created, imported, rotated and destroyed, each
// value handed to the secret store in the run that makes it: no value in any
// file, log or on the screen, but for those in the state that are asked for.
func TestAccStorage_leaks(t *testing.T) {
	t.Parallel()
	s := newStoreHarness(t, ephemeralResource, writeOnly)
	recipient, identity := keys(t)
	modes := map[string]string{"plain": "", "sealed": fmt.Sprintf("encrypt_to = [%q]", recipient), "nowhere": "store_key = false"}
	for _, of := range s.bench.subjects() {
		for mode := range modes {
			of.store.Mint("found_" + mode)
		}
	}
	configure := func(v string) {
		var blocks []string
		for _, of := range s.bench.subjects() {
			for mode, settings := range modes {
				found := "found_" + mode
				blocks = append(blocks, of.labelled(mode, fmt.Sprintf("name = %q", mode), settings, trigger(v)), stores(of, mode),
					of.labelled(found, fmt.Sprintf("name = %q", found), settings, trigger(v)))
				if v == "1" {
					blocks = append(blocks, fmt.Sprintf("import {\n  to = %s.%s\n  id = \"name:%[2]s\"\n}\n", of.kind(), found))
				} else { // an imported key has a value to hand on once it is rotated
					blocks = append(blocks, stores(of, found))
				}
			}
		}
		s.configure(blocks...)
	}
	// stored checks what the state holds, and returns the values that it may.
	stored := func() (allowed []string) {
		state := s.state()
		for _, of := range s.bench.subjects() {
			for _, r := range of.live() {
				held := state[of.kind()+"."+r.Name]
				armored, sealed := held["encrypted_key"].(string)
				imported := r.CreatedBy == simulator.Outside
				mode := strings.TrimPrefix(r.Name, "found_")
				if (held["key"] == r.Value) != (mode == "plain" && !imported) || sealed != (mode == "sealed" && !imported) || held["id"] != r.ID {
					t.Errorf("%s %s: the state holds it in another way", of.name(), r.Name)
				}
				if sealed {
					if value, err := seal.Decrypt(armored, []string{identity}); err != nil || value != r.Value {
						t.Errorf("%s %s: does not open to the value: %v", of.name(), r.Name, err)
					}
				}
				if held["key"] == r.Value {
					allowed = append(allowed, r.Value)
				}
			}
		}
		return allowed
	}
	wrote := func(times map[string]int) {
		t.Helper()
		for _, of := range s.bench.subjects() {
			for mode := range modes {
				s.wrote(of, mode, times[""])
				if n := times["found_"]; n > 0 {
					s.wrote(of, "found_"+mode, n)
				}
			}
		}
	}
	configure("1")
	s.saved("create.tfplan")
	allowed := stored()
	wrote(map[string]int{"": 1})
	s.run(true, "plan", "-detailed-exitcode", "-out=noop.tfplan")
	configure("2")
	s.saved("rotate.tfplan")
	allowed = append(allowed, stored()...)
	wrote(map[string]int{"": 2, "found_": 1})
	s.run(true, "plan", "-detailed-exitcode")
	if n := len(s.values()); n != 4*len(modes)*len(s.bench.subjects()) {
		t.Errorf("there were %d keys", n)
	}
	s.run(true, "plan", "-destroy", "-out=destroy.tfplan")
	s.run(true, "apply", "destroy.tfplan")

	for _, file := range []string{"terraform.tfstate", "terraform.tfstate.backup", "create.tfplan/tfplan", "rotate.tfplan/tfstate", "destroy.tfplan/tfplan"} {
		if len(s.files()[file]) == 0 {
			t.Errorf("%s is missing, so that this proves nothing", file)
		}
	}
	if hits(s.files()["rotate.tfplan/tfstate"], allowed...) == 0 {
		t.Error("a plan holds not even the values that the state holds, so that this proves nothing")
	}
	forbidden := slices.DeleteFunc(s.values(), func(v string) bool { return slices.Contains(allowed, v) })
	looked := s.silent(true, forbidden...)
	s.silent(false, allowed...)
	credentials := []string{identity}
	for _, of := range s.bench.subjects() {
		credentials = append(credentials, of.store.Admin())
	}
	s.silent(true, credentials...)
	t.Logf("%d values not to be found in %d bytes of files, log and screen; %d more in neither log nor screen: 0 hits", len(forbidden), looked, len(allowed))
}
