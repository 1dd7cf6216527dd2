package acme_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	acmesimulator "github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/services/acme/simulator"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
	cli "github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/terraform"
)

// TestAccAcme is a key's life in real Terraform: made, changed by a PUT that
// keeps what it does not change, rotated, looked up, imported, destroyed.
func TestAccAcme(t *testing.T) {
	if os.Getenv(resource.EnvTfAcc) == "" {
		t.Skipf("acceptance tests are skipped unless %s is set", resource.EnvTfAcc)
	}
	path, err := cli.Executable()
	if err != nil {
		t.Fatal(err)
	}
	version, err := cli.Current()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("TF_ACC_TERRAFORM_PATH", path) // else the test framework downloads one
	for name, value := range version.SourceEnv() {
		t.Setenv(name, value)
	}
	t.Setenv("TF_CLI_CONFIG_FILE", filepath.Join(t.TempDir(), "none.tfrc"))
	if err := os.WriteFile(os.Getenv("TF_CLI_CONFIG_FILE"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	server := simulator.Run(t, simulator.Mount{Name: "acme", Handler: acmesimulator.New})
	store := server.Store("acme")
	store.Seed(120, func(i int) string { return fmt.Sprint("somebody else's ", i) }) // three pages
	t.Setenv("ACME_API_KEY", store.Admin())
	t.Setenv("ACME_BASE_URL", server.URL("acme"))

	const address = "apikeys_acme_key.test"
	config := func(name, trigger, note string) string {
		return fmt.Sprintf(`
resource "apikeys_acme_key" "test" {
  name        = %q
  note        = %q
  permissions = ["write", "read"]
  rotation_triggers = { t = %q }
  lifecycle { create_before_destroy = true }
}

data "apikeys_acme_key" "test" { id = apikeys_acme_key.test.id }
`, name, note, trigger)
	}
	plan := func(action plancheck.ResourceActionType) resource.ConfigPlanChecks {
		return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, action)}}
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: map[string]func() (tfprotov6.ProviderServer, error){
			"apikeys": func() (tfprotov6.ProviderServer, error) { return serve(withAcme()), nil },
		},
		Steps: []resource.TestStep{
			{
				Config: config("ci", "1", "builds"),
				Check: resource.ComposeAggregateTestCheckFunc(
					resource.TestCheckResourceAttrPair("data."+address, "ending", address, "ending"),
					resource.TestCheckResourceAttr("data."+address, "environment", "production"),
				),
			},
			{
				Config:           config("ci, renamed", "1", "builds"),
				ConfigPlanChecks: plan(plancheck.ResourceActionUpdate),
				Check: resource.ComposeAggregateTestCheckFunc(
					resource.TestCheckResourceAttr("data."+address, "note", "builds"), // the PUT has kept it
					resource.TestCheckResourceAttr("data."+address, "permissions.#", "2"),
				),
			},
			{Config: config("ci, renamed", "2", "builds"), ConfigPlanChecks: plan(plancheck.ResourceActionCreateBeforeDestroy)},
			{ResourceName: address, ImportState: true, ImportStateId: "name:ci, renamed", ImportStateVerify: true, ImportStateVerifyIgnore: []string{"key", "rotation"}},
		},
		CheckDestroy: func(*terraform.State) error {
			if live := store.Live(); len(live) != 120 || len(store.Ledger()) != 122 {
				return fmt.Errorf("%d of %d keys live, want the 120 that are somebody else's, of 122", len(live), len(store.Ledger()))
			}
			return nil
		},
	})
}
