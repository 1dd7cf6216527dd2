package docscheck

import (
	"bytes"
	"errors"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/provider"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services/custom"
)

// checkout is the root of the checkout.
var checkout = os.DirFS("../../..")

// documentation are the pages of the registry, the README and the examples' own.
func documentation(t *testing.T) []Page {
	t.Helper()
	pages, err := Pages(checkout, "docs", "README.md", "examples")
	if err != nil {
		t.Fatal(err)
	}
	return pages
}

func report(t *testing.T, found []Finding) {
	t.Helper()
	for _, f := range found {
		t.Error(f)
	}
}

// schemas asks the provider for all that it offers: the paths of all attributes,
// and their descriptions by the name of the thing and the path.
func schemas(t *testing.T) (Things, map[string]string) {
	t.Helper()
	server := provider.NewServer(provider.Options{})
	all, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil || len(all.Diagnostics) > 0 {
		t.Fatal(err, all)
	}
	things, descriptions := Things{"": {}, "functions": {}}, map[string]string{}
	add := func(kind, name string, s *tfprotov6.Schema) {
		if things[kind] == nil {
			things[kind] = map[string][]string{}
		}
		var paths []string
		walk("", s.Block, func(path string, a *tfprotov6.SchemaAttribute) {
			paths = append(paths, path)
			descriptions[kind+" "+name+"."+path] = a.Description
		})
		things[kind][name] = paths
		descriptions[kind+" "+name] = s.Block.Description
	}
	add("", "provider", all.Provider)
	for kind, group := range map[string]map[string]*tfprotov6.Schema{
		"resources": all.ResourceSchemas, "data-sources": all.DataSourceSchemas,
		"ephemeral-resources": all.EphemeralResourceSchemas, "list-resources": all.ListResourceSchemas,
	} {
		for name, s := range group {
			add(kind, name, s)
		}
	}
	for name, a := range all.ActionSchemas {
		add("actions", name, a.Schema)
	}
	for name, f := range all.Functions {
		things["functions"][name] = nil
		for _, p := range f.Parameters {
			things["functions"][name] = append(things["functions"][name], p.Name)
			descriptions["functions "+name+"."+p.Name] = p.Description
		}
	}
	return things, descriptions
}

// walk visits the attributes of a block and of all that is nested in it. A nested
// block is visited like an attribute.
func walk(prefix string, b *tfprotov6.SchemaBlock, visit func(path string, a *tfprotov6.SchemaAttribute)) {
	for _, a := range b.Attributes {
		visit(prefix+a.Name, a)
		if a.NestedType != nil {
			walk(prefix+a.Name+".", &tfprotov6.SchemaBlock{Attributes: a.NestedType.Attributes}, visit)
		}
	}
	for _, nested := range b.BlockTypes {
		visit(prefix+nested.TypeName, &tfprotov6.SchemaAttribute{Name: nested.TypeName, Description: nested.Block.Description})
		walk(prefix+nested.TypeName+".", nested.Block, visit)
	}
}

func TestDocs_coverage(t *testing.T) {
	t.Parallel()
	things, descriptions := schemas(t)
	found, err := Coverage(checkout, things)
	if err != nil {
		t.Fatal(err)
	}
	report(t, append(found, Described(descriptions)...))
}

func TestDocs_links(t *testing.T) {
	t.Parallel()
	paths, err := fs.Glob(checkout, "*.md")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := Pages(checkout, append(paths, "docs", "examples", "internal/testing")...)
	if err != nil {
		t.Fatal(err)
	}
	report(t, Links(checkout, pages))
}

func TestDocs_code(t *testing.T) {
	t.Parallel()
	bash, err := exec.LookPath("bash")
	shell := func(script string) error {
		cmd := exec.CommandContext(t.Context(), bash, "-n")
		cmd.Stdin = bytes.NewBufferString(script)
		out, err := cmd.CombinedOutput()
		if err != nil {
			return errors.New(string(out))
		}
		return nil
	}
	if err != nil {
		t.Log("no bash here: shell scripts are not checked")
		shell = nil
	}
	report(t, Code(documentation(t), shell))
}

func TestDocs_words(t *testing.T) {
	t.Parallel()
	list, err := os.Open("testdata/words.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer list.Close()
	words, err := ReadWords(list)
	if err != nil {
		t.Fatalf("testdata/words.txt: %v", err)
	}
	for _, s := range provider.Services() {
		for _, setting := range s.Settings {
			for _, env := range setting.Env {
				words[env] = true
			}
		}
	}
	for _, e := range custom.Catalog() {
		words[e.Name], words[e.CredentialEnv] = true, true
	}
	for _, g := range (custom.Declaration{}).Guarantees() {
		words[g.Name] = true
	}
	isCatalog := func(p Page) bool { return p.Path == "docs/guides/catalog.md" } // has the services' own words
	things, _ := schemas(t)
	report(t, Unknown(slices.DeleteFunc(documentation(t), isCatalog), things, words))
}

// troubleshooting is the page that explains every message.
const troubleshooting = "docs/guides/troubleshooting.md"

func TestDocs_messages(t *testing.T) {
	t.Parallel()
	text, err := fs.ReadFile(checkout, troubleshooting)
	if err != nil {
		t.Fatal(err)
	}
	page, err := Parse(troubleshooting, string(text))
	if err != nil {
		t.Fatal(err)
	}
	explained := Explained(page)
	made := map[string]string{}
	for _, dir := range []string{"internal/tfkey", "internal/provider"} {
		summaries, err := Summaries(checkout, dir)
		if err != nil {
			t.Fatal(err)
		}
		maps.Copy(made, summaries)
	}
	// The reasons: what the engine's errors have between the status and the words.
	kinds, err := Constants(checkout, "internal/keyring/driver", "Kind")
	if err != nil {
		t.Fatal(err)
	}
	maps.Copy(made, kinds)
	if len(kinds) < 10 || len(made) < 40 {
		t.Errorf("only %d summaries and %d kinds were found; the search must be out of date", len(made)-len(kinds), len(kinds))
	}
	for _, summary := range slices.Sorted(maps.Keys(made)) {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(explained)), func(message string) bool { return Matches(summary, message) }) {
			t.Errorf("%s does not explain `%s` (%s)", troubleshooting, summary, made[summary])
		}
	}
	for _, message := range slices.Sorted(maps.Keys(explained)) {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(made)), func(summary string) bool { return Matches(summary, message) }) {
			t.Errorf("%s:%d explains `%s`, which the provider does not say", troubleshooting, explained[message], message)
		}
	}
}

func TestDocs_modules(t *testing.T) {
	t.Parallel()
	modules, found := Modules(documentation(t))
	report(t, found)
	if len(modules) < 20 {
		t.Errorf("only %d pieces of Terraform code were found; the search must be out of date", len(modules))
	}
}
