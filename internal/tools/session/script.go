package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// step is one command of the session.
type step struct {
	// shown is what the reader sees typed; run is what a shell is given, if that
	// is not the same.
	shown, run string
	// keep chooses the lines of the output that are worth a look; nil keeps all.
	keep *regexp.Regexp
	// fails says that the command is to fail.
	fails bool
}

const mainTF = `resource "apikeys_pioneer_key" "ci" {
  name     = "ci-pipeline"
  rotation_triggers = { quarter = "2026-Q1" }

  lifecycle {
    create_before_destroy = true
  }
}
`

const versionsTF = `terraform {
  required_providers {
    apikeys = { source = "terraform-apikeys/apikeys" }
  }
}
`

// changes are the lines of an apply that say what happened.
var changes = regexp.MustCompile(`^(apikeys_|Plan:|Apply complete|Warning: [^P]|No changes|Error:|  # .*(created|replaced|destroyed)|[-+/~ ]+resource)`)

// script is the session: make a key, rotate it, lose an answer, look.
var script = []step{
	{shown: "cat main.tf"},
	{shown: "terraform apply -auto-approve", keep: changes},
	{shown: `sed -i 's/2026-Q1/2026-Q2/' main.tf   # next quarter`, run: `sed -i.bak 's/2026-Q1/2026-Q2/' main.tf && rm main.tf.bak`},
	{shown: "terraform apply -auto-approve", keep: changes},
	{
		shown: "# the service makes the next key, and its answer gets lost",
		run: `curl -sf -o /dev/null -H 'Content-Type: application/json' "$APIKEYS_SIMULATOR_URL/_control/fault" ` +
			`-d '{"service": "pioneer", "fault": {"operation": "create", "kind": "cut", "after": true}}'`,
	},
	{shown: "terraform apply -auto-approve -replace=apikeys_pioneer_key.ci", keep: changes},
	{shown: "terraform plan", keep: changes},
	{shown: "# every key that the service ever made; the third is the one that got lost", run: summary},
}

// summary prints one line a key of the service's ledger.
const summary = `curl -sf "$APIKEYS_SIMULATOR_URL/_control/ledger?service=pioneer" | tr '{' '\n' | ` +
	`awk -F '"' '/"id"/ { id = ""; at = ""; for (i = 1; i < NF; i++) { if ($i == "id") id = $(i+2); if ($i == "revoked_at") at = $(i+2) } ` +
	`printf "%s  %s\n", id, (at == "" ? "live" : "revoked") }'`

// stage is where the session plays, and what it has shown so far.
type stage struct {
	dir   string
	env   []string
	lines []string
}

// play runs one step and notes what a reader would see.
func (s *stage) play(ctx context.Context, next step) error {
	for name, text := range map[string]string{"main.tf": mainTF, "versions.tf": versionsTF} {
		file := filepath.Join(s.dir, name)
		if _, err := os.Stat(file); err == nil {
			continue
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			return err
		}
	}
	command := next.run
	if command == "" {
		command = strings.Replace(next.shown, "terraform ", `"$TERRAFORM" `, 1)
	}
	cmd := exec.CommandContext(ctx, "sh", "-c", command) //nolint:gosec // the script above
	cmd.Dir, cmd.Env = s.dir, s.env
	out, err := cmd.CombinedOutput()
	if (err != nil) != next.fails {
		return fmt.Errorf("%s: %w\n%s", next.shown, err, out)
	}
	if len(s.lines) > 0 {
		s.lines = append(s.lines, "")
	}
	if strings.HasPrefix(next.shown, "#") {
		s.lines = append(s.lines, next.shown)
	} else {
		s.lines = append(s.lines, prompt+next.shown)
	}
	for line := range strings.Lines(strings.ReplaceAll(string(out), s.dir, "~/keys")) {
		line = strings.TrimRight(line, " \r\n")
		if next.keep == nil || next.keep.MatchString(plain(line)) {
			s.lines = append(s.lines, line)
		}
	}
	return nil
}

// prompt begins the lines that somebody typed.
const prompt = "$ "
