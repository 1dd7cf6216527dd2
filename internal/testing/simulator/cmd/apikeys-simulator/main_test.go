package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulators"
)

func TestRun(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	env := filepath.Join(t.TempDir(), "simulator.env")
	var stdout bytes.Buffer
	ended := make(chan error)
	go func() {
		ended <- run(ctx, []string{"-env", env, "-lifetime", "1m", "-limit", "5/1h", "-limit", "create=1/1m"}, &stdout, &stdout)
	}()

	variables := map[string]string{}
	for text := waitFor(t, env); text != ""; {
		var line string
		line, text, _ = strings.Cut(text, "\n")
		if m := regexp.MustCompile(`^export ([A-Z_]+)='([^']+)'$`).FindStringSubmatch(line); m != nil {
			variables[m[1]] = m[2]
		}
	}
	if info, err := os.Stat(env); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the environment file has mode %v, %v", info.Mode(), err)
	}
	response, err := http.Get(variables["APIKEYS_SIMULATOR_URL"] + "/_control/requests")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var services []simulator.ServiceStatus
	err = json.NewDecoder(response.Body).Decode(&services)
	if n := len(simulators.Services()); err != nil || len(services) != n || len(variables) != 1+2*n {
		t.Fatalf("%d variables, services %+v, %v", len(variables), services, err)
	}
	for _, s := range services {
		prefix := strings.ToUpper(s.Name)
		credential := variables[prefix+"_API_KEY"] + variables[prefix+"_TOKEN"]
		if credential != s.Admin || variables[prefix+"_BASE_URL"] != s.URL {
			t.Errorf("%s: the variables are %v, the service says %+v", s.Name, variables, s)
		}
	}
	created, err := http.Post(variables["APIKEYS_SIMULATOR_URL"]+"/_control/mint", "application/json",
		strings.NewReader(`{"service": "expunct", "draft": {"name": "not revoked"}}`))
	if err != nil {
		t.Fatal(err)
	}
	_ = created.Body.Close()
	refused := 0
	for range 7 {
		response, err := http.Get(variables["EXPUNCT_BASE_URL"] + "/api-keys")
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused != 2 {
		t.Errorf("%d of 7 requests were refused by a limit of 5", refused)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if out := stdout.String(); !strings.Contains(out, "pioneer: 0 live keys left") || !strings.Contains(out, "expunct: 1 live keys left") {
		t.Errorf("the program said %s", out)
	}
}

// waitFor returns a file's text as soon as there is one.
func waitFor(t *testing.T, path string) string {
	t.Helper()
	for range 1000 {
		if text, err := os.ReadFile(path); err == nil {
			return string(text)
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("the environment file did not appear")
	return ""
}

func TestRun_endsByItself(t *testing.T) {
	var stdout bytes.Buffer
	if err := run(t.Context(), []string{"-lifetime", "1ms"}, &stdout, &stdout); err != nil {
		t.Error(err)
	}
	if !strings.Contains(stdout.String(), "for 1ms") {
		t.Errorf("the program said %s", stdout.String())
	}
}

func TestRun_generation(t *testing.T) {
	for generation, session := range map[string]bool{"pioneer=dashboard": true, "": false} {
		args := []string{"-lifetime", "1ms", "-env", filepath.Join(t.TempDir(), "simulator.env")}
		if generation != "" {
			args = append(args, "-generation", generation)
		}
		var out bytes.Buffer
		if err := run(t.Context(), args, &out, &out); err != nil {
			t.Fatal(err)
		}
		if env := waitFor(t, args[3]); strings.Contains(env, "export PIONEER_SESSION_TOKEN='") != session {
			t.Errorf("%q: %s", generation, env)
		}
	}
}

func TestRun_refuses(t *testing.T) {
	for name, args := range map[string][]string{
		"an address that others reach": {"-listen", "0.0.0.0:0"},
		"a file it cannot write":       {"-env", filepath.Join(t.TempDir(), "no", "such", "folder")},
		"an argument":                  {"now"},
		"an unknown flag":              {"-forever"},
		"no limit":                     {"-limit", "many"},
		"no generation":                {"-generation", "pioneer=stone-age"},
	} {
		var out bytes.Buffer
		if err := run(t.Context(), args, &out, &out); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
