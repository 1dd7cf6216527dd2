package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/terraform"
)

func TestInstall(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	program := filepath.Join(folder, "terraform-provider-apikeys")
	for _, build := range []struct {
		content string
		want    int // versions in the mirror of each registry
	}{{"first", 1}, {"first", 1}, {"second", 2}} {
		writeTest(t, program, build.content)
		if _, err := install(program, folder); err != nil {
			t.Fatal(err)
		}
		for _, host := range hosts {
			all, err := filepath.Glob(filepath.Join(folder, "mirror", host, "terraform-apikeys", "apikeys", "*", "*", filepath.Base(program)))
			if err != nil || len(all) != build.want {
				t.Fatalf("after the %s build: %q, %v", build.content, all, err)
			}
			if text, err := os.ReadFile(all[len(all)-1]); err != nil || string(text) != build.content {
				t.Errorf("the newest version is %q, %v", text, err)
			}
		}
	}
	if _, err := install(filepath.Join(folder, "missing"), folder); err == nil {
		t.Error("a program that does not exist was installed")
	}
}

// twoAliases has two configurations of the provider, which a module uses.
const twoAliases = `terraform {
  required_providers {
    apikeys = { source = "terraform-apikeys/apikeys" }
  }
}

provider "apikeys" {
  alias = "a"
}

provider "apikeys" {
  alias = "b"
}

module "a" {
  source    = "./keys"
  providers = { apikeys = apikeys.a }
}

module "b" {
  source    = "./keys"
  providers = { apikeys = apikeys.b }
}
`

const keysModule = `terraform {
  required_providers {
    apikeys = { source = "terraform-apikeys/apikeys" }
  }
}

resource "apikeys_pioneer_key" "ci" {
  name              = "ci"
  on_duplicate_name = "ignore" # both aliases create one
}
`

// TestAccSmoke_playground has real Terraform install the provider as `make playground` offers it,
// before and after a new build.
func TestAccSmoke_playground(t *testing.T) {
	if os.Getenv("TF_ACC") == "" {
		t.Skip("runs Terraform: set TF_ACC=1")
	}
	bin, work := t.TempDir(), t.TempDir()
	program := filepath.Join(bin, "terraform-provider-apikeys"+terraform.Suffix())
	if err := terraform.Build(t.Context(), terraform.Module, program); err != nil {
		t.Fatal(err)
	}
	stdout := startPlayground(t, program)
	writeTest(t, filepath.Join(work, "main.tf"), twoAliases)
	writeTest(t, filepath.Join(work, "keys", "main.tf"), keysModule)
	cli := playgroundCLI(t, filepath.Join(bin, "playground.env"), work)

	runCLI(t, cli, "init")
	runCLI(t, cli, "apply", "-auto-approve")
	lock := readTest(t, filepath.Join(work, ".terraform.lock.hcl"))
	runCLI(t, cli, "init")

	// Another build, as far as a checksum can see.
	writeTest(t, program, readTest(t, program)+"another build")
	if _, err := install(program, bin); err != nil {
		t.Fatal(err)
	}
	runCLI(t, cli, "init")
	if again := readTest(t, filepath.Join(work, ".terraform.lock.hcl")); again != lock {
		t.Errorf("a new build has changed the lock file from\n%s\nto\n%s", lock, again)
	}
	runCLI(t, cli, "init", "-upgrade")
	if again := readTest(t, filepath.Join(work, ".terraform.lock.hcl")); again == lock {
		t.Errorf("init -upgrade has not taken the new build:\n%s", lock)
	}
	runCLI(t, cli, "plan", "-detailed-exitcode") // fails if there are changes
	if out := stdout(); !strings.Contains(out, "pioneer: 2 live keys left") {
		t.Errorf("the program said %s", out)
	}
}

// startPlayground starts the program. The function that it returns ends it and returns what it
// printed.
func startPlayground(t *testing.T, program string) func() string {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(stop)
	var stdout bytes.Buffer
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, []string{"-env", filepath.Join(filepath.Dir(program), "playground.env"), "-provider", program}, &stdout, &stdout)
	}()
	return func() string {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		return stdout.String()
	}
}

// playgroundCLI is Terraform in a folder, with the variables of the environment file.
func playgroundCLI(t *testing.T, env, work string) *terraform.CLI {
	t.Helper()
	exe, err := terraform.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cli := &terraform.CLI{Exe: exe, Dir: work, Env: terraform.Environment(work, "")}
	for line := range strings.Lines(waitFor(t, env)) {
		name, value, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "export "), "=")
		cli.Env = append(cli.Env, name+"="+strings.Trim(value, "'"))
	}
	return cli
}

func runCLI(t *testing.T, cli *terraform.CLI, args ...string) {
	t.Helper()
	if _, err := cli.Run(t.Context(), args...); err != nil {
		t.Fatal(err)
	}
}

func writeTest(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
}

func readTest(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
