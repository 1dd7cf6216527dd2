package docscheck

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"
)

// planted is a page with one mistake, and what the finding must say; "" where
// nothing may be found.
type planted struct{ page, want string }

// expect checks that each planted mistake is found, and nothing else.
func expect(t *testing.T, path string, cases map[string]planted, check func(pages []Page) []Finding) {
	t.Helper()
	for name, c := range cases {
		page, err := Parse(path, c.page)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		found := check([]Page{page})
		switch {
		case c.want == "" && len(found) > 0:
			t.Errorf("%s: found %v, where nothing is wrong", name, found)
		case c.want != "" && (len(found) != 1 || !strings.Contains(found[0].String(), c.want)):
			t.Errorf("%s: found %v, want one that says %q", name, found, c.want)
		}
	}
}

func TestParse_unclosed(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"```text\nnever closed", "<!-- docscheck: continues"} {
		if _, err := Parse("x.md", text); err == nil {
			t.Errorf("%q was read", text)
		}
	}
}

func TestLinks_planted(t *testing.T) {
	t.Parallel()
	root := fstest.MapFS{"docs/index.md": {}, "docs/guides/other.md": {}, "examples/demo/main.tf": {}}
	index, err := Parse("docs/index.md", "# Here\n## What there is\n## What there is\n<a id=\"own\"></a>\n")
	if err != nil {
		t.Fatal(err)
	}
	check := func(pages []Page) []Finding { return Links(root, append(pages, index)) }
	expect(t, "README.md", map[string]planted{
		"file":              {"[a](examples/demo) and [b](docs/index.md#what-there-is-1)", ""},
		"in code":           {"`[a](nowhere)`", ""},
		"missing file":      {"[a](examples/nowhere)", "there is no examples/nowhere"},
		"missing anchor":    {"[a](docs/index.md#nothing)", "no heading"},
		"own anchor":        {"[a](docs/index.md#own)", ""},
		"own page":          {"# A b\n[a](#a-b)", ""},
		"own page, wrong":   {"# A b\n[a](#a-c)", "no heading"},
		"absolute":          {"[a](/docs/index.md)", "absolute"},
		"not https":         {"[a](http://example.com)", "neither https"},
		"elsewhere":         {"[a](https://example.com/x#y)", ""},
		"registry":          {"[a](" + registry + "/docs#here)", ""},
		"registry, missing": {"[a](" + registry + "/docs/guides/nothing)", "there is no docs/guides/nothing.md"},
		"picture":           {"![a](.github/missing.svg)", "there is no .github/missing.svg"},
		"on GitHub":         {"[a](" + repository[0] + "docs/index.md#here) and ![b](" + repository[2] + "examples/demo/main.tf)", ""},
		"on GitHub, wrong":  {"![a](" + repository[2] + "missing.svg)", "there is no missing.svg"},
	}, check)
	expect(t, "docs/guides/x.md", map[string]planted{
		"relative": {"[a](../index.md)", "full address"},
	}, check)
}

func TestUnknown_planted(t *testing.T) {
	t.Parallel()
	things := Things{
		"":             {"provider": {"onepin", "onepin.token", "service.list.page.style"}},
		"resources":    {"apikeys_onepin_key": {"id", "rotate_after", "retiring", "retiring.revoke_at"}},
		"data-sources": {"apikeys_onepin_keys": {"ids"}},
	}
	expect(t, "x.md", map[string]planted{
		"attribute":         {"`rotate_after = \"90d\"`, `retiring.revoke_at`, `revoke_at`, `onepin.token`, `page.style`, `id`", ""},
		"file":              {"`main.tf`", ""},
		"no name":           {"`terraform plan -out=x`, `age1…`, `90d`, `--flag`", ""},
		"misspelt":          {"`rotation_at`", "rotation_at"},
		"misspelt in path":  {"`retiring.revoke_ats`", "retiring.revoke_ats"},
		"type":              {"`apikeys_onepin_key.a.id`, `apikeys_<service>_keys`, `data.apikeys_onepin_keys.a.ids`", ""},
		"misspelt type":     {"`apikeys_onepn_key`", "apikeys_onepn_key"},
		"any, misspelt":     {"`apikeys_<service>_kees`", "apikeys_<service>_kees"},
		"another's":         {"`apikeys_onepin_key.a.ids`", "no schema has ids"},
		"other word":        {"`lifecycle`", ""},
		"variable":          {"`ONEPIN_TOKEN`", ""},
		"misspelt variable": {"`ONEPIN_TOKN`", "ONEPIN_TOKN"},
	}, func(pages []Page) []Finding {
		return Unknown(pages, things, Words{"lifecycle": true, "ONEPIN_TOKEN": true})
	})
}

