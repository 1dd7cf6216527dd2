package acceptance_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// examples is where they are, seen from here.
var examples = filepath.Join("..", "..", "..", "examples")

// exampleFolders are the folders of examples, with what those in them need of the CLI.
var exampleFolders = map[string][]feature{
	"actions/*":                             {actions},
	"data-sources/*":                        nil,
	"demo":                                  nil,
	"ephemeral-resources/*_key":             {ephemeralResource},
	"ephemeral-resources/apikeys_key_value": {ephemeralResource, writeOnly},
	"functions/*":                           {pluginFunctions, ephemeralResource},
	"list-resources/*":                      {queries},
	"provider":                              nil,
	"recipes/*":                             nil,
	"recipes/adopt-by-query":                {queries},
	"recipes/dashboard-keys":                {ephemeralResource, writeOnly},
	"recipes/leaked-key-action":             {actions},
	"resources/*":                           nil,
	"storage/ci":                            {ephemeralResource},
	"storage/colleague":                     nil,
	"storage/secret-store":                  {ephemeralResource, writeOnly},
}

// exampleVersions is what examples leave out that show one resource or the like.
const exampleVersions = `terraform {
  required_providers {
    apikeys     = { source = "terraform-apikeys/apikeys" }
    secretstore = { source = "terraform-apikeys/secretstore" }
  }
}
`

// stage copies an example to where a CLI with the same programs can run in it.
func (c *cli) stage(example string) *cli {
	c.t.Helper()
	staged := c.in(c.t, filepath.Join(c.t.TempDir(), "work"))
	if err := os.CopyFS(staged.Dir, os.DirFS(filepath.Join(examples, example))); err != nil {
		c.t.Fatal(err)
	}
	if content, err := os.ReadFile(filepath.Join(staged.Dir, "main.tf")); err == nil && strings.Contains(string(content), "\nmodule ") {
		staged.run(true, "get")
	}
	return staged
}

// output reads one of the outputs into v.
func (c *cli) output(name string, v any) {
	c.t.Helper()
	if err := json.Unmarshal([]byte(c.run(true, "output", "-json", name)), v); err != nil {
		c.t.Fatalf("output %s: %v", name, err)
	}
}

// inFolder are the examples that a pattern of exampleFolders means, unless another
// one names them more closely.
func inFolder(t *testing.T, pattern string) []string {
	t.Helper()
	dirs, err := filepath.Glob(filepath.Join(examples, pattern))
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, dir := range dirs {
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			continue // a README of them all
		}
		example, err := filepath.Rel(examples, dir)
		if err != nil {
			t.Fatal(err)
		}
		example = filepath.ToSlash(example)
		if _, named := exampleFolders[example]; !named || example == pattern {
			found = append(found, example)
		}
	}
	return found
}

// The CLI accepts every example that it has the features for: what the
// documentation shows fits the schemas.
func TestAccExamples(t *testing.T) {
	t.Parallel()
	shop := newStoreHarness(t)
	e, err := currentEdition()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for pattern, features := range exampleFolders {
		found := inFolder(t, pattern)
		if len(found) == 0 {
			t.Errorf("there are no examples in %s: the pattern is out of date", pattern)
		}
		for _, example := range found {
			seen[strings.Split(example, "/")[0]] = true
			t.Run(example, func(t *testing.T) {
				t.Parallel()
				needs(t, features...)
				validates(t, shop.cli, e, example)
			})
		}
	}
	all, err := os.ReadDir(examples)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range all {
		if entry.IsDir() && !seen[entry.Name()] {
			t.Errorf("nobody has looked at examples/%s", entry.Name())
		}
	}
}

// validates lets the CLI validate an example. A resource can be imported in one
// way only, so that there each way is looked at by itself.
func validates(t *testing.T, built *cli, e edition, example string) {
	t.Helper()
	ways := []string{""}
	if strings.HasPrefix(example, "resources/") {
		ways = []string{"import-by-string-id.tf"}
		if e.has(identityImport) {
			ways = append(ways, "import-by-identity.tf")
		}
	}
	for _, way := range ways {
		c := built.in(t, "", "TF_LOG=").stage(example)
		imports, err := filepath.Glob(filepath.Join(c.Dir, "import-*.tf"))
		if err != nil {
			t.Fatal(err)
		}
		for _, other := range imports {
			if filepath.Base(other) != way {
				if err := os.Remove(other); err != nil {
					t.Fatal(err)
				}
			}
		}
		if strings.Count(example, "/") == 1 && !strings.HasPrefix(example, "storage/") && !strings.HasPrefix(example, "recipes/") {
			c.write("versions.tf", exampleVersions)
		}
		c.run(true, "validate")
		if strings.HasPrefix(example, "list-resources/") || example == "recipes/adopt-by-query" {
			c.run(true, "validate", "-query")
		}
	}
}

// Every recipe says in a README what it is for, and is carried out by a test.
func TestRecipes_complete(t *testing.T) {
	var found []string
	for _, pattern := range []string{"recipes/*", "recipes/adopt-by-query", "recipes/dashboard-keys", "recipes/leaked-key-action"} {
		found = append(found, inFolder(t, pattern)...)
	}
	for _, example := range found {
		name := strings.TrimPrefix(example, "recipes/")
		if _, tested := recipes[name]; !tested {
			t.Errorf("no test carries out %s", example)
		}
		text, err := os.ReadFile(filepath.Join(examples, example, "README.md"))
		if err != nil || !strings.HasPrefix(string(text), "# ") {
			t.Errorf("%s has no README.md that begins with a title: %v", example, err)
		}
	}
	for name := range recipes {
		if !slices.Contains(found, "recipes/"+name) {
			t.Errorf("there is no recipe %s", name)
		}
	}
}
