package terraform

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
)

// Module is the path of this module.
const Module = "github.com/terraform-apikeys/terraform-provider-apikeys"

// plugins are the packages to build, by the last part of their source address.
var plugins = map[string]string{
	"apikeys":     Module,
	"secretstore": Module + "/internal/testing/demo/secretstore/cmd", // simulates a secret store
}

// Checkout is the folder of this module.
var Checkout = sync.OnceValues(func() (string, error) {
	out, err := output(exec.Command("go", "list", "-m", "-f", "{{.Dir}}", Module))
	return strings.TrimSpace(out), err
})

// Suffix is how the names of programs end on this system.
func Suffix() string {
	if runtime.GOOS == "windows" {
		return ".exe"
	}
	return ""
}

// Build builds a package of this module.
func Build(ctx context.Context, pkg, file string, flags ...string) error {
	// go test sees neither what was built nor which Terraform runs it. This variable, which
	// make changes in each run, keeps it from taking the results from its cache.
	_ = os.Getenv("APIKEYS_TEST_RUN")
	root, err := Checkout()
	if err != nil {
		return fmt.Errorf("find the checkout: %w", err)
	}
	cmd := exec.CommandContext(ctx, "go", append(append([]string{"build"}, flags...), "-o", file, pkg)...)
	cmd.Dir, cmd.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	if _, err := output(cmd); err != nil {
		return fmt.Errorf("build %s: %w", pkg, err)
	}
	return nil
}

// BuildPlugins builds the provider and the simulated secret store into a folder, for
// [DevOverrides].
func BuildPlugins(ctx context.Context, bin string) error {
	for name, pkg := range plugins {
		if err := Build(ctx, pkg, filepath.Join(bin, "terraform-provider-"+name+Suffix())); err != nil {
			return err
		}
	}
	return nil
}

// DevOverrides makes Terraform use the plugins in a folder. Others are not installed:
// what is missing must fail, not be downloaded.
func DevOverrides(bin string) string {
	var all strings.Builder
	for name := range plugins {
		fmt.Fprintf(&all, "    %q = %q\n", "terraform-apikeys/"+name, filepath.ToSlash(bin))
	}
	return "  dev_overrides {\n" + all.String() + "  }\n"
}

// Mirror makes Terraform install plugins from a folder, and from nowhere else.
func Mirror(dir string) string {
	return fmt.Sprintf("  filesystem_mirror {\n    path = %q\n  }\n", filepath.ToSlash(dir))
}

// output runs a command and returns what it prints; what it prints to stderr is part
// of the error.
func output(cmd *exec.Cmd) (string, error) {
	out, err := cmd.Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		err = fmt.Errorf("%w\n%s", err, failed.Stderr)
	}
	return string(out), err
}
