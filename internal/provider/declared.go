package provider

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/httpclient"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services/custom"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey"
)

// validateDeclared checks the service blocks of a configuration. Nothing is sent.
func (p *apikeys) validateDeclared(blocks attr.Value) diag.Diagnostics {
	all, diags := declarations(blocks)
	diags.Append(checkNames(all)...)
	for _, d := range all {
		diags.Append(d.check()...)
		isCoded := func(s services.Service) bool { return s.Key.Name == d.Name }
		if slices.ContainsFunc(p.options.Services, isCoded) {
			diags.AddAttributeError(d.at.AtName("name"), "Invalid service",
				fmt.Sprintf("The service %q has resources of its own, such as apikeys_%[1]s_key: use them, or give this service another name.", d.Name))
		}
	}
	return diags
}

// addDeclared adds an account for each declared service, and for each of the catalog: those
// need no block if their environment variable is set.
func (p *apikeys) addDeclared(accounts tfkey.Accounts, blocks attr.Value, transport httpclient.Config, unknown []string, check bool) diag.Diagnostics {
	all, diags := declarations(blocks)
	for _, entry := range custom.Catalog() {
		isDeclared := func(d declared) bool { return d.Name == entry.Name }
		if !slices.ContainsFunc(all, isDeclared) {
			all = append(all, declared{Declaration: entry.WithDefaults()})
		}
	}
	accounts[custom.Service] = p.newAccount(transport)
	p.declared = map[string]custom.Declaration{}
	for _, d := range all {
		a := p.newAccount(transport)
		a.Definition, a.Scope, a.CheckCredentials = new(d.Definition()), d.Name, check
		a.Options.KeyPrefixes = d.KeyPrefixes
		a.Creates = &d.Declaration
		a.Unknown = slices.Clone(unknown)
		for _, name := range d.unknown {
			a.Unknown = append(a.Unknown, fmt.Sprintf("service %q %s", d.Name, name))
		}
		a.Connect = func() (func(string) driver.Service, error) {
			svc, err := custom.Connect(d.Declaration, services.Config{HTTP: transport}, p.options.Env)
			return func(string) driver.Service { return svc }, err
		}
		accounts[tfkey.DeclaredName(d.Name)] = a
		p.declared[d.Name] = d.Declaration
	}
	return diags
}

// newServiceDataSource returns the data source that shows declared services.
func (p *apikeys) newServiceDataSource() datasource.DataSource {
	return &serviceDataSource{
		find: func(name string) (custom.Declaration, bool) {
			d, ok := p.declared[name]
			return d, ok
		},
		names: func() []string { return slices.Sorted(maps.Keys(p.declared)) },
	}
}
