package provider

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/httpclient"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey"
)

// The provider's own attributes.
const (
	attrRequestTimeout = "request_timeout"
	attrMaxRetries     = "max_retries"
	attrCACertFile     = "ca_cert_file"
	attrCheck          = "check_credentials"
)

// Configure sends nothing. A service is connected when something of it is first used, and needs
// no settings before.
func (p *apikeys) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	defer tfkey.RecoverPanic(ctx, &resp.Diagnostics)
	var config types.Object
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	values := config.Attributes()
	transport, unknown := p.transport(values, &resp.Diagnostics)
	transport.UserAgent = fmt.Sprintf("terraform-provider-apikeys/%s terraform/%s", p.options.Version, req.TerraformVersion)
	if resp.Diagnostics.HasError() {
		return
	}
	check, _ := values[attrCheck].(types.Bool)
	accounts := tfkey.Accounts{}
	for _, s := range p.options.Services {
		a := p.account(s, values[s.Key.Name], transport, unknown)
		a.CheckCredentials = check.ValueBool()
		accounts[s.Key.Name] = a
	}
	resp.Diagnostics.Append(p.addDeclared(accounts, values[blockService], transport, unknown, check.ValueBool())...)
	resp.ResourceData, resp.DataSourceData, resp.EphemeralResourceData = accounts, accounts, accounts
	resp.ListResourceData, resp.ActionData = accounts, accounts
	for _, fast := range p.fastPaths {
		fast.Configure(accounts)
	}
}

// transport reads the settings that all services share. unknown are those that Terraform does
// not know yet.
func (p *apikeys) transport(values map[string]attr.Value, diags *diag.Diagnostics) (transport httpclient.Config, unknown []string) {
	transport = httpclient.Config{
		RequestTimeout: defaultRequestTimeout,
		MaxRetries:     defaultMaxRetries,
		Log:            logAttempt,
		Now:            p.options.Ring.Now,
		Sleep:          p.options.Ring.Sleep,
		Timeout:        p.options.Timeout,
	}
	for _, name := range []string{attrRequestTimeout, attrMaxRetries, attrCACertFile} {
		if v := values[name]; v != nil && v.IsUnknown() {
			unknown = append(unknown, name)
		}
	}
	if text := textOf(values[attrRequestTimeout]); text != "" {
		d, err := time.ParseDuration(text)
		if err != nil {
			diags.AddAttributeError(path.Root(attrRequestTimeout), "Invalid duration", err.Error())
		}
		transport.RequestTimeout = d
	}
	if v, ok := values[attrMaxRetries].(types.Int64); ok && !v.IsNull() && !v.IsUnknown() {
		transport.MaxRetries = int(v.ValueInt64())
	}
	if file := textOf(values[attrCACertFile]); file != "" {
		pool, err := httpclient.LoadCACertFile(file)
		if err != nil {
			diags.AddAttributeError(path.Root(attrCACertFile), "CA certificates not loaded",
				tfkey.Sentence(err.Error())+"\n\nName a file of PEM certificates that this machine can read.")
		}
		transport.RootCAs = pool
	}
	return transport, unknown
}

// ValidateConfig refuses settings that cannot be right before anything is planned. Nothing is
// sent.
func (p *apikeys) ValidateConfig(ctx context.Context, req provider.ValidateConfigRequest, resp *provider.ValidateConfigResponse) {
	defer tfkey.RecoverPanic(ctx, &resp.Diagnostics)
	var config types.Object
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	resp.Diagnostics.Append(p.validateDeclared(config.Attributes()[blockService])...)
	for _, s := range p.options.Services {
		block, _ := config.Attributes()[s.Key.Name].(types.Object)
		if block.IsNull() {
			continue
		}
		cfg, unknown := p.settings(s, block)
		if len(unknown) > 0 {
			continue // checked when they are known
		}
		for _, e := range faults(s, cfg) {
			at, message := path.Root(s.Key.Name), e.Message
			if len(e.Fields) > 0 {
				at, message = at.AtName(e.Fields[0].Field), e.Fields[0].Message
			}
			resp.Diagnostics.AddAttributeError(at, fmt.Sprintf("Invalid %s settings", s.Key.Title), tfkey.Sentence(message))
		}
	}
}

