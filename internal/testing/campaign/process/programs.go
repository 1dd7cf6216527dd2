package process

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const module = "github.com/terraform-apikeys/terraform-provider-apikeys"

// variant is a program that can stand for the provider.
type variant string

// The variants.
const (
	genuine  variant = "provider" // as users get it
	panicked variant = "panicprovider"
)

// packages are what the variants are built from.
var packages = map[variant]string{
	genuine:  module,
	panicked: module + "/internal/testing/campaign/process/panicprovider",
}

// file is the name that Terraform looks for.
const file = "terraform-provider-apikeys"

// programs are Terraform and all variants, ready to run.
type programs struct {
	terraform string
	dir       string // each variant in a folder of its name
}

// build finds Terraform and builds the variants below dir.
func build(ctx context.Context, dir string) (programs, error) {
	terraform, err := exec.LookPath(cmp.Or(os.Getenv("TF_ACC_TERRAFORM_PATH"), "terraform"))
	if err != nil {
		return programs{}, fmt.Errorf("%w: put Terraform on PATH or name it in TF_ACC_TERRAFORM_PATH", err)
	}
	for v, pkg := range packages {
		out, err := exec.CommandContext(ctx, "go", "build", "-o", filepath.Join(dir, string(v), file), pkg).CombinedOutput()
		if err != nil {
			return programs{}, fmt.Errorf("build %s: %w\n%s", pkg, err, out)
		}
	}
	return programs{terraform: terraform, dir: dir}, nil
}

// install gives a stage a variant of its own, so that its processes can be told
// from all others, and returns the CLI configuration that makes Terraform use it.
func (p programs) install(v variant, dir string) (config string, err error) {
	bin := filepath.Join(dir, string(v))
	if err := os.MkdirAll(bin, 0o700); err != nil {
		return "", err
	}
	if err := os.Link(filepath.Join(p.dir, string(v), file), filepath.Join(bin, file)); err != nil {
		return "", err
	}
	config = filepath.Join(bin, "terraform.rc")
	text := fmt.Sprintf("provider_installation {\n  dev_overrides {\n    \"terraform-apikeys/apikeys\" = %q\n  }\n}\n", bin)
	return config, os.WriteFile(config, []byte(text), 0o600)
}

// surroundings are what a program here sees of the environment: nothing of the
// caller's Terraform set-up or accounts.
func surroundings(home string) []string {
	env := []string{"HOME=" + home, "TMPDIR=" + home, "TF_IN_AUTOMATION=1", "TF_INPUT=0", "CHECKPOINT_DISABLE=1", "TF_LOG=TRACE"}
	for _, entry := range os.Environ() {
		if strings.HasPrefix(entry, "PATH=") {
			env = append(env, entry)
		}
	}
	return env
}
