package acceptance_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// examples is where they are, seen from here.
var examples = filepath.Join("..", "..", "..", "examples")

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

// Every recipe says in a README what it is for, and is carried out by a test.
func TestRecipes_complete(t *testing.T) {
	entries, err := os.ReadDir(filepath.Join(examples, "recipes"))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, entry := range entries {
		name := entry.Name()
		if !entry.IsDir() {
			continue // a README of them all
		}
		found[name] = true
		if _, tested := recipes[name]; !tested {
			t.Errorf("no test carries out the recipe %s", name)
		}
		text, err := os.ReadFile(filepath.Join(examples, "recipes", name, "README.md"))
		if err != nil || !strings.HasPrefix(string(text), "# ") {
			t.Errorf("the recipe %s has no README.md that begins with a title: %v", name, err)
		}
	}
	for name := range recipes {
		if !found[name] {
			t.Errorf("there is no recipe %s", name)
		}
	}
}
