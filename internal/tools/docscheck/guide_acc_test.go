package docscheck

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/terraform"
)

// applyGuide applies the declaration of the guide "Declare a service" at a server that
// answers as the guide's session with curl shows.
func applyGuide(t *testing.T, cli *terraform.CLI) {
	path := "docs/guides/declare-a-service.md"
	text, err := fs.ReadFile(checkout, path)
	if err != nil {
		t.Fatal(err)
	}
	page, err := Parse(path, string(text))
	if err != nil {
		t.Fatal(err)
	}
	modules, _ := Modules([]Page{page})
	var created atomic.Int64 // in Unix milliseconds; 0 without a key
	server := httptest.NewServer(guideService(t, &created))
	defer server.Close()

	dir := filepath.Join(t.TempDir(), "work")
	write(t, filepath.Join(dir, "main.tf"), strings.ReplaceAll(modules[0].Text, "https://keys.example.com", server.URL))
	write(t, filepath.Join(dir, "versions.tf"), versions)
	cli = cli.In(dir, "INTERNAL_KEYS_TOKEN=admin")
	for _, step := range []struct {
		args []string
		live bool
	}{
		{[]string{"apply", "-auto-approve"}, true},
		{[]string{"plan", "-detailed-exitcode"}, true},
		{[]string{"destroy", "-auto-approve"}, false},
	} {
		if _, err := cli.Run(t.Context(), step.args...); err != nil {
			t.Fatal(err)
		}
		if live := created.Load() != 0; live != step.live {
			t.Errorf("after %s: the key lives: %t", step.args[0], live)
		}
	}
}

// guideService is the service of the guide, with room for one key.
func guideService(t *testing.T, created *atomic.Int64) http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern string, status int, answer func(r *http.Request) string) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "Bearer admin" {
				t.Errorf("%s: not signed as in the guide", pattern)
			}
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, answer(r))
		})
	}
	handle("POST /v1/projects/p1/keys", http.StatusCreated, func(r *http.Request) string {
		var body map[string]string
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil || len(body) != 1 || body["label"] != "trial" {
			t.Errorf("create: sent %v, %v", body, err)
		}
		created.Store(time.Now().UnixMilli())
		return `{"data": {"id": 17, "label": "trial"}, "secret": "ik_0c1d9f3c"}`
	})
	handle("GET /v1/projects/p1/keys", http.StatusOK, func(*http.Request) string {
		if created.Load() == 0 {
			return `{"data": [], "next": null}`
		}
		return fmt.Sprintf(`{"data": [{"id": 17, "label": "trial", "created": %d, "last4": "9f3c"}], "next": null}`, created.Load())
	})
	handle("DELETE /v1/keys/17", http.StatusNoContent, func(*http.Request) string {
		created.Store(0)
		return ""
	})
	return mux
}
