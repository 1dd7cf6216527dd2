package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services/custom"
)

// The environment variables of a service of the catalog, as JSON objects: values for its
// variables, and what the create sends besides the name.
const (
	envVars      = "SMOKE_VARS"
	envArguments = "SMOKE_ARGUMENTS"
)

// fromCatalog is a service of the catalog, as far as the program needs one.
func fromCatalog(name string, env func(string) string) (services.Service, []assumption, error) {
	if _, ok := custom.Lookup(name); !ok {
		return services.Service{}, nil, fmt.Errorf("there is no service %q. Name one of the provider's or of the catalog's, as in make smoke SERVICE=pioneer", name)
	}
	block := map[string]any{"name": name}
	if text := env(envVars); text != "" {
		block["vars"] = json.RawMessage(text)
	}
	text, err := json.Marshal(block)
	if err != nil {
		return services.Service{}, nil, fmt.Errorf("%s is not JSON: %w", envVars, err)
	}
	d, err := custom.Decode(text)
	if err != nil {
		return services.Service{}, nil, fmt.Errorf("%s: %w", envVars, err)
	}
	if problems := d.Check(); len(problems) > 0 {
		return services.Service{}, nil, fmt.Errorf("%s; set %s, such as {\"project_id\": \"…\"}", problems[0].Message, envVars)
	}
	return declaredService(d), declaredAssumptions(d), nil
}

// declaredService is a declared service like those that have an adapter.
func declaredService(d custom.Declaration) services.Service {
	key := d.Definition()
	key.Name = d.Name
	return services.Service{
		Key: key,
		Settings: []services.Setting{
			{Name: services.BaseURL, Default: d.BaseURL},
			{Name: "credential", Env: []string{d.CredentialEnv}, Sensitive: true},
		},
		Connect: func(cfg services.Config) (services.Open, error) {
			d := d
			d.BaseURL, d.Credential = cfg.Settings[services.BaseURL], cfg.Settings["credential"]
			d.Vars = maps.Clone(d.Vars)
			svc, err := custom.Connect(d, cfg, func(string) string { return "" })
			return func(string) driver.Service { return svc }, err
		},
	}
}

// declaredAssumptions are what a declaration says of a service.
func declaredAssumptions(d custom.Declaration) []assumption {
	route := func(c custom.Call) string {
		path, _, _ := strings.Cut(c.Path, "?")
		return c.Method + " " + path
	}
	list, create, revoke := route(d.List.Call), route(d.Create.Call), route(d.Revoke.Call)
	all := []assumption{
		assume("A listing has the declared status, and its keys where list says.", answers(stepList, list, d.List.Success...)),
		assume("A create has the declared status.", answers(stepCreate, create, d.Create.Success...)),
		assume("The answer to a create has the key's value where create.value says.", hasValue),
		assume("A new key is in the next listing, under its name.", fact(stepFind)),
		assume("A revocation has the declared status.", answers(stepRevoke, revoke, d.Revoke.Success...)),
		assume("A revoked key is gone from the listing, or shown as revoked.", fact(stepGone)),
		assume("A revoked key is refused at once.", answers(stepRefused, list, 401, 403)),
	}
	if d.List.CreatedAt != "" {
		all = append(all, assume("A listed key's time of creation is near the time of the answer's Date header.", createdNow(create)))
	}
	if d.List.Hint != "" {
		all = append(all, assume("A listed key shows part of its value where list.hint says.", showsValue))
	}
	if len(d.KeyPrefixes) > 0 {
		all = append(all, assume("A value begins as key_prefixes says.", begins(d.KeyPrefixes...)))
	}
	if d.Get != nil {
		all = append(all, assume("A read has the declared status.", answers(stepRead, route(d.Get.Call), d.Get.Success...)))
	}
	if d.Definition().CanRename {
		all = append(all, assume("An update has the declared status, and renames the key.", answers(stepUpdate, route(d.Update.Call), d.Update.Success...), fact(stepUpdate)))
	}
	return all
}

// hasValue expects that the create has given a value.
func hasValue(o *observed) verdict {
	if len(o.of(stepCreate, "")) == 0 {
		return verdict{notSeen, ""}
	}
	return verdictOf(!o.minted.Value.IsZero(), "no value there")
}

// dayTolerance is for services that give no time of day.
const dayTolerance = 24 * time.Hour

// createdNow expects the listing to show when the key was created.
func createdNow(route string) check {
	return func(o *observed) verdict {
		all := o.of(stepCreate, route)
		switch {
		case o.listed == nil || len(all) == 0 || all[0].date.IsZero():
			return verdict{notSeen, ""}
		case o.listed.CreatedAt.IsZero():
			return verdict{differs, "no time there, or in another format"}
		}
		tolerance := clockTolerance
		if o.listed.DateOnly {
			tolerance = dayTolerance
		}
		apart := o.listed.CreatedAt.Sub(all[0].date).Abs()
		return verdictOf(apart <= tolerance, apart.Round(time.Second).String()+" apart")
	}
}