// faults are what is wrong with a service's settings. Connecting reports the first fault only:
// so each setting is tried among settings that are right, and then all that are left.
func faults(s services.Service, cfg services.Config) (all []*driver.Error) {
	fault := func(cfg services.Config) *driver.Error {
		_, err := s.Connect(cfg)
		e, _ := driver.AsError(err)
		return e
	}
	right := services.Config{Settings: map[string]string{}, Source: map[string]string{}, Lists: map[string][]string{}}
	for i, setting := range s.Settings {
		right.Settings[setting.Name] = setting.Default
		if i == 0 { // the credential
			right.Settings[setting.Name], right.Source[setting.Name] = "placeholder", "placeholder"
		}
	}
	rest := cloneConfig(cfg)
	for _, setting := range s.Settings {
		name := setting.Name
		if cfg.Source[name] == "" && len(cfg.Lists[name]) == 0 {
			continue
		}
		one := cloneConfig(right)
		copySetting(one, cfg, name)
		if e := fault(one); e != nil && fault(right) == nil {
			all = append(all, e)
			copySetting(rest, right, name)
		}
	}
	if e := fault(rest); e != nil {
		all = append(all, e)
	}
	return all
}

// cloneConfig copies the settings.
func cloneConfig(cfg services.Config) services.Config {
	cfg.Settings, cfg.Source, cfg.Lists = maps.Clone(cfg.Settings), maps.Clone(cfg.Source), maps.Clone(cfg.Lists)
	return cfg
}

// copySetting copies one setting.
func copySetting(to, from services.Config, name string) {
	to.Settings[name], to.Source[name], to.Lists[name] = from.Settings[name], from.Source[name], from.Lists[name]
}

// account is a service with its settings. It cannot be used while Terraform does not know
// them.
func (p *apikeys) account(s services.Service, config attr.Value, transport httpclient.Config, unknown []string) *tfkey.Account {
	a := p.newAccount(transport)
	a.Options.KeyPrefixes = s.Key.KeyPrefixes
	block, _ := config.(types.Object)
	cfg, own := p.settings(s, block)
	cfg.HTTP = transport
	a.Unknown = slices.Concat(unknown, own)
	a.Scope = cfg.Settings[s.Key.Scope]
	a.Connect = func() (func(scope string) driver.Service, error) { return s.Connect(cfg) }
	return a
}

// newAccount returns an account without a service.
func (p *apikeys) newAccount(transport httpclient.Config) *tfkey.Account {
	a := &tfkey.Account{Options: p.options.Ring, Delivery: p.options.Delivery}
	a.Options.CallTimeout = transport.RequestTimeout
	if a.Options.MaxRetries = transport.MaxRetries; transport.MaxRetries == 0 {
		a.Options.MaxRetries = -1 // never
	}
	a.Options.Timeout = max(minOperationTimeout, operationRequests*transport.RequestTimeout)
	a.Options.OnPanic = tfkey.LogPanic
	return a
}

// settings resolves a service's settings: the attribute, else the first variable that is
// set, else the default. unknown are those that Terraform does not know yet.
func (p *apikeys) settings(s services.Service, block types.Object) (cfg services.Config, unknown []string) {
	cfg = services.Config{Settings: map[string]string{}, Source: map[string]string{}, Lists: map[string][]string{}}
	if block.IsUnknown() {
		unknown = append(unknown, s.Key.Name)
	}
	values := block.Attributes()
	for _, setting := range s.Settings {
		given := values[setting.Name]
		if given != nil && !isFullyKnown(given) {
			unknown = append(unknown, s.Key.Name+"."+setting.Name)
			continue
		}
		if setting.List {
			list, _ := given.(types.List)
			for _, e := range list.Elements() {
				cfg.Lists[setting.Name] = append(cfg.Lists[setting.Name], textOf(e))
			}
			continue
		}
		cfg.Settings[setting.Name], cfg.Source[setting.Name] = setting.Resolve(textOf(given), p.options.Env)
	}
	return cfg, unknown
}

// isFullyKnown reports whether a value and all its elements are known.
func isFullyKnown(v attr.Value) bool {
	list, _ := v.(types.List)
	return !v.IsUnknown() && !slices.ContainsFunc(list.Elements(), attr.Value.IsUnknown)
}

// textOf reads a string; empty for anything else.
func textOf(v attr.Value) string {
	text, _ := v.(types.String)
	return text.ValueString()
}

// logAttempt logs one attempt: an allow-list of fields without secrets.
func logAttempt(ctx context.Context, a httpclient.Attempt) {
	fields := map[string]any{"route": a.Route, "status": a.Status, "duration_ms": a.Duration.Milliseconds(), "attempt": a.Number}
	if a.RequestID != "" {
		fields["request_id"] = a.RequestID
	}
	if a.Error != "" {
		fields["error"] = a.Error
	}
	tflog.Debug(ctx, "request", fields)
}

// isTimeout accepts durations from one second to ten minutes.
func isTimeout() validator.String {
	const form = "a duration from 1s to 10m, such as 30s"
	return tfkey.Parses("Invalid duration", form, func(text string) error {
		if d, err := time.ParseDuration(text); err != nil || d < time.Second || d > 10*time.Minute {
			return fmt.Errorf("%q is not %s", text, form)
		}
		return nil
	})
}
