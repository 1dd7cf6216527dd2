// Secretstore serves the simulator of a secret store to Terraform.
package main

import (
	"context"
	"log"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/demo/secretstore"
)

func main() {
	if err := providerserver.Serve(context.Background(), secretstore.New, providerserver.ServeOpts{Address: secretstore.Address}); err != nil {
		log.Fatal(err)
	}
}
