package docscheck

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Module is Terraform code of one page that is checked together.
type Module struct {
	Path string
	Line int // of its first block
	// Text is as the reader sees it, Files what Terraform is given.
	Text  string
	Files map[string]string
	// Terraform and OpenTofu are the 1.x that it needs, none for a feature that
	// there is no version of; see features.
	Terraform, OpenTofu int
}

// none is the version of what OpenTofu does not have.
const none = 1 << 10

// features are parts of the language that not every version knows, by their looks,
// with the first 1.x of Terraform and of OpenTofu to know them.
var features = []struct {
	looks               *regexp.Regexp
	terraform, opentofu int
}{
	{regexp.MustCompile(`(?m)^(list|action) "|\baction_trigger\b`), 14, none},
	{regexp.MustCompile(`(?m)^  identity\s+= \{`), 12, none},
	{regexp.MustCompile(`(?m)^\s+\w+_wo\s+=`), 11, 11},
	{regexp.MustCompile(`(?m)^ephemeral "|^\s+ephemeral\s+= true`), 10, 11},
	{regexp.MustCompile(`\bprovider::`), 8, 7},
	{regexp.MustCompile(`(?m)^removed \{|^import \{\n\s+for_each`), 7, 11},
	{regexp.MustCompile(`(?m)^(import|check "\w+") \{`), 5, 6},
}

// needs finds out which versions know all that the module uses.
func (m *Module) needs() {
	for _, f := range features {
		if f.looks.MatchString(m.Text) {
			m.Terraform, m.OpenTofu = max(m.Terraform, f.terraform), max(m.OpenTofu, f.opentofu)
		}
	}
}

// all is the text of all files.
func (m *Module) all() string { return strings.Join(slices.Collect(maps.Values(m.Files)), "\n") }

func (m *Module) name() string { return fmt.Sprintf("%s:%d", m.Path, m.Line) }

// versions is what fragments leave out.
const versions = `terraform {
  required_providers {
    apikeys     = { source = "terraform-apikeys/apikeys" }
    secretstore = { source = "terraform-apikeys/secretstore" }
  }
}
`

// Modules extracts the Terraform code of the pages.
func Modules(pages []Page) ([]Module, []Finding) {
	var modules []Module
	var found []Finding
	for _, p := range pages {
		var last *Module
		for _, b := range p.Blocks {
			if b.Language != "terraform" && b.Language != "hcl" {
				continue
			}
			m, skipped, why := module(p, b, last)
			switch {
			case why != "":
				found = append(found, Finding{p.Path, b.Line, why})
			case skipped:
			case m == last:
			default:
				modules = append(modules, *m)
				last = &modules[len(modules)-1]
			}
		}
	}
	for i := range modules {
		modules[i].complete()
	}
	return modules, found
}

// module reads one block and its directives; last is the page's module before,
// which a block may continue.
func module(p Page, b Block, last *Module) (m *Module, skipped bool, why string) {
	m = &Module{Path: p.Path, Line: b.Line, Files: map[string]string{}}
	for _, d := range b.Directives {
		word, rest, _ := strings.Cut(strings.TrimSpace(d), " ")
		first, more, _ := strings.Cut(d, "\n")
		switch {
		case word == "skip:" && len(strings.TrimSpace(rest)) > 10:
			return nil, true, ""
		case d == "continues" && last != nil:
			m = last
		case strings.TrimSpace(first) == "with" && more != "":
			m.Files["with.tf"] += more + "\n"
		default:
			return nil, false, fmt.Sprintf("docscheck: %q means nothing here", d)
		}
	}
	if m.Text != "" {
		m.Text += "\n"
	}
	m.Text += b.Text
	return m, false, ""
}

// ours begin the types of the providers that are there to ask.
var ours = regexp.MustCompile(`^(apikeys|secretstore|terraform)(_|$)`)

var (
	blockHead = regexp.MustCompile(`^(resource|data|ephemeral|provider|action|list) "([a-z0-9_]+)"`)
	reference = regexp.MustCompile(`\b(?:data\.|ephemeral\.)?apikeys_\w+\.\w+(?:\["?\w+(?:\.\w+)?"?\])?\.\w+`)
	adopts    = regexp.MustCompile(`^(removed|moved|import) \{$`)
	address   = regexp.MustCompile(`^\s+(?:from|to)\s*= ([a-z0-9_]+)\.`)
	source    = regexp.MustCompile(`^\s+\w+\s*= \{ source = "([^"]+)"`)
)

// complete turns the reader's text into files that Terraform can check here: what
// belongs to other providers leaves only its references to ours behind.
func (m *Module) complete() {
	m.needs()
	name := "main.tf"
	var text strings.Builder
	foreign := 0
	lines := strings.Split(m.Text, "\n")
	for i := 0; i < len(lines); i++ {
		head := blockHead.FindStringSubmatch(lines[i])
		switch {
		case len(head) > 2 && head[1] == "list":
			name = "main.tfquery.hcl"
		case len(head) > 2 && !ours.MatchString(head[2]):
			end := i
			for end < len(lines)-1 && !strings.HasPrefix(lines[end], "}") && !strings.HasSuffix(lines[i], "}") {
				end++
			}
			for _, r := range reference.FindAllString(strings.Join(lines[i:end+1], "\n"), -1) {
				foreign++
				fmt.Fprintf(&text, "locals { foreign_%d = %s }\n", foreign, r)
			}
			i = end
			continue
		}
		if adopts.MatchString(lines[i]) && i+1 < len(lines) {
			if m := address.FindStringSubmatch(lines[i+1]); len(m) > 1 && !ours.MatchString(m[1]) {
				i += slices.Index(lines[i:], "}")
				continue
			}
		}
		if s := source.FindStringSubmatch(lines[i]); len(s) > 1 && !strings.HasPrefix(s[1], "terraform-apikeys/") {
			continue
		}
		text.WriteString(lines[i] + "\n")
	}
	m.Files[name] = text.String()
	if !strings.Contains(m.Text+m.Files["with.tf"], "required_providers") {
		m.Files["versions.tf"] = versions
	}
}
