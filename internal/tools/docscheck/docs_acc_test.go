package docscheck

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/terraform"
)

// realTerraform is real Terraform with this checkout's provider.
func realTerraform(t *testing.T) *terraform.CLI {
	t.Helper()
	if os.Getenv("TF_ACC") == "" {
		t.Skip("runs Terraform: set TF_ACC=1")
	}
	bin := t.TempDir()
	if err := terraform.BuildPlugins(t.Context(), bin); err != nil {
		t.Fatal(err)
	}
	cli, err := terraform.New(t.TempDir(), terraform.DevOverrides(bin))
	if err != nil {
		t.Fatal(err)
	}
	return cli
}

func version(t *testing.T) terraform.Version {
	t.Helper()
	v, err := terraform.Current()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// spare skips what a CLI cannot know yet.
func spare(t *testing.T, m Module) {
	t.Helper()
	v := version(t)
	name, minor := "Terraform", m.Terraform
	if v.OpenTofu {
		name, minor = "OpenTofu", m.OpenTofu
	}
	switch {
	case minor == none:
		t.Skip(name + " has no such feature")
	case !v.AtLeast(1, minor):
		t.Skipf("needs %s 1.%d", name, minor)
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestAccDocumentation has Terraform check the code of the documentation's pages,
// and carry out their examples. The providers are built once for all of it.
func TestAccDocumentation(t *testing.T) {
	t.Parallel()
	cli := realTerraform(t)
	t.Run("pages", func(t *testing.T) { t.Parallel(); checkPages(t, cli) })
	t.Run("planted", func(t *testing.T) { t.Parallel(); checkPlanted(t, cli) })
	t.Run("examples", func(t *testing.T) { t.Parallel(); applyExamples(t, cli) })
	t.Run("guide", func(t *testing.T) { t.Parallel(); applyGuide(t, cli) })
}

// checkPages looks at the form of each block of Terraform code, and whether the
// provider's schemas accept it.
func checkPages(t *testing.T, cli *terraform.CLI) {
	modules, _ := Modules(documentation(t)) // TestDocs_modules reports what is wrong there
	for _, m := range modules {
		t.Run(fmt.Sprintf("%s:%d", m.Path, m.Line), func(t *testing.T) {
			t.Parallel()
			spare(t, m)
			for _, err := range problems(t, cli, m) {
				t.Error(err)
			}
		})
	}
}

// problems are what Terraform reports about a module.
func problems(t *testing.T, cli *terraform.CLI, m Module) (wrong []error) {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "seen", "main.tf"), m.Text)
	if _, err := cli.In(filepath.Join(dir, "seen")).Run(t.Context(), "fmt", "-check", "-diff"); err != nil {
		wrong = append(wrong, fmt.Errorf("not formatted: %w", err))
	}
	for name, text := range m.Files {
		write(t, filepath.Join(dir, "given", name), text)
	}
	if _, err := cli.In(filepath.Join(dir, "given")).Run(t.Context(), "validate"); err != nil {
		wrong = append(wrong, err)
	}
	return wrong
}

// checkPlanted gives Terraform code with mistakes, each of which it has to find.
func checkPlanted(t *testing.T, cli *terraform.CLI) {
	for name, c := range map[string]struct {
		code string
		want string // what the one complaint says; "" for none
	}{
		"nothing wrong":        {"resource \"apikeys_pioneer_key\" \"a\" {\n  name = \"a\"\n}\n", ""},
		"not formatted":        {"resource \"apikeys_pioneer_key\" \"a\" {\n  name=\"a\"\n}\n", "not formatted"},
		"misspelt attribute":   {"resource \"apikeys_pioneer_key\" \"a\" {\n  title = \"a\"\n}\n", "title"},
		"misspelt reference":   {"resource \"apikeys_pioneer_key\" \"a\" {\n  name = \"a\"\n}\n\noutput \"x\" {\n  value = apikeys_pioneer_key.a.idd\n}\n", "idd"},
		"in another's block":   {"resource \"apikeys_pioneer_key\" \"a\" {\n  name = \"a\"\n}\n\nresource \"aws_x\" \"y\" {\n  z = apikeys_pioneer_key.a.idd\n}\n", "idd"},
		"a value not accepted": {"resource \"apikeys_pioneer_key\" \"a\" {\n  name         = \"a\"\n  rotate_after = \"soon\"\n}\n", "Invalid duration"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			page, err := Parse("x.md", "```terraform\n"+c.code+"```\n")
			if err != nil {
				t.Fatal(err)
			}
			modules, found := Modules([]Page{page})
			if len(modules) != 1 || len(found) > 0 {
				t.Fatalf("%d modules, %v", len(modules), found)
			}
			wrong := problems(t, cli, modules[0])
			if c.want == "" && len(wrong) > 0 || c.want != "" && (len(wrong) != 1 || !strings.Contains(wrong[0].Error(), c.want)) {
				t.Errorf("found %v, want %q", wrong, c.want)
			}
		})
	}
}
