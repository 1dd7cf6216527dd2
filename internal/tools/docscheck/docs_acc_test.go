package docscheck

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
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

// TestAccSmoke_documentation has Terraform check the code of the documentation's pages,
// and carry out their examples. The providers are built once for all of it.
func TestAccSmoke_documentation(t *testing.T) {
	t.Parallel()
	cli := realTerraform(t)
	t.Run("pages", func(t *testing.T) { t.Parallel(); checkPages(t, cli) })
	t.Run("planted", func(t *testing.T) { t.Parallel(); checkPlanted(t, cli) })
	t.Run("examples", func(t *testing.T) { t.Parallel(); applyExamples(t, cli) })
	t.Run("guide", func(t *testing.T) { t.Parallel(); applyGuide(t, cli) })
}

// checkPages has the CLI check the form of each block of Terraform code, and whether the
// provider's schemas accept it.
func checkPages(t *testing.T, cli *terraform.CLI) {
	modules, _ := Modules(documentation(t)) // TestDocs_modules reports what is wrong there
	modules = append(modules, folderModules(t)...)
	modules = slices.DeleteFunc(modules, func(m Module) bool {
		known := false
		t.Run(m.name(), func(t *testing.T) { spare(t, m); known = true })
		return !known
	})
	wrong := problems(t, cli, modules)
	for i, m := range modules {
		for _, err := range wrong[i] {
			t.Errorf("%s: %v", m.name(), err)
		}
	}
}

// folderModules are the examples that no page shows.
func folderModules(t *testing.T) (modules []Module) {
	t.Helper()
	for _, folder := range append(append(folders(t, "recipes"), folders(t, "storage")...), "examples/demo") {
		m := Module{Path: folder, Line: 1, Files: map[string]string{}}
		files, err := fs.Glob(checkout, folder+"/*.tf*")
		if strings.HasSuffix(folder, ".md") {
			continue
		}
		if err != nil || len(files) == 0 {
			t.Fatalf("%s has no Terraform code: %v", folder, err)
		}
		for _, file := range files {
			text, err := fs.ReadFile(checkout, file)
			if err != nil {
				t.Fatal(err)
			}
			m.Text += string(text)
			m.Files[path.Base(file)] = string(text)
		}
		if strings.Contains(m.Text, "\nmodule ") {
			continue // TestAccRecipes applies it
		}
		m.needs()
		modules = append(modules, m)
	}
	return modules
}

