package terraform

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestEnvironment(t *testing.T) {
	t.Setenv("TF_CLI_ARGS", "-refresh=false")
	t.Setenv("PIONEER_API_KEY", "a real one")
	env := Environment("somewhere", "somewhere/terraform.rc")
	if slices.ContainsFunc(env, func(v string) bool {
		return strings.HasPrefix(v, "TF_CLI_ARGS") || strings.HasPrefix(v, "PIONEER_")
	}) {
		t.Errorf("the caller's settings reach Terraform: %q", env)
	}
	if !slices.Contains(env, "HOME=somewhere") || !slices.Contains(env, "TF_CLI_CONFIG_FILE=somewhere/terraform.rc") {
		t.Errorf("no home or CLI configuration of its own: %q", env)
	}
}

// TestParseVersion uses what the programs print.
func TestParseVersion(t *testing.T) {
	t.Parallel()
	for printed, want := range map[string]Version{
		"Terraform v1.14.3\non linux_amd64\n":  {Number: "1.14.3", Major: 1, Minor: 14},
		"Terraform v1.15.0-alpha1\non linux\n": {Number: "1.15.0-alpha1", Major: 1, Minor: 15},
		"OpenTofu v1.11.2\non linux_amd64\n":   {OpenTofu: true, Number: "1.11.2", Major: 1, Minor: 11},
	} {
		if got, err := ParseVersion(printed); err != nil || got != want {
			t.Errorf("%q: %+v, %v; want %+v", printed, got, err, want)
		}
	}
	for _, printed := range []string{"", "terraform 1.14", "go version go1.26"} {
		if got, err := ParseVersion(printed); err == nil {
			t.Errorf("%q: %+v, want an error", printed, got)
		}
	}
	v := Version{Major: 1, Minor: 11}
	for version, want := range map[[2]int]bool{{1, 10}: true, {1, 11}: true, {1, 12}: false, {0, 14}: true, {2, 0}: false} {
		if got := v.AtLeast(version[0], version[1]); got != want {
			t.Errorf("1.11 is at least %v: %v, want %v", version, got, want)
		}
	}
}

// TestCLI_Run runs another program that has exit statuses and is always there.
func TestCLI_Run(t *testing.T) {
	t.Parallel()
	exe, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	var echo strings.Builder
	c := (&CLI{Exe: exe, Echo: &echo}).In(t.TempDir(), "HOME=x", "GOCACHE=off")
	if _, err := c.Run(t.Context(), "frobnicate"); err == nil || !strings.Contains(err.Error(), "status 2") || !strings.Contains(err.Error(), "unknown command") {
		t.Errorf("a command that fails: %v; want an error with the status and all that was printed", err)
	}
	if !strings.Contains(echo.String(), "unknown command") {
		t.Errorf("the echo has %q", &echo)
	}
	c.Exe = filepath.Join(t.TempDir(), "nothing")
	if _, err := c.Exec(t.Context(), "version"); err == nil {
		t.Error("a program that does not exist was run")
	}
}

func TestPeak(t *testing.T) {
	t.Parallel()
	if got := peak("Name:\tx\nVmHWM:\t   34567 kB\nVmRSS:\t 1 kB\n"); got != 34567<<10 {
		t.Errorf("got %d", got)
	}
	if got := peak("Name:\tx\n"); got != 0 {
		t.Errorf("got %d from a status without it", got)
	}
}
