package process

import (
	"context"
	"os"
	"path/filepath"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/terraform"
)

// variant is a program that Terraform runs as the provider.
type variant string

// The variants.
const (
	genuine  variant = "provider" // as users get it
	panicked variant = "panicprovider"
)

// packages are what the variants are built from.
var packages = map[variant]string{
	genuine:  terraform.Module,
	panicked: terraform.Module + "/internal/testing/campaign/process/panicprovider",
}

// file is the name that Terraform looks for.
const file = "terraform-provider-apikeys"

// programs is a folder that has each variant in a folder of its name.
type programs string

// build builds the variants below dir.
func build(ctx context.Context, dir string) (programs, error) {
	for v, pkg := range packages {
		if err := terraform.Build(ctx, pkg, filepath.Join(dir, string(v), file)); err != nil {
			return "", err
		}
	}
	return programs(dir), nil
}

// install gives a stage a variant of its own, so that its processes can be found, and
// returns a Terraform that uses it.
func (p programs) install(v variant, dir string) (*terraform.CLI, error) {
	bin := filepath.Join(dir, string(v))
	if err := os.MkdirAll(bin, 0o700); err != nil {
		return nil, err
	}
	if err := os.Link(filepath.Join(string(p), string(v), file), filepath.Join(bin, file)); err != nil {
		return nil, err
	}
	return terraform.New(bin, terraform.DevOverrides(bin), "HOME="+dir, "TMPDIR="+dir, "TF_LOG=TRACE")
}
