package tfkey

import (
	"strings"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/definition"
)

func TestSentence(t *testing.T) {
	for text, want := range map[string]string{
		"too long": "too long.", "too long.": "too long.", "too long. ": "too long.", "too long..": "too long.",
		"too long (request id 7e57)": "too long (request id 7e57).", "too long:": "too long.",
		"no!": "no!", "why?": "why?", "and so on…": "and so on…", "and so on...": "and so on...",
	} {
		if got := Sentence(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// What a service's adapter says to do comes before what is said of a kind.
func TestNextStep_ofTheService(t *testing.T) {
	c := serviceBase{def: serviceDef{definition.Service{Info: definition.Info{Name: "svc", Title: "Svc"}}}}
	e := &driver.Error{Service: "Svc", Operation: "create the key", Kind: driver.KindForbidden, Effect: driver.EffectNone, Advice: "Do this."}
	if ds := c.failure("create", e); len(ds) != 1 || !strings.HasSuffix(ds[0].Detail(), "\n\nDo this.") {
		t.Errorf("%v", ds)
	}
}

// Where a declaration is wrong, the message says to correct it before anything else.
func TestNextStep_declared(t *testing.T) {
	malformed := &driver.Error{Service: "Svc", Operation: "create the key", Kind: driver.KindMalformed}
	unauthorized := &driver.Error{Service: "Svc", Operation: "list the keys", Kind: driver.KindUnauthorized, Effect: driver.EffectNone}
	for _, declared := range []bool{true, false} {
		service := definition.Service{Info: definition.Info{Name: "svc", Title: "Svc"}}
		service.Declared = declared
		c := serviceBase{def: serviceDef{service}}
		for want, err := range map[string]error{
			"\n\nIf the declaration names the wrong field, correct it in the service block. This is not how Svc answers.":   malformed,
			"\n\nIf the declaration names the wrong field, correct it in the service block. Apply again: the provider then": &keyring.OutcomeUnknownError{Err: malformed},
			"check the auth block of the service": unauthorized,
		} {
			ds := c.failure("create", err)
			if len(ds) != 1 || strings.Contains(ds[0].Detail(), want) != declared {
				t.Errorf("declared %t, want %q in %v", declared, want, ds)
			}
		}
	}
}
