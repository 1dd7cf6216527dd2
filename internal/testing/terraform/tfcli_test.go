package terraform

import (
	"slices"
	"strings"
	"testing"
)

func TestSurroundings(t *testing.T) {
	t.Setenv("TF_CLI_ARGS", "-refresh=false")
	t.Setenv("PIONEER_API_KEY", "a real one")
	env := surroundings("somewhere", "somewhere/terraform.rc")
	if slices.ContainsFunc(env, func(v string) bool {
		return strings.HasPrefix(v, "TF_CLI_ARGS") || strings.HasPrefix(v, "PIONEER_")
	}) {
		t.Errorf("the caller's settings reach Terraform: %q", env)
	}
	if !slices.Contains(env, "HOME=somewhere") || !slices.Contains(env, "TF_CLI_CONFIG_FILE=somewhere/terraform.rc") {
		t.Errorf("no home or CLI configuration of its own: %q", env)
	}
}

func TestCLI_atLeast(t *testing.T) {
	t.Parallel()
	c := &CLI{major: 1, minor: 11}
	for version, want := range map[[2]int]bool{{1, 10}: true, {1, 11}: true, {1, 12}: false, {0, 14}: true, {2, 0}: false} {
		if got := c.AtLeast(version[0], version[1]); got != want {
			t.Errorf("1.11 is at least %v: %v, want %v", version, got, want)
		}
	}
}

// TestOutput uses another program with statuses, which is there for sure.
func TestOutput(t *testing.T) {
	t.Parallel()
	if out, err := Output(t.Context(), "", nil, "go", "version"); err != nil || !strings.HasPrefix(out, "go version") {
		t.Errorf("a command that succeeds: %q, %v", out, err)
	}
	if _, err := Output(t.Context(), "", nil, "go", "frobnicate"); err == nil || !strings.Contains(err.Error(), "unknown command") {
		t.Errorf("a command that fails: %v; want an error with all that was printed", err)
	}
}
