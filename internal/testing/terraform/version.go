package terraform

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"sync"
)

// Version is that of a CLI.
type Version struct {
	OpenTofu bool
	// Number is the complete one, as "1.14.3".
	Number string
	// Major and Minor are its first two parts. Those of Terraform and of OpenTofu mean
	// different things.
	Major, Minor int
}

// String is "Terraform 1.14.3".
func (v Version) String() string {
	if v.OpenTofu {
		return "OpenTofu " + v.Number
	}
	return "Terraform " + v.Number
}

// AtLeast reports whether it is that version or a newer one.
func (v Version) AtLeast(major, minor int) bool {
	return v.Major > major || v.Major == major && v.Minor >= minor
}

// SourceEnv are variables that show terraform-plugin-testing where the CLI looks for a
// provider that is named without its source:
// https://developer.hashicorp.com/terraform/plugin/testing/acceptance-tests#environment-variables.
// OpenTofu refuses the namespace of Terraform 0.12 that the framework offers besides.
func (v Version) SourceEnv() map[string]string {
	if !v.OpenTofu {
		return nil
	}
	return map[string]string{"TF_ACC_PROVIDER_HOST": "registry.opentofu.org", "TF_ACC_PROVIDER_NAMESPACE": "hashicorp"}
}

var versionLine = regexp.MustCompile(`^(Terraform|OpenTofu) v((\d+)\.(\d+)\.\S+)`)

// ParseVersion reads what the command version prints.
func ParseVersion(printed string) (Version, error) {
	m := versionLine.FindStringSubmatch(printed)
	if m == nil {
		return Version{}, fmt.Errorf("this is not how Terraform or OpenTofu print their version: %q", printed)
	}
	v := Version{OpenTofu: m[1] == "OpenTofu", Number: m[2]}
	v.Major, _ = strconv.Atoi(m[3])
	v.Minor, _ = strconv.Atoi(m[4])
	return v, nil
}

// Executable finds the program: TF_ACC_TERRAFORM_PATH, else terraform on PATH.
func Executable() (string, error) {
	exe, err := exec.LookPath(cmp.Or(os.Getenv("TF_ACC_TERRAFORM_PATH"), "terraform"))
	if err != nil {
		return "", fmt.Errorf("%w: put Terraform on PATH or name it in TF_ACC_TERRAFORM_PATH", err)
	}
	return exe, nil
}

// Current is the version of [Executable], which is asked once.
var Current = sync.OnceValues(func() (Version, error) {
	exe, err := Executable()
	if err != nil {
		return Version{}, err
	}
	home, err := os.MkdirTemp("", "apikeys-version-")
	if err != nil {
		return Version{}, err
	}
	defer func() { _ = os.RemoveAll(home) }()
	cmd := exec.Command(exe, "version")
	cmd.Dir, cmd.Env = home, Environment(home, os.DevNull)
	out, err := output(cmd)
	if err != nil {
		return Version{}, fmt.Errorf("version of %s: %w", exe, err)
	}
	return ParseVersion(out)
})
