package services_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	module = "github.com/terraform-apikeys/terraform-provider-apikeys/"
	// list is the one file that may import services, simulatorList the one that may import
	// their simulators, and suite the one that may import the example services.
	list          = "internal/provider/services.go"
	simulatorList = "internal/testing/simulators/simulators.go"
	suite         = "internal/testing/conformance/suite_test.go"
	examples      = "internal/testing/services/"
)

// exampleSimulators is the one file that reaches the simulators of the examples.
const exampleSimulators = "internal/testing/simulator/examples_test.go"

// isForeign reports whether a file must not import a package of a service: only the two
// lists may, outside of the service's own folder. All paths are slash-separated, from
// the root of the repository.
func isForeign(folders []string, file, imported string) bool {
	for _, folder := range folders {
		if imported != folder && !strings.HasPrefix(imported, folder+"/") || strings.HasPrefix(file, folder+"/") {
			continue
		}
		isListed := file == list && imported == folder || file == simulatorList && imported == folder+"/simulator" ||
			file == suite && strings.HasPrefix(folder, examples) && (imported == folder || imported == folder+"/simulator")
		return !isListed
	}
	return false
}

func TestIsForeign(t *testing.T) {
	t.Parallel()
	folders := []string{"internal/services/a", "internal/services/b", examples + "c"}
	for _, c := range []struct {
		file, imported string
		want           bool
	}{
		{"internal/services/a/client.go", "internal/services/a/api", false},
		{"internal/services/a/a_test.go", "internal/services/a", false},
		{"internal/services/b/client.go", "internal/services/a", true},
		{"internal/services/b/client.go", "internal/services/a/api", true},
		{list, "internal/services/a", false},
		{list, "internal/services/a/api", true},
		{list, "internal/services/a/simulator", true},
		{simulatorList, "internal/services/a/simulator", false},
		{simulatorList, "internal/services/a", true},
		{suite, examples + "c", false},
		{suite, examples + "c/simulator", false},
		{suite, examples + "c/api", true},
		{suite, "internal/services/a", true},
		{"internal/provider/provider.go", "internal/services/a", true},
		{"main.go", "internal/services/ab", false},
		{"main.go", "internal/services", false},
	} {
		if got := isForeign(folders, c.file, c.imported); got != c.want {
			t.Errorf("%s importing %s: got %t", c.file, c.imported, got)
		}
	}
}

// TestImports holds for every service that there is, and for those to come: a
// service is recognised by its api folder.
func TestImports(t *testing.T) {
	t.Parallel()
	root := os.DirFS(filepath.Join("..", ".."))
	apis, err := fs.Glob(root, "internal/services/*/api/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	exampleAPIs, err := fs.Glob(root, "internal/testing/services/*/api/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var folders []string
	for _, file := range append(apis, exampleAPIs...) {
		folders = append(folders, path.Dir(path.Dir(file)))
	}
	listed, simulated := 0, 0
	err = fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != "." && strings.HasPrefix(d.Name(), "."):
			return fs.SkipDir
		case d.IsDir() || path.Ext(name) != ".go":
			return nil
		}
		source, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), name, source, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range parsed.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			imported, ours := strings.CutPrefix(imported, module)
			if name == list && slices.Contains(folders, imported) {
				listed++
			}
			if name == simulatorList && slices.Contains(folders, strings.TrimSuffix(imported, "/simulator")) {
				simulated++
			}
			if name == exampleSimulators && strings.HasPrefix(imported, "internal/testing/services/") && path.Base(imported) == "simulator" {
				continue // the examples are in no list
			}
			if ours && isForeign(folders, name, imported) {
				t.Errorf("%s imports %s: a service is reached through provider.Services, and its api from its own folder alone", name, imported)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(apis) == 0 || listed != len(apis) || simulated != len(apis) {
		t.Errorf("%s imports %d and %s %d of the %d services: %v", list, listed, simulatorList, simulated, len(apis), folders)
	}
}
