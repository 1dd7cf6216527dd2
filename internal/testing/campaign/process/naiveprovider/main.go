// Naiveprovider is the naive provider as a program.
package main

import (
	"context"
	"log"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/campaign/naive"
)

func main() {
	err := providerserver.Serve(context.Background(), naive.New(naive.Options{Version: "campaign"}),
		providerserver.ServeOpts{Address: "registry.terraform.io/terraform-apikeys/apikeys"})
	if err != nil {
		log.Fatal(err)
	}
}
