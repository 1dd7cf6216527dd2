package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/terraform"
)

// workspace is real Terraform with a configuration.
type workspace struct{ *terraform.CLI }

// prepare builds the plugins below dir and makes Terraform use them. env is added to
// Terraform's environment.
func prepare(ctx context.Context, dir string, env []string) (*workspace, error) {
	bin := filepath.Join(dir, "bin")
	if err := terraform.BuildPlugins(ctx, bin); err != nil {
		return nil, err
	}
	cli, err := terraform.New(dir, terraform.DevOverrides(bin), append(env, "TMPDIR="+dir, "TMP="+dir, "TEMP="+dir)...)
	if err != nil {
		return nil, err
	}
	return &workspace{cli}, nil
}

// stage returns a workspace with a copy of an example, in a folder of its own.
func (t *workspace) stage(example, dir string) (*workspace, error) {
	root, err := terraform.Checkout()
	if err != nil {
		return nil, err
	}
	return &workspace{t.In(dir)}, os.CopyFS(dir, os.DirFS(filepath.Join(root, "examples", example)))
}

// variables sets the configuration's variables from now on.
func (t *workspace) variables(v map[string]any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(t.Dir, "demo.auto.tfvars.json"), text, 0o600)
}

// apply carries out what the configuration asks for.
func (t *workspace) apply(ctx context.Context) error {
	_, err := t.run(ctx, 0, "apply", "-auto-approve")
	return err
}

// destroy removes everything.
func (t *workspace) destroy(ctx context.Context) error {
	_, err := t.run(ctx, 0, "destroy", "-auto-approve")
	return err
}

// The statuses of plan -detailed-exitcode.
const (
	planEmpty   = 0
	planChanges = 2
)

// plan succeeds if a plan has the wanted status.
func (t *workspace) plan(ctx context.Context, want int) error {
	_, err := t.run(ctx, want, "plan", "-detailed-exitcode")
	return err
}

// planFile is where save puts a plan. It stays there.
const planFile = "saved.tfplan"

// save plans, and keeps the plan.
func (t *workspace) save(ctx context.Context) error {
	_, err := t.run(ctx, 0, "plan", "-out="+planFile)
	return err
}

// applySaved carries out the plan that was saved last.
func (t *workspace) applySaved(ctx context.Context) error {
	_, err := t.run(ctx, 0, "apply", planFile)
	return err
}

// text returns an output.
func (t *workspace) text(ctx context.Context, name string) (string, error) {
	out, err := t.run(ctx, 0, "output", "-raw", name)
	return string(out), err
}

// held is one key that Terraform holds; the value is nil for an adopted key.
type held struct {
	ID  string  `json:"id"`
	Key *string `json:"key"`
}

// held returns what Terraform holds, by service: the configuration's output.
func (t *workspace) held(ctx context.Context) (map[string][]held, error) {
	out, err := t.run(ctx, 0, "output", "-json")
	if err != nil {
		return nil, err
	}
	var outputs map[string]struct{ Value map[string][]held }
	if err := json.Unmarshal(out, &outputs); err != nil {
		return nil, fmt.Errorf("read Terraform's outputs: %w", err)
	}
	return outputs["held"].Value, nil
}

// run runs one Terraform command, and fails unless it ends with the wanted status. It
// returns what the command wrote to its standard output.
func (t *workspace) run(ctx context.Context, want int, args ...string) ([]byte, error) {
	r, err := t.Exec(ctx, args...)
	if err == nil && r.Status != want {
		err = fmt.Errorf("terraform %s ended with status %d instead of %d:\n%s", args[0], r.Status, want, r.Output)
	}
	return []byte(r.Stdout), err
}
