package naive

import (
	"cmp"
	"context"
	"net/http"
	"os"
	"time"

	"github.com/hashicorp/go-retryablehttp"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource"
)

// Options replace, in tests, what the provider otherwise takes from the machine.
// The zero value is what a user gets.
type Options struct {
	Version string
	// Env looks environment variables up; nil is os.Getenv.
	Env func(string) string
	// Pause takes the place of waiting between two tries; nil waits.
	Pause func(time.Duration)
	// Only is the one service to offer, "" for all.
	Only string
}

// naive is the provider.
type naive struct{ options Options }

// New returns the constructor of the provider.
func New(o Options) func() provider.Provider {
	if o.Env == nil {
		o.Env = os.Getenv
	}
	return func() provider.Provider { return naive{o} }
}

// Metadata implements provider.Provider.
func (p naive) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName, resp.Version = "apikeys", p.options.Version
}

// Schema implements provider.Provider: everything comes from the environment.
func (p naive) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema = schema.Schema{}
}

// Configure implements provider.Provider.
func (p naive) Configure(_ context.Context, _ provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	client := retryablehttp.NewClient()
	client.Logger = nil // it would print to standard error
	if p.options.Pause != nil {
		client.Backoff = func(least, most time.Duration, attempt int, answer *http.Response) time.Duration {
			p.options.Pause(retryablehttp.DefaultBackoff(least, most, attempt, answer))
			return 0
		}
	}
	resp.ResourceData = &session{http: client, env: p.options.Env}
}

// Resources implements provider.Provider.
func (p naive) Resources(context.Context) []func() resource.Resource {
	var all []func() resource.Resource
	for _, s := range services() {
		if cmp.Or(p.options.Only, s.name) == s.name {
			all = append(all, func() resource.Resource { return &keyResource{service: s} })
		}
	}
	return all
}

// DataSources implements provider.Provider.
func (p naive) DataSources(context.Context) []func() datasource.DataSource { return nil }
