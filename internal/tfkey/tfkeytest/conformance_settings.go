package tfkeytest

import (
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
)

// settingTests are about the provider's settings as they come from files, editors and
// secret stores.
func settingTests() map[string]func(*testing.T, *Rig) {
	return map[string]func(*testing.T, *Rig){
		"credential, trimmed": testCredentialTrimmed,
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
	try := func(credential string) Diagnostics {
		r.Env, r.Provider = map[string]string{secret.Env[0]: credential, base.Env[0]: "\ufeff" + r.url + "\r\n"}, nil
		_, byVariable := r.Run().Data(r.keysType(), nil)
		r.Env = map[string]string{}
		r.Provider = map[string]any{r.Service.Key.Name: map[string]any{secret.Name: credential, base.Name: " " + r.url + "\n"}}
		_, byAttribute := r.Run().Data(r.keysType(), nil)
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
