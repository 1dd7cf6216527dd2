package conformance

import (
	"strings"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
)

// settingTests are about the provider's settings as they come from files, editors and
// secret stores.
func settingTests() map[string]func(*testing.T, *Rig) {
	return map[string]func(*testing.T, *Rig){
		"credential, checked": testCredentialChecked,
		"credential, trimmed": testCredentialTrimmed,
		"settings, validated": testSettingsValidated,
	}
}

// testSettingsValidated: settings that cannot be right are refused while Terraform
// validates, and those that are not known yet are not.
func testSettingsValidated(t *testing.T, r *Rig) {
	service, credential := r.Service.Key.Name, r.Service.Settings[0]
	value, env := r.Store.Admin(), r.Env
	for what, c := range map[string]struct {
		block map[string]any
		env   bool
		words []string // of the error; nil: there is none
	}{
		"nothing":               {block: map[string]any{}, words: []string{"Invalid", "no credential is set", credential.Env[0]}},
		"a variable":            {block: map[string]any{}, env: true},
		"a credential":          {block: map[string]any{credential.Name: value}},
		"an unknown credential": {block: map[string]any{credential.Name: protocol.Unknown{}}},
		"plain http":            {block: map[string]any{services.BaseURL: "http://example.com"}, env: true, words: []string{"Invalid", "https"}},
		"an unknown address":    {block: map[string]any{services.BaseURL: protocol.Unknown{}}, env: true},
		"spaces":                {block: map[string]any{credential.Name: "a b"}, words: []string{"Invalid", "a space"}},
	} {
		r.Env, r.Provider = map[string]string{}, map[string]any{service: c.block}
		if c.env {
			r.Env = env
		}
		ds := r.Configure()
		if len(c.words) == 0 && len(ds) > 0 || len(c.words) > 0 && (len(ds.Errors()) != 1 || !contains(ds.Errors(), c.words...)) {
			t.Errorf("%s: %s", what, ds)
			continue
		}
		if len(ds) > 0 && (ds[0].Attribute == nil || !strings.HasPrefix(ds[0].Attribute.String(), "AttributeName(\""+service+"\")")) {
			t.Errorf("%s: the error is on %v", what, ds[0].Attribute)
		}
	}
	r.Env, r.Provider = map[string]string{}, nil // what is not configured is checked when it is used
	if ds := r.Configure(); len(ds) > 0 {
		t.Error(ds)
	}
}

// testCredentialTrimmed: what stands around a setting is not part of it, be it an
// attribute or a variable; what stands within a credential is an error that does not
// quote it, and nothing but such is not "none".
func testCredentialTrimmed(t *testing.T, r *Rig) {
	good := r.Env
	of := func(name string) services.Setting {
		for _, s := range r.Service.Settings {
			if s.Name == name {
				return s
			}
		}
		t.Fatalf("no setting %q", name)
		return services.Setting{}
	}
	secret, base := r.Service.Settings[0], of(services.BaseURL)
	value := r.Store.Admin()
	read := func() protocol.Diagnostics {
		if ds := r.Configure(); len(ds.Errors()) > 0 { // refused while Terraform validates
			return ds
		}
		_, ds := r.Run().Data(r.keysType(), nil)
		return ds
	}
	try := func(credential string) protocol.Diagnostics {
		r.Env, r.Provider = map[string]string{secret.Env[0]: credential, base.Env[0]: "\ufeff" + r.url + "\r\n"}, nil
		byVariable := read()
		r.Env = map[string]string{}
		r.Provider = map[string]any{r.Service.Key.Name: map[string]any{secret.Name: credential, base.Name: " " + r.url + "\n"}}
		byAttribute := read()
		if len(byVariable.Errors()) != len(byAttribute.Errors()) {
			t.Errorf("%q: a variable gives %s, an attribute %s", credential, byVariable, byAttribute)
		}
		return byVariable
	}
	for _, around := range [][2]string{{"", ""}, {"", "\n"}, {"", "\r\n"}, {"\ufeff", "\n"}, {" \t", "\t \r\n\n"}} {
		r.Store.Reset()
		if ds := try(around[0] + value + around[1]); len(ds) > 0 || r.Store.Total() == 0 {
			t.Errorf("%q around it: %s", around, ds)
		}
	}
	r.Store.Reset()
	for _, bad := range []string{value[:9] + "\n" + value[9:], value[:9] + " " + value[9:], value[:9] + "\x00" + value[9:], value + "\x1b", "\n", "\ufeff"} {
		if errs := try(bad).Errors(); !contains(errs, "cannot be used") || contains(errs, value[9:]) {
			t.Errorf("%q: %s", bad, errs)
		}
	}
	if n := r.Store.Total(); n > 0 {
		t.Errorf("%d requests", n)
	}
	r.Env, r.Provider = good, nil
}

// testCredentialChecked: with check_credentials, a plan asks the service once whether
// the credential is accepted, and fails if it is not. Without, a plan of new keys does
// not fail.
func testCredentialChecked(t *testing.T, r *Rig) {
	good := r.Env
	created := protocol.Config{key: r.Block("ci"), "other": r.Block("cd")}
	plan := func(check bool, env map[string]string) (errs []string, requests int) {
		r.Env, r.Provider = env, map[string]any{"check_credentials": check}
		r.Store.Reset()
		return r.Plan(created).Diagnostics.Errors(), r.Store.Total()
	}
	bad := r.Credentials("pk_live_this-is-not-a-key-of-anybody")
	none := map[string]string{}
	for _, env := range []map[string]string{bad, none, good} {
		if errs, _ := plan(false, env); len(errs) > 0 {
			t.Errorf("not checked: %s", errs)
		}
	}
	if errs, n := plan(true, bad); len(errs) != 1 || !contains(errs, "401", "does not accept the credential") || n == 0 {
		t.Errorf("wrong credential, %d requests: %s", n, errs)
	}
	if errs, n := plan(true, none); len(errs) != 1 || !contains(errs, "credential missing") || n > 0 {
		t.Errorf("no credential, %d requests: %s", n, errs)
	}
	_, unchecked := plan(false, good)
	if errs, n := plan(true, good); len(errs) > 0 || n != unchecked {
		t.Errorf("%d requests, %d without the check: %s", n, unchecked, errs)
	}
	// What is not known yet is not asked for.
	r.Provider[r.Service.Key.Name] = map[string]any{r.Service.Settings[0].Name: protocol.Unknown{}}
	if ds := r.Plan(created).Diagnostics; len(ds) > 0 {
		t.Errorf("unknown credential: %s", ds)
	}
	// Keys that stay as they are are asked about too, where no refresh has done so.
	delete(r.Provider, r.Service.Key.Name)
	r.MustApply(created)
	r.Env = bad
	if errs := r.PlanWithoutRefresh(created).Diagnostics.Errors(); len(errs) != 1 || !contains(errs, "401") {
		t.Errorf("not refreshed: %s", errs)
	}
	r.Env, r.Provider = good, nil
}
