package acceptance_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// A CI job: a key for one run is the credential of a second provider, which makes
// a key with it. The plan makes none; after the apply only the second one lives.
func TestAccEphemeral_credential(t *testing.T) {
	t.Parallel()
	s := newStoreHarness(t, ephemeralResource, unknownResult)
	// Terraform applies the plan of a destroy with terraform.applying = false.
	blocks := []string{"variable \"destroying\" {\n  type = bool\n  default = false\n}\n"}
	settings := ""
	for _, of := range s.bench.subjects() {
		blocks = append(blocks, fmt.Sprintf("ephemeral %q \"ci\" {\n  name = \"ci\"\n  mint = terraform.applying || var.destroying\n  expires_after = \"15m\"\n}\n", of.kind()),
			of.labelled("deploy", "provider = apikeys.ci", `name = "deploy"`, "store_key = false"))
		for _, setting := range of.Settings {
			if setting.Sensitive && !setting.List {
				settings += fmt.Sprintf("  %s { %s = ephemeral.%s.ci.key }\n", of.name(), setting.Name, of.kind())
				break
			}
		}
	}
	s.configure(append(blocks, "provider \"apikeys\" {\n  alias = \"ci\"\n"+settings+"}\n")...)
	made := func() int {
		n := 0
		for _, of := range s.bench.subjects() {
			n += of.store.Requests()[simulator.OpCreate]
		}
		return n
	}
	s.run(true, "plan", "-out=ci.tfplan")
	if n := made(); n != 0 {
		t.Errorf("the plan made %d keys", n)
	}
	s.run(true, "apply", "ci.tfplan")
	for _, of := range s.bench.subjects() {
		k := of.only()
		if k.Name != "deploy" {
			t.Errorf("%s: %q lives", of.name(), k.Name)
		}
		creator, found := of.store.Get(k.CreatedBy)
		if !found || creator.Live() || !strings.HasPrefix(creator.Name, "ci [ephemeral until 20") {
			t.Errorf("%s: made by %s", of.name(), k.CreatedBy)
		}
	}
	before := made()
	s.run(true, "plan", "-detailed-exitcode")
	if n := made() - before; n != 0 {
		t.Errorf("the second plan made %d keys", n)
	}
	if out := s.run(false, "destroy", "-auto-approve"); made() != before || !strings.Contains(out, "not known yet") {
		t.Errorf("destroyed without a credential:\n%s", out)
	}
	for _, of := range s.bench.subjects() {
		of.only()
	}
	s.run(true, "destroy", "-auto-approve", "-var=destroying=true")
	for _, of := range s.bench.subjects() {
		if live := of.live(); len(live) > 0 {
			t.Errorf("%s: %s", of.name(), describe(live))
		}
	}
	s.silent(true, s.values()...)
}

// timestamp() is known in an apply only, that of a destroy too, so that a mint made
// of it is a plan's reason not to open the resource at all. It works wherever
// ephemeral resources do.
func TestAccEphemeral_timestamp(t *testing.T) {
	t.Parallel()
	s := newStoreHarness(t, ephemeralResource)
	var blocks []string
	settings := ""
	for _, of := range s.bench.subjects() {
		blocks = append(blocks, fmt.Sprintf("ephemeral %q \"ci\" {\n  name = \"ci\"\n  mint = timestamp() != \"\"\n}\n", of.kind()),
			of.labelled("deploy", "provider = apikeys.ci", `name = "deploy"`))
		settings += fmt.Sprintf("  %s { %s = ephemeral.%s.ci.key }\n", of.name(), of.credential().Name, of.kind())
	}
	s.configure(append(blocks, "provider \"apikeys\" {\n  alias = \"ci\"\n"+settings+"}\n")...)
	asked := func() int {
		n := 0
		for _, of := range s.bench.subjects() {
			n += of.store.Total()
		}
		return n
	}
	s.run(true, "plan", "-out=ci.tfplan")
	if n := asked(); n != 0 {
		t.Errorf("the plan sent %d requests", n)
	}
	s.run(true, "apply", "ci.tfplan")
	for _, of := range s.bench.subjects() {
		k := of.only()
		if creator, found := of.store.Get(k.CreatedBy); k.Name != "deploy" || !found || creator.Live() {
			t.Errorf("%s: %q lives, made by %s", of.name(), k.Name, k.CreatedBy)
		}
	}
	before := asked()
	s.run(true, "plan", "-detailed-exitcode")
	if n := asked() - before; n != 0 {
		t.Errorf("the second plan sent %d requests", n)
	}
	s.run(true, "destroy", "-auto-approve")
	for _, of := range s.bench.subjects() {
		if live := of.live(); len(live) > 0 {
			t.Errorf("%s: %s", of.name(), describe(live))
		}
	}
}
