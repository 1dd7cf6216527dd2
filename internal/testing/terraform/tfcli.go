// Package terraform runs real Terraform, or OpenTofu, with the providers as they are
// in this checkout, for the tests of the documentation and for the terminal
// session in the README. Nothing of the caller's Terraform set-up, home or
// accounts reaches it.
package terraform

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
)

const module = "github.com/terraform-apikeys/terraform-provider-apikeys"

// plugins are the providers that Terraform has here: by the ends of their source
// addresses, the packages to build.
var plugins = map[string]string{
	"apikeys":     module,
	"secretstore": module + "/internal/testing/demo/secretstore/cmd", // stands for a secret store
}

// CLI is a Terraform program and the environment that it runs in.
type CLI struct {
	// Exe is the program: TF_ACC_TERRAFORM_PATH, else terraform on PATH.
	Exe string
	// Root is the checkout's folder.
	Root string
	// Env is the whole environment of each run.
	Env []string
	// OpenTofu says that the program is OpenTofu.
	OpenTofu bool

	major, minor int
}

// Prepare builds the plugins below dir and makes Terraform use those builds. env
// is added to what Terraform sees.
func Prepare(ctx context.Context, dir string, env ...string) (*CLI, error) {
	exe, err := exec.LookPath(cmp.Or(os.Getenv("TF_ACC_TERRAFORM_PATH"), "terraform"))
	if err != nil {
		return nil, fmt.Errorf("%w: put Terraform on PATH or name it in TF_ACC_TERRAFORM_PATH", err)
	}
	c := &CLI{Exe: exe}
	root, err := Output(ctx, "", nil, "go", "list", "-m", "-f", "{{.Dir}}", module)
	if err != nil {
		return nil, fmt.Errorf("find the checkout: %w", err)
	}
	c.Root = strings.TrimSpace(root)
	bin := filepath.Join(dir, "bin")
	var overrides strings.Builder
	for name, pkg := range plugins {
		file := filepath.Join(bin, "terraform-provider-"+name)
		if runtime.GOOS == "windows" {
			file += ".exe"
		}
		if _, err := Output(ctx, c.Root, nil, "go", "build", "-o", file, pkg); err != nil {
			return nil, fmt.Errorf("build provider %s: %w", name, err)
		}
		fmt.Fprintf(&overrides, "    %q = %q\n", "terraform-apikeys/"+name, filepath.ToSlash(bin))
	}
	// No direct installation: what is not there must fail, not be downloaded.
	config := filepath.Join(dir, "terraform.rc")
	text := fmt.Sprintf("provider_installation {\n  dev_overrides {\n%s  }\n}\n", overrides.String())
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return nil, err
	}
	c.Env = append(surroundings(dir, config), env...)
	return c, c.identify(ctx)
}

// surroundings is the environment of Terraform besides the services.
func surroundings(dir, config string) []string {
	env := []string{
		"TF_CLI_CONFIG_FILE=" + config, "TF_INPUT=0", "CHECKPOINT_DISABLE=1",
		"HOME=" + dir, "USERPROFILE=" + dir, "APPDATA=" + dir,
	}
	for _, name := range []string{"PATH", "SYSTEMROOT", "LANG"} {
		if value, set := os.LookupEnv(name); set {
			env = append(env, name+"="+value)
		}
	}
	return env
}

var versionLine = regexp.MustCompile(`^(Terraform|OpenTofu) v(\d+)\.(\d+)\.`)

// identify asks the program what it is.
func (c *CLI) identify(ctx context.Context) error {
	text, err := c.Run(ctx, "", "version")
	if err != nil {
		return err
	}
	m := versionLine.FindStringSubmatch(text)
	if m == nil {
		return fmt.Errorf("%s is neither Terraform nor OpenTofu: it says %q", c.Exe, text)
	}
	c.OpenTofu = m[1] == "OpenTofu"
	c.major, _ = strconv.Atoi(m[2])
	c.minor, _ = strconv.Atoi(m[3])
	return nil
}

// AtLeast reports whether the program is of that version or newer; whether it is
// Terraform or OpenTofu, whose versions mean different things, is [CLI.OpenTofu].
func (c *CLI) AtLeast(major, minor int) bool {
	return c.major > major || c.major == major && c.minor >= minor
}

// Run runs one command in a folder and returns all that it printed, which is part
// of the error too.
func (c *CLI) Run(ctx context.Context, dir string, args ...string) (string, error) {
	return Output(ctx, dir, c.Env, c.Exe, args...)
}

// Output runs a program in a folder and returns all that it printed, which is part
// of the error too. A nil environment is that of this process.
func Output(ctx context.Context, dir string, env []string, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...) //nolint:gosec // the caller's own choice; no shell is involved
	cmd.Dir, cmd.Env = dir, env
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		err = fmt.Errorf("%s %s: %w\n%s%s", filepath.Base(name), strings.Join(args, " "), err, out, stderr.Bytes())
	}
	return string(out), err
}
