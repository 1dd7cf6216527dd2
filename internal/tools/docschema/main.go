// Docschema prints the provider's schemas in the format of `terraform providers
// schema -json`, for tfplugindocs. With -service-block it writes the page about the
// provider's service block instead.
//
// It asks the provider itself, because what Terraform prints depends on its
// version: identities are there from 1.12 on, list resources and actions from
// 1.14 on. The documentation must not depend on who generated it, and needs
// neither Terraform nor a network this way.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/provider"
)

// sourceKey is the one key besides the bare provider name under which
// tfplugindocs looks for the schemas; it takes every provider for HashiCorp's.
const sourceKey = "registry.terraform.io/hashicorp/apikeys"

//go:generate go run . -service-block ../../../templates/guides/service-block.md

func main() {
	page := flag.String("service-block", "", "`file` for the page about the service block; the schemas are not printed then")
	flag.Parse()
	if err := run(context.Background(), os.Stdout, *page); err != nil {
		fmt.Fprintln(os.Stderr, "docschema:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, page string) error {
	server := provider.NewServer(provider.Options{})
	schemas, err := server.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		return err
	}
	identities, err := server.GetResourceIdentitySchemas(ctx, &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		return err
	}
	if err := failed(append(schemas.Diagnostics, identities.Diagnostics...)); err != nil {
		return err
	}
	if page != "" {
		text, err := renderServiceBlock(schemas.Provider)
		if err != nil {
			return err
		}
		return os.WriteFile(page, text, 0o644) //nolint:gosec // a page of the documentation
	}
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(document(schemas, identities))
}

// failed returns the error diagnostics as one error.
func failed(diagnostics []*tfprotov6.Diagnostic) error {
	var errs []error
	for _, d := range diagnostics {
		if d.Severity == tfprotov6.DiagnosticSeverityError {
			errs = append(errs, fmt.Errorf("%s: %s", d.Summary, d.Detail))
		}
	}
	return errors.Join(errs...)
}
