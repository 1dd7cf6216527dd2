package acceptance_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/services/declared"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// restapi is the schema of the provider Mastercard/restapi, as far as its state needs it:
// Terraform starts the provider of everything in the state, and calls it for nothing else.
// https://github.com/Mastercard/terraform-provider-restapi/blob/v3.0.0/internal/provider/resource_api_object.go
type restapi struct{ resource.Resource }

func (restapi) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "restapi"
}
func (restapi) Schema(context.Context, provider.SchemaRequest, *provider.SchemaResponse)          {}
func (restapi) Configure(context.Context, provider.ConfigureRequest, *provider.ConfigureResponse) {}
func (restapi) DataSources(context.Context) []func() datasource.DataSource                        { return nil }
func (restapi) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{func() resource.Resource { return restapiObject{} }}
}

type restapiObject struct{ resource.Resource }

func (restapiObject) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = "restapi_object"
}

func (restapiObject) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema.Attributes = map[string]schema.Attribute{
		"path": schema.StringAttribute{Required: true}, "data": schema.StringAttribute{Required: true},
		"api_data":     schema.MapAttribute{Computed: true, ElementType: types.StringType},
		"api_response": schema.StringAttribute{Computed: true}, "create_response": schema.StringAttribute{Computed: true},
		"id": schema.StringAttribute{Computed: true},
	}
}

// channelFor returns the channel that a function takes.
func channelFor[C any](func(context.Context, chan C, chan struct{}) tf6server.ServeOpt) chan C {
	return make(chan C)
}

// reattach serves a provider from this process until the test ends. It returns the
// environment that makes Terraform use it.
func reattach(t *testing.T, address string, p provider.Provider) string {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	config, closed := channelFor(tf6server.WithDebug), make(chan struct{})
	go func() {
		_ = tf6server.Serve(address, func() tfprotov6.ProviderServer { return providerserver.NewProtocol6(p)() }, tf6server.WithDebug(ctx, config, closed))
	}()
	t.Cleanup(func() { cancel(); <-closed })
	c := <-config
	text, err := json.Marshal(map[string]any{address: map[string]any{
		"Protocol": string(c.Protocol), "ProtocolVersion": 6, "Pid": c.Pid, "Test": true,
		"Addr": map[string]string{"Network": c.Addr.Network(), "String": c.Addr.String()},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return "TF_REATTACH_PROVIDERS=" + string(text)
}

// stateOfRestapi is a state in which restapi_object has created a key at Resend.
func stateOfRestapi(r simulator.Record) string {
	encoded := func(v any) string {
		text, err := json.Marshal(v)
		if err != nil {
			panic(err)
		}
		return string(text)
	}
	return encoded(map[string]any{
		"version": 4, "terraform_version": "1.8.0", "serial": 1, "lineage": "5e9c3d9c-6e0e-4b62-9a3d-0f7a3a8f7d11", "outputs": map[string]any{},
		"resources": []any{map[string]any{
			"mode": "managed", "type": "restapi_object", "name": "ci", "provider": `provider["registry.terraform.io/mastercard/restapi"]`,
			"instances": []any{map[string]any{"schema_version": 0, "sensitive_attributes": []any{}, "attributes": map[string]any{
				"id": r.ID, "path": "/api-keys", "data": encoded(map[string]string{"name": r.Name, "permission": "sending_access"}),
				"api_data": map[string]string{"id": r.ID, "object": "api_key"}, "api_response": encoded(map[string]string{"id": r.ID, "object": "api_key"}),
				"create_response": encoded(map[string]string{"id": r.ID, "token": r.Value}),
			}}},
		}},
	})
}

// The key moves with its value. The service is only read, and the value is in no log, no
// private state and on no screen.
func fromRestapi(k *recipeHarness) {
	store := k.bench.Mount("resend", declared.Resend)
	made := store.Mint("ci-pipeline")
	k.write("terraform.tfstate", stateOfRestapi(made))
	k.write("provider.tf", fmt.Sprintf("provider \"apikeys\" {\n  service {\n    name = \"resend\"\n    base_url = %q\n    credential = %q\n  }\n}\n", k.bench.URL("resend"), store.Admin()))
	k.CLI = k.In(k.Dir, reattach(k.t, "registry.terraform.io/mastercard/restapi", restapi{}))
	refused := k.run(false, "plan", "-refresh=false")
	plan := k.run(true, "plan", "-out=moved.plan")
	if !strings.Contains(refused, "has not been read") || !strings.Contains(plan, "restapi_object.ci has moved to apikeys_key.ci") || !strings.Contains(plan, "0 to add, 0 to change, 0 to destroy") {
		k.t.Errorf("the plans: %s\n%s", refused, plan)
	}
	applied := k.run(true, "apply", "moved.plan")
	k.planEmpty()
	var value string
	k.output("key", &value)
	held := k.state()["apikeys_key.ci"]
	if value != made.Value || held["key"] != made.Value || held["id"] != made.ID {
		k.t.Errorf("the state has key %v, want %s with its value", held["id"], made.ID)
	}
	if n := store.Requests(); len(n) != 1 || n[simulator.OpList] == 0 {
		k.t.Errorf("sent %v, want listings", n)
	}
	for where, text := range map[string]string{"the log": k.traceLog(), "the plans": refused + plan + applied, "the private state": k.privateState()} {
		if text == "" || strings.Contains(text, made.Value) {
			k.t.Errorf("the value is in %s, or that is empty", where)
		}
	}
}

// traceLog is all that Terraform and the provider have logged.
func (k *recipeHarness) traceLog() string {
	k.t.Helper()
	for _, variable := range k.Env {
		if path, ok := strings.CutPrefix(variable, "TF_LOG_PATH="); ok {
			text, err := os.ReadFile(path)
			if err != nil {
				k.t.Fatal(err)
			}
			return string(text)
		}
	}
	return ""
}

// privateState is the private state of all resources.
func (k *recipeHarness) privateState() string {
	k.t.Helper()
	var file struct {
		Resources []struct{ Instances []struct{ Private []byte } }
	}
	content, err := os.ReadFile(filepath.Join(k.Dir, "terraform.tfstate"))
	if err == nil {
		err = json.Unmarshal(content, &file)
	}
	if err != nil {
		k.t.Fatal(err)
	}
	all := ""
	for _, r := range file.Resources {
		for _, i := range r.Instances {
			all += string(i.Private)
		}
	}
	return all
}
