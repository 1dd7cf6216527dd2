package conformance

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services/custom"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/services/documented"
)

// attempt is a test that may fail.
type attempt struct {
	testing.TB
	mu     sync.Mutex
	failed string
}

// Fatalf ends the attempt.
func (a *attempt) Fatalf(format string, args ...any) {
	a.mu.Lock()
	a.failed = fmt.Sprintf(format, args...)
	a.mu.Unlock()
	runtime.Goexit()
}

// Helper, Logf: nothing of an attempt is shown.
func (a *attempt) Helper()             {}
func (a *attempt) Logf(string, ...any) {}

// TestCatalogLives_broken: a life notices each wrong pointer, path and format of an entry.
// create.created_at is not among them: without it the listing says the time.
func TestCatalogLives_broken(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string][]string{
		"clerk":      {"create.path", "create.id", "create.value", "list.items", "list.id", "list.name", "list.created_at", "list.created_at_format", "list.last_used_at", "list.revoked", "list.page.param", "revoke.path"},
		"databricks": {"create.name", "create.id", "create.value", "list.items", "list.id", "list.name", "list.created_at", "list.created_at_format", "revoke.id", "revoke.method"},
		"openai":     {"create.value", "list.page.param", "list.page.style", "revoke.confirm", "auth.prefix"},
		"qdrant":     {"list.hint", "create.name"},
		"pinecone":   {"update.path", "update.method", "list.path", "list.name"},
	} {
		entry, _ := custom.Lookup(name)
		simulated, err := documented.Read(documentation, name)
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range broken {
			t.Run(name+" "+at, func(t *testing.T) {
				t.Parallel()
				for _, step := range lifeSteps {
					if failure := try(t, entry, simulated, at, step); failure != "" {
						return
					}
				}
				t.Error("no step of the life notices it")
			})
		}
	}
}

// try lives one step with an entry that is wrong at a place. It returns what failed.
func try(t *testing.T, entry custom.Entry, simulated documented.Service, at string, step func(*catalogLife)) string {
	t.Helper()
	a := &attempt{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		step(newLife(t, a, entry, simulated, func(declaration map[string]any) { breakAt(declaration, strings.Split(at, ".")) }))
	}()
	<-done
	return a.failed
}

// breakAt makes one field of a declaration wrong.
func breakAt(object map[string]any, path []string) {
	for _, name := range path[:len(path)-1] {
		inner, ok := object[name].(map[string]any)
		if !ok {
			inner = map[string]any{}
			object[name] = inner
		}
		object = inner
	}
	last := path[len(path)-1]
	switch last {
	case "created_at_format":
		object[last] = map[bool]string{true: "unix", false: "rfc3339"}[object[last] == "unix_ms"]
	case "style":
		object[last] = "page"
	case "method":
		object[last] = "PUT"
	default:
		text, _ := object[last].(string)
		object[last] = text + "x"
	}
}
