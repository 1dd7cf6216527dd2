// Terraform-provider-apikeys owns the life of API keys at SaaS services.
package main

import (
	"context"
	"flag"
	"log"
	"os"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/provider"
)

// Set by the linker for releases.
var (
	version = "dev"
	commit  = "none"
)

// address is where Terraform knows the provider from.
const address = "registry.terraform.io/terraform-apikeys/apikeys"

func main() {
	debug := flag.Bool("debug", false, "wait for a debugger, and for Terraform to attach to this process")
	showVersion := flag.Bool("version", false, "print the version and exit")
	flag.Parse()
	if *showVersion {
		log.SetFlags(0)
		log.SetOutput(os.Stdout)
		log.Printf("terraform-provider-apikeys %s (%s)", version, commit)
		return
	}
	quiet()
	err := providerserver.Serve(context.Background(), provider.New(provider.Options{Version: version}), providerserver.ServeOpts{
		Address: address,
		Debug:   *debug,
	})
	if err != nil {
		log.Fatal(err)
	}
}

// quiet switches the plugin SDK's own log off unless somebody asked for a log.
// The SDK formats TRACE lines for every call and Terraform throws them away: with
// a thousand keys that is more than half of the work.
func quiet() {
	for _, v := range os.Environ() {
		if name, value, _ := strings.Cut(v, "="); strings.HasPrefix(name, "TF_LOG") && name != "TF_LOG_PATH" && value != "" {
			return
		}
	}
	_ = os.Setenv("TF_LOG_SDK", "OFF")
}
