package conformance

import (
	"maps"
	"strings"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
)

// TestSettingsValidated: settings that cannot be right are refused while Terraform
// validates, and those that are not known yet are not.
func (h *Suite) TestSettingsValidated(t *testing.T) {
	h.OnlyCoded(t, "the provider's tests have declarations that are wrong")
	service, credential := h.Service.Key.Name, h.Service.Settings[0]
	value, env := h.Store.Admin(), h.Env
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
		h.Env, h.Provider = map[string]string{}, map[string]any{service: c.block}
		if c.env {
			h.Env = env
		}
		ds := h.Configure()
		if len(c.words) == 0 && len(ds) > 0 || len(c.words) > 0 && (len(ds.Errors()) != 1 || !contains(ds.Errors(), c.words...)) {
			t.Errorf("%s: %s", what, ds)
			continue
		}
		if len(ds) > 0 && (ds[0].Attribute == nil || !strings.HasPrefix(ds[0].Attribute.String(), "AttributeName(\""+service+"\")")) {
			t.Errorf("%s: the error is on %v", what, ds[0].Attribute)
		}
	}
	h.Env, h.Provider = map[string]string{}, nil // what is not configured is checked when it is used
	if ds := h.Configure(); len(ds) > 0 {
		t.Error(ds)
	}
}

// TestCredentialTrimmed: what stands around a setting is not part of it, be it an
// attribute or a variable; what stands within a credential is an error that does not
// quote it, and nothing but such is not "none".
func (h *Suite) TestCredentialTrimmed(t *testing.T) {
	h.OnlyCoded(t, "a declared service has no variable for its address")
	good := h.Env
	of := func(name string) services.Setting {
		for _, s := range h.Service.Settings {
			if s.Name == name {
				return s
			}
		}
		t.Fatalf("no setting %q", name)
		return services.Setting{}
	}
	secret, base := h.Service.Settings[0], of(services.BaseURL)
	value := h.Store.Admin()
	read := func() protocol.Diagnostics {
		if ds := h.Configure(); len(ds.Errors()) > 0 { // refused while Terraform validates
			return ds
		}
		_, ds := h.Run().Data(h.keysType(), nil)
		return ds
	}
	try := func(credential string) protocol.Diagnostics {
		h.Env, h.Provider = map[string]string{secret.Env[0]: credential, base.Env[0]: "\ufeff" + h.url + "\r\n"}, nil
		byVariable := read()
		h.Env = map[string]string{}
		h.Provider = map[string]any{h.Service.Key.Name: map[string]any{secret.Name: credential, base.Name: " " + h.url + "\n"}}
		byAttribute := read()
		if len(byVariable.Errors()) != len(byAttribute.Errors()) {
			t.Errorf("%q: a variable gives %s, an attribute %s", credential, byVariable, byAttribute)
		}
		return byVariable
	}
	for _, around := range [][2]string{{"", ""}, {"", "\n"}, {"", "\r\n"}, {"\ufeff", "\n"}, {" \t", "\t \r\n\n"}} {
		h.Store.Reset()
		if ds := try(around[0] + value + around[1]); len(ds) > 0 || h.Store.Total() == 0 {
			t.Errorf("%q around it: %s", around, ds)
		}
	}
	h.Store.Reset()
	for _, bad := range []string{value[:9] + "\n" + value[9:], value[:9] + " " + value[9:], value[:9] + "\x00" + value[9:], value + "\x1b", "\n", "\ufeff"} {
		if errs := try(bad).Errors(); !contains(errs, "cannot be used") || contains(errs, value[9:]) {
			t.Errorf("%q: %s", bad, errs)
		}
	}
	if n := h.Store.Total(); n > 0 {
		t.Errorf("%d requests", n)
	}
	h.Env, h.Provider = good, h.Configured(nil)
}

// TestCredentialChecked: with check_credentials, a plan asks the service once whether
// the credential is accepted, and fails if it is not. Without, a plan of new keys does
// not fail.
func (h *Suite) TestCredentialChecked(t *testing.T) {
	good := h.Env
	created := protocol.Config{key: h.Block("ci"), "other": h.Block("cd")}
	plan := func(check bool, env map[string]string) (errs []string, requests int) {
		h.Env, h.Provider = env, map[string]any{"check_credentials": check}
		maps.Copy(h.Provider, h.Configured(nil))
		h.Store.Reset()
		return h.Plan(created).Diagnostics.Errors(), h.Store.Total()
	}
	bad := h.Credentials("pk_live_this-is-not-a-key-of-anybody")
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
	maps.Copy(h.Provider, h.Configured(map[string]any{h.Service.Settings[0].Name: protocol.Unknown{}}))
	if ds := h.Plan(created).Diagnostics; len(ds) > 0 {
		t.Errorf("unknown credential: %s", ds)
	}
	// Keys that stay as they are are asked about too, where no refresh has done so.
	delete(h.Provider, h.Service.Key.Name)
	maps.Copy(h.Provider, h.Configured(nil))
	h.MustApply(created)
	h.Env = bad
	if errs := h.PlanWithoutRefresh(created).Diagnostics.Errors(); len(errs) != 1 || !contains(errs, "401") {
		t.Errorf("not refreshed: %s", errs)
	}
	h.Env, h.Provider = good, h.Configured(nil)
}