// TestExamples_checked: the CLI checks every example, because a page shows it, or as a
// folder of its own.
func TestExamples_checked(t *testing.T) {
	t.Parallel()
	var shown []string
	for _, p := range documentation(t) {
		for _, b := range p.Blocks {
			shown = append(shown, strings.TrimSpace(b.Text))
		}
	}
	err := fs.WalkDir(checkout, "examples", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		kind := strings.Split(name, "/")[1:]
		if entry.IsDir() && len(kind) > 0 && slices.Contains([]string{"recipes", "storage", "demo"}, kind[0]) {
			return fs.SkipDir
		}
		if ext := path.Ext(name); ext != ".tf" && ext != ".hcl" {
			return nil
		}
		text, err := fs.ReadFile(checkout, name)
		if err == nil && !slices.Contains(shown, strings.TrimSpace(string(text))) {
			err = fmt.Errorf("no page shows %s", name)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// problems are what the CLI reports about modules. One run of it checks all that can be
// in one configuration, because starting it takes longer than checking.
func problems(t *testing.T, cli *terraform.CLI, modules []Module) [][]error {
	t.Helper()
	wrong := make([][]error, len(modules))
	seen, together := t.TempDir(), t.TempDir()
	root := &strings.Builder{}
	root.WriteString("variable \"unknown\" {}\n" + versions)
	for i, m := range modules {
		name := fmt.Sprint("m", i)
		write(t, filepath.Join(seen, name+".tf"), m.Text)
		dir := filepath.Join(together, name)
		if onlyRoot.MatchString(m.all()) {
			dir = t.TempDir()
		}
		for name, text := range m.Files {
			write(t, filepath.Join(dir, name), text)
		}
		if filepath.Dir(dir) != together {
			for _, err := range validate(t, cli.In(dir)) {
				wrong[i] = append(wrong[i], err.text)
			}
			continue
		}
		fmt.Fprintf(root, "module %q {\n  source = \"./%[1]s\"\n", name)
		for _, variable := range variables.FindAllStringSubmatch(m.all(), -1) {
			fmt.Fprintf(root, "  %s = var.unknown\n", variable[1])
		}
		root.WriteString("}\n")
	}
	// The names of files that are not formatted, one a line.
	unformatted, err := cli.In(seen).Exec(t.Context(), "fmt", "-check")
	if err != nil {
		t.Fatal(err)
	}
	for file := range strings.Lines(unformatted.Stdout) {
		var i int
		if _, err := fmt.Sscanf(file, "m%d.tf", &i); err != nil {
			t.Fatalf("terraform fmt: %s", unformatted.Output)
		}
		wrong[i] = append(wrong[i], errors.New("not formatted: see terraform fmt -diff"))
	}
	write(t, filepath.Join(together, "main.tf"), root.String())
	if _, err := cli.In(together).Run(t.Context(), "get"); err != nil {
		t.Fatal(err)
	}
	for _, found := range validate(t, cli.In(together)) {
		var i int
		if _, err := fmt.Sscanf(found.file, "m%d/", &i); err != nil {
			t.Errorf("in none of the modules: %v", found.text)
			continue
		}
		wrong[i] = append(wrong[i], found.text)
	}
	return wrong
}

var (
	// onlyRoot is what only a root module can have, or is checked only there.
	onlyRoot = regexp.MustCompile(`(?m)^(import|list|action|module) |^\s+(backend|cloud) |action_trigger`)
	// variables are what a module has to be given.
	variables = regexp.MustCompile(`(?m)^variable "(\w+)"`)
)

// complaint is an error of terraform validate, and the file that it is about.
type complaint struct {
	file string
	text error
}

func validate(t *testing.T, cli *terraform.CLI) (found []complaint) {
	t.Helper()
	result, err := cli.Exec(t.Context(), "validate", "-json")
	if err != nil {
		t.Fatal(err)
	}
	var report struct {
		Valid       bool
		Diagnostics []struct {
			Severity, Summary, Detail, Address string
			Range                              struct {
				Filename string
				Start    struct{ Line int }
			}
		}
	}
	if err := json.Unmarshal([]byte(result.Stdout), &report); err != nil {
		t.Fatalf("terraform validate: %v\n%s", err, result.Output)
	}
	for _, d := range report.Diagnostics {
		if d.Severity == "error" {
			found = append(found, complaint{filepath.ToSlash(d.Range.Filename), fmt.Errorf("line %d: %s: %s", d.Range.Start.Line, d.Summary, d.Detail)})
		}
	}
	if !report.Valid && len(found) == 0 {
		t.Errorf("not valid, without an error: %s", result.Stdout)
	}
	return found
}

// checkPlanted gives the CLI code with mistakes, each of which it has to find.
func checkPlanted(t *testing.T, cli *terraform.CLI) {
	resource := func(body string) string { return "resource \"apikeys_pioneer_key\" \"a\" {\n" + body + "}\n" }
	cases := []struct {
		name, code string
		want       string // what the one complaint says; "" for none
	}{
		{"nothing wrong", resource("  name = \"a\"\n"), ""},
		{"not formatted", resource("  name=\"a\"\n"), "not formatted"},
		{"misspelt attribute", resource("  title = \"a\"\n  name  = \"a\"\n"), "title"},
		{"misspelt reference", resource("  name = \"a\"\n") + "\nlocals {\n  x = apikeys_pioneer_key.a.idd\n}\n", "idd"},
		{"in an output", resource("  name = \"a\"\n") + "\noutput \"x\" {\n  value = apikeys_pioneer_key.a.idd\n}\n", "idd"},
		{"in another's block", resource("  name = \"a\"\n") + "\nresource \"aws_x\" \"y\" {\n  z = apikeys_pioneer_key.a.idd\n}\n", "idd"},
		{"a value not accepted", resource("  name         = \"a\"\n  rotate_after = \"soon\"\n"), "Invalid duration"},
		{"a variable", "variable \"x\" {\n  type = string\n}\n\n" + resource("  name = var.x\n"), ""},
	}
	var modules []Module
	for _, c := range cases {
		page, err := Parse("x.md", "```terraform\n"+c.code+"```\n")
		if err != nil {
			t.Fatal(err)
		}
		found, mistakes := Modules([]Page{page})
		if len(found) != 1 || len(mistakes) > 0 {
			t.Fatalf("%s: %d modules, %v", c.name, len(found), mistakes)
		}
		modules = append(modules, found...)
	}
	for i, wrong := range problems(t, cli, modules) {
		c := cases[i]
		if c.want == "" && len(wrong) > 0 || c.want != "" && (len(wrong) != 1 || !strings.Contains(wrong[0].Error(), c.want)) {
			t.Errorf("%s: found %v, want %q", c.name, wrong, c.want)
		}
	}
}
