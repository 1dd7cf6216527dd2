package docscheck

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"filippo.io/age"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/services/declared"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulators"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/terraform"
)

// folders are the examples of one kind.
func folders(t *testing.T, kind string) []string {
	t.Helper()
	all, err := fs.Glob(checkout, "examples/"+kind+"/*")
	if err != nil || len(all) == 0 {
		t.Fatalf("no examples of %s: %v", kind, err)
	}
	return all
}

// prepare copies an example, and completes it with what its page shows elsewhere. Of
// the two ways to import one key it takes the one that every Terraform knows.
func prepare(t *testing.T, folder string, edit func(text string) string) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "work")
	entries, err := fs.ReadDir(checkout, folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".tf") || e.Name() == "import-by-identity.tf" {
			continue
		}
		text, err := fs.ReadFile(checkout, path.Join(folder, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, e.Name()), edit(string(text)))
	}
	write(t, filepath.Join(dir, "versions.tf"), versions)
	return dir
}

// recipient is the age recipient of the examples, whose identity nobody has.
var recipient = regexp.MustCompile(`age1[0-9a-z]{58}`)

// applyExamples applies the example of every resource, data source, ephemeral
// resource and function against simulated services, imports the keys that are to
// be imported, and destroys everything. What is applied is what the page shows,
// but for ids that only the simulator knows.
func applyExamples(t *testing.T, cli *terraform.CLI) {
	for _, kind := range []string{"resources", "data-sources", "ephemeral-resources", "functions"} {
		for _, folder := range folders(t, kind) {
			if strings.HasSuffix(folder, "_keys") && path.Base(folder) != "apikeys_keys" {
				continue // the other data sources of many keys have tests of their own
			}
			t.Run(strings.TrimPrefix(folder, "examples/"), func(t *testing.T) {
				t.Parallel()
				if kind != "resources" && kind != "data-sources" && !version(t).AtLeast(1, 11) {
					t.Skip("needs ephemeral values and write-only arguments: Terraform or OpenTofu 1.11")
				}
				if version(t).OpenTofu && strings.HasSuffix(folder, "_key") && kind == "ephemeral-resources" {
					t.Skip("OpenTofu refuses values that are not known, and with them a plan that makes no key")
				}
				b := open(t)
				b.apply(t, cli.In("", b.environment()...), kind, folder)
			})
		}
	}
}

// fromCatalog is the service of the catalog that the examples of apikeys_key use.
const fromCatalog = "resend"

// simulated is the simulated services and their stores by name.
type simulated struct {
	server *simulator.Server
	stores map[string]*simulator.Store
}

func open(t *testing.T) simulated {
	t.Helper()
	b := simulated{server: simulator.NewServer(nil), stores: map[string]*simulator.Store{}}
	for _, s := range simulators.Services() {
		b.stores[s.Key.Name] = b.server.Mount(s.Key.Name, s.Simulator)
	}
	b.stores[fromCatalog] = b.server.Mount(fromCatalog, declared.Resend)
	if err := b.server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.server.Close)
	return b
}

func (b simulated) environment() []string {
	var env []string
	for _, s := range simulators.Services() {
		for variable, value := range s.Environment(b.server.URL(s.Key.Name), b.stores[s.Key.Name].Admin(), b.stores[s.Key.Name].CreateSession()) {
			env = append(env, variable+"="+value)
		}
	}
	return env
}

func (b simulated) live() (n int) {
	for _, s := range b.stores {
		n += len(s.Live())
	}
	return n
}

// created is how many keys there ever were.
func (b simulated) created() (n int) {
	for _, s := range b.stores {
		n += len(s.Ledger())
	}
	return n
}

var (
	quotedName = regexp.MustCompile(`(?m)^  name\s+= "([^"]+)"`)
	byID       = regexp.MustCompile(`(?m)^  id = "([^"]+)"`)
	resources  = regexp.MustCompile(`(?m)^resource "apikeys_`)
	configured = regexp.MustCompile(`(?m)^provider "apikeys" \{\n  (?:[^a]|a[^l])`) // without an alias
)

// apply applies one example, and destroys it.
func (b simulated) apply(t *testing.T, cli *terraform.CLI, kind, folder string) {
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	dir := prepare(t, folder, func(s string) string {
		s = recipient.ReplaceAllString(s, identity.Recipient().String())
		text.WriteString(s)
		return s
	})
	cli = cli.In(dir, "TF_VAR_age_identity="+identity.String(), "TF_VAR_ledger="+filepath.Join(dir, "ledger"))
	if strings.Contains(text.String(), `resource "secretstore_`) && !strings.Contains(text.String(), `provider "secretstore"`) {
		write(t, filepath.Join(dir, "secretstore.tf"), "variable \"ledger\" {}\n\nprovider \"secretstore\" {\n  ledger = var.ledger\n}\n")
	}
	if !configured.MatchString(text.String()) {
		write(t, filepath.Join(dir, "provider.tf"), fmt.Sprintf("provider \"apikeys\" {\n  service {\n    name       = %q\n    base_url   = %q\n    credential = %q\n  }\n}\n",
			fromCatalog, b.server.URL(fromCatalog), b.stores[fromCatalog].Admin()))
	}
	made := len(resources.FindAllString(text.String(), -1))
	if kind == "resources" || kind == "data-sources" {
		b.exists(t, folder, dir)
	}
	run := func(args ...string) {
		t.Helper()
		if _, err := cli.Run(t.Context(), args...); err != nil {
			t.Fatal(err)
		}
	}
	run("apply", "-auto-approve")
	if kind != "data-sources" && b.live() != made {
		t.Errorf("%d keys live after the apply, want %d", b.live(), made)
	}
	if kind == "resources" {
		run("plan", "-detailed-exitcode")
		if n := b.created(); n != made {
			t.Errorf("%d keys were made, one of them by hand, want %d: what was to be imported is not what the plan took over", n, made)
		}
	}
	run("destroy", "-auto-approve")
	if kind != "data-sources" && b.live() != 0 {
		t.Errorf("%d keys live after the destroy", b.live())
	}
}

// exists creates the key that an example imports or looks up, and gives the example
// its id, which is the simulator's choice.
func (b simulated) exists(t *testing.T, folder, dir string) {
	t.Helper()
	service := strings.Split(path.Base(folder), "_")[1]
	switch service {
	case "key":
		service = fromCatalog
	case "keys", "service":
		return // they look no single key up
	}
	for _, name := range []string{"import-by-string-id.tf", "data-source.tf"} {
		file := filepath.Join(dir, name)
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		draft := "looked up by its id"
		if resource, err := os.ReadFile(filepath.Join(dir, "resource.tf")); err == nil {
			draft = quotedName.FindStringSubmatch(string(resource))[1]
		} else if m := quotedName.FindStringSubmatch(string(text)); m != nil {
			draft = m[1]
		}
		key := b.stores[service].Mint(draft)
		if id := byID.FindStringSubmatch(string(text)); len(id) > 1 && !strings.Contains(id[1], "name:") {
			write(t, file, strings.ReplaceAll(string(text), id[1], key.ID))
		}
	}
}
