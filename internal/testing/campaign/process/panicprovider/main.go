// Panicprovider is the provider with adapters that panic at the call that the
// campaign asks for, with a secret in what they throw. Users never get it.
//
// CAMPAIGN_CALLS names a file, to which every call is added as a line; all
// processes of a run share it. CAMPAIGN_PANIC is the number of a call, from 1, and
// ":before" or ":after".
package main

import (
	"log"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/provider"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey"
)

func main() {
	f := &fault{file: os.Getenv("CAMPAIGN_CALLS")}
	if at, when, ok := strings.Cut(os.Getenv("CAMPAIGN_PANIC"), ":"); ok {
		number, err := strconv.Atoi(at)
		if err != nil {
			log.Fatal(err)
		}
		f.number, f.after = number, when == "after"
	}
	all := provider.Services()
	for i, s := range all {
		all[i].Connect = func(c services.Config) (services.Open, error) {
			open, err := s.Connect(c)
			if err != nil {
				return nil, err
			}
			return func(scope string) driver.Service { return faulty(f, open(scope)) }, nil
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
