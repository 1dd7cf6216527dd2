package acme_test

import (
	"context"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/provider"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/services/acme"
)

// root is the repository.
var root = filepath.Join("..", "..", "..", "..")

// withAcme is the list of services with the one line that Acme would be.
func withAcme() []services.Service { return append(provider.Services(), acme.Service) }

func serve(all []services.Service) tfprotov6.ProviderServer {
	return provider.NewServer(provider.Options{Version: "test", Services: all})
}

// TestOneLine: in the list, Acme has everything that a service has, and nothing
// of the others changes.
func TestOneLine(t *testing.T) {
	t.Parallel()
	without := schemas(t, provider.Services())
	with := schemas(t, withAcme())
	for _, a := range with["ephemeral apikeys_key_value"].Block.Attributes { // which names the services
		if a.Name == "service" {
			listed := a.Description
			if a.Description = strings.ReplaceAll(listed, "`acme`, ", ""); a.Description == listed {
				t.Errorf("apikeys_key_value does not name Acme: %s", listed)
			}
		}
	}
	for name, schema := range without {
		if !reflect.DeepEqual(with[name], schema) {
			t.Errorf("%s changes with a service more", name)
		}
	}
	var added, missing []string
	for name := range with {
		if _, known := without[name]; known {
			continue
		}
		added = append(added, name)
		if !strings.Contains(name, "apikeys_acme_") {
			t.Errorf("a service more adds %s", name)
		}
	}
	for name := range without {
		if like := strings.Replace(name, "_pioneer_", "_acme_", 1); with[like] == nil {
			missing = append(missing, like)
		}
	}
	if len(added) == 0 || len(missing) > 0 {
		t.Errorf("added %v, missing %v", added, missing)
	}
}

// schemas are those of a provider with these services, by kind and name.
func schemas(t *testing.T, all []services.Service) map[string]*tfprotov6.Schema {
	t.Helper()
	answer, err := serve(all).GetProviderSchema(context.Background(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil || len(answer.Diagnostics) > 0 {
		t.Fatal(err, answer.Diagnostics)
	}
	found := map[string]*tfprotov6.Schema{}
	for kind, named := range map[string]map[string]*tfprotov6.Schema{
		"resource": answer.ResourceSchemas, "data": answer.DataSourceSchemas, "ephemeral": answer.EphemeralResourceSchemas,
	} {
		for name, schema := range named {
			found[kind+" "+name] = schema
		}
	}
	for name, schema := range answer.ListResourceSchemas {
		found["list "+name] = schema
	}
	for name, action := range answer.ActionSchemas {
		found["action "+name] = action.Schema
	}
	return found
}

// TestNotShipped: what is built for a release has no trace of it.
func TestNotShipped(t *testing.T) {
	t.Parallel()
	list := exec.Command("go", "list", "-deps", ".")
	list.Dir = root
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	if deps := string(out); strings.Contains(deps, "acme") || !strings.Contains(deps, "internal/services/pioneer\n") {
		t.Errorf("the provider is built from\n%s", deps)
	}
}
