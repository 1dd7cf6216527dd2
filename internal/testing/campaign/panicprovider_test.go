package campaign

import (
	"context"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/provider"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/keyringtest"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey"
)

// The environment of the test program when Terraform runs it as a provider. The first
// names a file that every call of an adapter is added to as a line; all processes of a
// run share it. The second is the number of the call that panics, from 1, and ":before" or
// ":after".
const (
	callsVariable = "CAMPAIGN_CALLS"
	panicVariable = "CAMPAIGN_PANIC"
)

// thrown is what is thrown: printing it prints a secret.
type thrown struct {
	Text  string
	Bytes []byte
}

// String implements fmt.Stringer.
func (t thrown) String() string { return "index out of range of " + t.Text }

// servePanickingProvider serves the provider with adapters that panic once.
func servePanickingProvider(calls string) {
	all := provider.Services()
	for i, s := range all {
		all[i].Connect = func(c services.Config) (services.Open, error) {
			open, err := s.Connect(c)
			return func(scope string) driver.Service { return panicky(open(scope), calls) }, err
		}
	}
	delivery := &tfkey.Delivery{}
	err := tf6server.Serve("registry.terraform.io/terraform-apikeys/apikeys", func() tfprotov6.ProviderServer {
		return provider.NewServer(provider.Options{Version: "campaign", Services: all, Delivery: delivery})
	})
	delivery.Shutdown(2 * time.Minute) // as main does
	if err != nil {
		log.Fatal(err)
	}
}

// panicky is an adapter that panics at the call that the environment names, with the
// credential, or after a create with the new value.
func panicky(s driver.Service, calls string) driver.Service {
	secret, number := s.Credential().Reveal(), 0
	at := func(when string) {
		if os.Getenv(panicVariable) == fmt.Sprint(number, ":", when) {
			panic(thrown{Text: secret, Bytes: []byte(secret)})
		}
	}
	s = keyringtest.Answering(s, func(m *driver.Minted) { secret = m.Value.Reveal() })
	return keyringtest.Hooked(s, func(_ context.Context, c keyringtest.Call) (err error) {
		if number, err = addLine(calls, string(c.Op)); err != nil {
			log.Fatal(err)
		}
		at("before")
		return nil
	}, func(context.Context, keyringtest.Call) error {
		at("after")
		return nil
	})
}

// addLine adds a line to a file and returns how many there are.
func addLine(name, line string) (int, error) {
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, err
	}
	_, err = fmt.Fprintln(f, line)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return 0, err
	}
	text, err := os.ReadFile(name)
	return strings.Count(string(text), "\n"), err
}
