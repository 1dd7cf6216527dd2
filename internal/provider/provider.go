// Package provider is the Terraform provider itself: its configuration, and the
// list of services.
package provider

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services/custom"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/definition"
)

// typeName is the provider in type names.
const typeName = "apikeys"

// Defaults of the provider's configuration.
const (
	defaultRequestTimeout = 30 * time.Second
	defaultMaxRetries     = 4

	// One operation on one key, waits for a rate limit included, may take as long as this many
	// requests that time out, and long enough to find out what became of an unanswered one.
	operationRequests   = 10
	minOperationTimeout = 30 * time.Second
)

var (
	_ provider.ProviderWithEphemeralResources = (*apikeys)(nil)
	_ provider.ProviderWithFunctions          = (*apikeys)(nil)
	_ provider.ProviderWithListResources      = (*apikeys)(nil)
	_ provider.ProviderWithActions            = (*apikeys)(nil)
	_ provider.ProviderWithValidateConfig     = (*apikeys)(nil)
)

// Options are what the program passes in. Tests replace what the provider otherwise takes from
// the machine.
type Options struct {
	// Version of the provider, for the User-Agent.
	Version string
	// Services default to Services().
	Services []services.Service
	// Ring tunes the engine; its Now and Sleep also serve the transport.
	Ring keyring.Options
	// Timeout ends requests that take too long; default context.WithTimeout.
	Timeout func(context.Context, time.Duration) (context.Context, context.CancelFunc)
	// Delivery says whether answers still reach Terraform; nil: always.
	Delivery *tfkey.Delivery
	// Quiet says that nothing is logged, see [NewServer].
	Quiet bool
	// Env looks environment variables up; default os.Getenv.
	Env func(string) string
}

// apikeys is the provider.
type apikeys struct {
	options   Options
	declared  map[string]custom.Declaration // by name, the catalog's too; nil before Configure
	fastPaths map[string]*tfkey.FastPath    // by resource type
}

func newProvider(o Options) *apikeys {
	if o.Services == nil {
		o.Services = Services()
	}
	if o.Env == nil {
		o.Env = os.Getenv
	}
	p := &apikeys{options: o, fastPaths: map[string]*tfkey.FastPath{}}
	for _, d := range p.definitions() {
		p.fastPaths[d.ResourceType(typeName)] = tfkey.NewFastPath(d)
	}
	return p
}

func (p *apikeys) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = typeName
	resp.Version = p.options.Version
}

func (p *apikeys) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	attributes := map[string]schema.Attribute{
		attrRequestTimeout: schema.StringAttribute{
			MarkdownDescription: fmt.Sprintf("How long one HTTP request may take, from `1s` to `10m`. Default `%s`.", defaultRequestTimeout),
			Optional:            true,
			Validators:          []validator.String{isTimeout()},
		},
		attrMaxRetries: schema.Int64Attribute{
			MarkdownDescription: fmt.Sprintf("How often a request is repeated after a temporary failure, 0 to 20. Default %d.", defaultMaxRetries),
			Optional:            true,
			Validators:          []validator.Int64{int64validator.Between(0, 20)},
		},
		attrCheck: schema.BoolAttribute{
			MarkdownDescription: "Whether a plan checks once that each service it uses accepts the credential. Default `false`: then the plan of a first key does not notice a wrong or missing one.",
			Optional:            true,
		},
		attrCACertFile: schema.StringAttribute{
			MarkdownDescription: "Path of a PEM file of certificates to trust besides the system's, for proxies that re-sign TLS.",
			Optional:            true,
		},
	}
	blocks := map[string]schema.Block{blockService: serviceBlock()}
	for _, s := range p.options.Services {
		blocks[s.Key.Name] = serviceSchema(s)
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Creates, stores, rotates, imports and revokes API keys at SaaS services.",
		Attributes:          attributes,
		Blocks:              blocks,
	}
}

// serviceSchema is a service's block in the configuration: Terraform refuses names that a
// block does not have, and drops those that an object does not have.
func serviceSchema(s services.Service) schema.Block {
	attributes := map[string]schema.Attribute{}
	for _, setting := range s.Settings {
		text := setting.Description
		if len(setting.Env) > 0 {
			text += " Environment variable `" + strings.Join(setting.Env, "`, else `") + "`"
			if setting.Default != "" {
				text += ", default `" + setting.Default + "`"
			}
			text += "."
		}
		if setting.List {
			attributes[setting.Name] = schema.ListAttribute{MarkdownDescription: text, Optional: true, Sensitive: setting.Sensitive, ElementType: types.StringType}
		} else {
			attributes[setting.Name] = schema.StringAttribute{MarkdownDescription: text, Optional: true, Sensitive: setting.Sensitive}
		}
	}
	return schema.SingleNestedBlock{
		MarkdownDescription: fmt.Sprintf("Settings for %s. Create its first API key at %s.", s.Key.Title, s.Key.Console),
		Attributes:          attributes,
	}
}

func (p *apikeys) Resources(context.Context) []func() resource.Resource {
	return each(p.definitions(), tfkey.NewResource)
}

func (p *apikeys) DataSources(context.Context) []func() datasource.DataSource {
	return slices.Concat(each(p.definitions(), tfkey.NewDataSource), each(p.definitions(), tfkey.NewKeysDataSource), []func() datasource.DataSource{p.newServiceDataSource})
}

func (p *apikeys) ListResources(context.Context) []func() list.ListResource {
	return each(p.definitions(), tfkey.NewListResource)
}

func (p *apikeys) Actions(context.Context) []func() action.Action {
	return each(p.definitions(), tfkey.NewRevoke)
}

func (p *apikeys) EphemeralResources(context.Context) []func() ephemeral.EphemeralResource {
	names := make([]string, 0, len(p.options.Services))
	for _, s := range p.options.Services {
		names = append(names, s.Key.Name)
	}
	return append(each(p.definitions(), tfkey.NewEphemeral), tfkey.NewKeyValue(names))
}

func (p *apikeys) Functions(context.Context) []func() function.Function {
	return []func() function.Function{tfkey.NewDecrypt}
}

// definitions are those of all services; declared ones share one.
func (p *apikeys) definitions() []definition.Service {
	all := make([]definition.Service, 0, len(p.options.Services)+1)
	for _, s := range p.options.Services {
		all = append(all, s.Key)
	}
	return append(all, custom.Definition)
}

// each applies a function to each definition.
func each[T any](all []definition.Service, of func(definition.Service) T) []T {
	results := make([]T, len(all))
	for i, d := range all {
		results[i] = of(d)
	}
	return results
}