func TestReadWords(t *testing.T) {
	t.Parallel()
	words, err := ReadWords(strings.NewReader("# because\na b\n\n# also\nc\n"))
	if err != nil || len(words) != 3 {
		t.Errorf("%v, %v; want three words", words, err)
	}
	if _, err := ReadWords(strings.NewReader("# because\na\n\nb\n")); err == nil || !strings.Contains(err.Error(), "does not say why") {
		t.Errorf("a group without a reason: %v", err)
	}
}

func TestCode_planted(t *testing.T) {
	t.Parallel()
	expect(t, "x.md", map[string]planted{
		"unknown language": {"```jsno\n{}\n```", `"jsno"`},
		"json":             {"```json\n{\"a\": 1}\n```", ""},
		"no json":          {"```json\n{\"a\": }\n```", "no JSON"},
		"shell":            {"```shell\nok\n```", ""},
		"no shell":         {"```shell\nif\n```", "unexpected end"},
		"yaml":             {"```yaml\na:\n  - b: 1\n    c: |\n      any thing\n  - d # e\nf: g\n```", ""},
		"odd yaml":         {"```yaml\na:\n   b: 1\n```", "pairs of spaces"},
		"deep yaml":        {"```yaml\na: 1\n  b: 1\n```", "opens nothing"},
		"no yaml":          {"```yaml\na\n```", "neither an item"},
	}, func(pages []Page) []Finding {
		return Code(pages, func(script string) error {
			if script == "if\n" {
				return errors.New("unexpected end")
			}
			return nil
		})
	})
}

func TestModules_planted(t *testing.T) {
	t.Parallel()
	page, err := Parse("x.md", strings.Join([]string{
		"```terraform\nresource \"apikeys_a_key\" \"a\" {\n  name = \"a\"\n}\n```",
		"Text.\n<!-- docscheck: continues -->\n```hcl\nresource \"aws_x\" \"y\" {\n  z = apikeys_a_key.a.id\n}\n```",
		"<!-- docscheck: with\nvariable \"v\" {}\n-->\n```terraform\nremoved {\n  from = aws_x.y\n}\nimport {\n  to = apikeys_a_key.a\n}\n```",
		"<!-- docscheck: skip: it is not for Terraform to judge -->\n```hcl\nx\n```",
	}, "\n\n"))
	if err != nil {
		t.Fatal(err)
	}
	modules, found := Modules([]Page{page})
	if len(found) > 0 || len(modules) != 2 {
		t.Fatalf("%d modules, %v; want 2 and nothing wrong", len(modules), found)
	}
	if text := modules[0].Files["main.tf"]; strings.Contains(text, "aws_x") || !strings.Contains(text, "locals { foreign_1 = apikeys_a_key.a.id }") {
		t.Errorf("what belongs to another provider leaves only its references: %s", text)
	}
	if m := modules[1]; m.Terraform != 7 || m.OpenTofu != 11 || m.Files["with.tf"] != "variable \"v\" {}\n" || strings.Contains(m.Files["main.tf"], "removed") || !strings.Contains(m.Files["main.tf"], "import") {
		t.Errorf("%+v", m)
	}
	if m := modules[0]; m.Terraform != 0 || m.OpenTofu != 0 {
		t.Errorf("a plain resource needs Terraform 1.%d, OpenTofu 1.%d", m.Terraform, m.OpenTofu)
	}
	for _, wrong := range []string{"continue", "skip: no", "with", "needs terraform"} {
		expect(t, "x.md", map[string]planted{wrong: {"<!-- docscheck: " + wrong + " -->\n```hcl\n```", "means nothing"}},
			func(pages []Page) []Finding { _, found := Modules(pages); return found })
	}
}

func TestCoverage_planted(t *testing.T) {
	t.Parallel()
	root := fstest.MapFS{"docs/resources/a_key.md": {}, "docs/resources/old_key.md": {}}
	found, err := Coverage(root, Things{"": {"provider": nil}, "resources": {"apikeys_a_key": nil, "apikeys_b_key": nil}})
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, f := range found {
		all = append(all, f.String())
	}
	if text := strings.Join(all, "\n"); len(found) != 2 || !strings.Contains(text, "apikeys_b_key has no page") || !strings.Contains(text, "old_key.md: the provider has no such thing") {
		t.Errorf("found %v", all)
	}
	if found := Described(map[string]string{"a": "The key's identifier.", "b": "", "c": "no sentence here"}); len(found) != 2 {
		t.Errorf("found %v, want b and c", found)
	}
}
