package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// versions is what examples of a single resource, data source or function leave out.
const versions = `
terraform {
  required_providers {
    apikeys     = { source = "terraform-apikeys/apikeys" }
    secretstore = { source = "terraform-apikeys/secretstore" }
  }
}
`

// TestAccExamples lets Terraform validate every example against the provider's
// schemas: what the documentation shows must at least be accepted.
func TestAccExamples(t *testing.T) {
	if os.Getenv("TF_ACC") == "" {
		t.Skip("runs Terraform: set TF_ACC=1")
	}
	tf, err := prepare(t.Context(), t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, pattern := range []string{"provider", "demo", "storage/*", "resources/*", "data-sources/*", "ephemeral-resources/*", "functions/*"} {
		dirs, err := filepath.Glob(filepath.Join(tf.examples, pattern))
		if err != nil {
			t.Fatal(err)
		}
		if len(dirs) == 0 {
			t.Errorf("no examples in %s; the pattern must be out of date", pattern)
		}
		for _, dir := range dirs {
			example, err := filepath.Rel(tf.examples, dir)
			if err != nil {
				t.Fatal(err)
			}
			t.Run(example, func(t *testing.T) {
				if err := tf.stage(example, filepath.Join(t.TempDir(), "work")); err != nil {
					t.Fatal(err)
				}
				if strings.Contains(pattern, "sources/") || strings.Contains(pattern, "functions/") {
					write(t, filepath.Join(tf.dir, "versions.tf"), versions)
				}
				// Terraform before 1.12 knows no identities.
				if err := os.RemoveAll(filepath.Join(tf.dir, "import-by-identity.tf")); err != nil {
					t.Fatal(err)
				}
				if _, err := tf.run(t.Context(), 0, "validate", "-no-color"); err != nil {
					t.Error(err)
				}
			})
		}
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
