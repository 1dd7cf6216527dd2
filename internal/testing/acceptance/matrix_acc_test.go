package acceptance_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/terraform"
)

// feature is what some tests need of the CLI, with the first version 1.x of each
// CLI that has it; 0: none up to now.
type feature struct {
	what                string
	terraform, openTofu int
}

// Sources: https://github.com/hashicorp/terraform/releases and
// https://github.com/opentofu/opentofu/releases.
var (
	pluginFunctions = feature{"provider-defined functions", 8, 7}
	// OpenTofu loads the provider that the key comes from, which the tests do not have.
	movedFromMissing  = feature{"moved blocks from a provider that is not installed", 8, 0}
	ephemeralResource = feature{"ephemeral resources", 10, 11}
	// OpenTofu 1.11 and 1.12: "produced a value … that is not wholly known".
	unknownResult  = feature{"ephemeral resources with an unknown result, as terraform.applying makes them", 10, 0}
	writeOnly      = feature{"write-only arguments", 11, 11}
	identityImport = feature{"import by identity", 12, 12}
	queries        = feature{"list resources", 14, 0}
	actions        = feature{"actions", 14, 0}
)

// since names the versions that have the feature.
func (f feature) since() string {
	var versions []string
	if f.terraform > 0 {
		versions = append(versions, fmt.Sprintf("Terraform 1.%d", f.terraform))
	}
	if f.openTofu > 0 {
		versions = append(versions, fmt.Sprintf("OpenTofu 1.%d", f.openTofu))
	}
	return strings.Join(versions, ", ")
}

// edition is the CLI under test.
type edition struct{ terraform.Version }

// has reports whether this edition has a feature.
func (e edition) has(f feature) bool {
	since := f.terraform
	if e.OpenTofu {
		since = f.openTofu
	}
	return since > 0 && e.AtLeast(1, since)
}

func currentEdition() (edition, error) {
	v, err := terraform.Current()
	return edition{v}, err
}

// needs skips a test that the CLI cannot run. `make testacc` lists what was
// skipped, with these words.
func needs(t *testing.T, features ...feature) {
	t.Helper()
	if os.Getenv("TF_ACC") == "" {
		t.Skip("acceptance tests run with TF_ACC=1")
	}
	e, err := currentEdition()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range features {
		if !e.has(f) {
			t.Skipf("needs %s (%s), and this is %s", f.what, f.since(), e)
		}
	}
}

func TestEdition(t *testing.T) {
	for printed, want := range map[string]struct {
		name      string
		functions bool
		ephemeral bool
		actions   bool
	}{
		"Terraform v1.8.5\non linux_amd64\n":      {"Terraform 1.8.5", true, false, false},
		"Terraform v1.11.4\n":                     {"Terraform 1.11.4", true, true, false},
		"Terraform v1.14.0-rc2\non linux_amd64\n": {"Terraform 1.14.0-rc2", true, true, true},
		"OpenTofu v1.7.10\non linux_amd64\n":      {"OpenTofu 1.7.10", true, false, false},
		"OpenTofu v1.12.6\n":                      {"OpenTofu 1.12.6", true, true, false},
		"OpenTofu v1.14.0\n":                      {"OpenTofu 1.14.0", true, true, false},
	} {
		v, err := terraform.ParseVersion(printed)
		e := edition{v}
		if err != nil {
			t.Errorf("%q: %v", printed, err)
			continue
		}
		if e.String() != want.name || e.has(pluginFunctions) != want.functions || e.has(ephemeralResource) != want.ephemeral || e.has(actions) != want.actions {
			t.Errorf("%q is read as %s: functions %t, ephemeral resources %t, actions %t", printed, e,
				e.has(pluginFunctions), e.has(ephemeralResource), e.has(actions))
		}
	}
	if got := queries.since(); got != "Terraform 1.14" {
		t.Errorf("list resources came with %q", got)
	}
}
