package main

import (
	"crypto/tls"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// asClient makes the test's own program a client that says what it can through the
// standard log: only in a process of its own can GODEBUG be set in time.
const asClient = "APIKEYS_TEST_CLIENT_OF"

func TestMain(m *testing.M) {
	if url := os.Getenv(asClient); url != "" {
		if os.Getenv("APIKEYS_TEST_LOUD") == "" {
			silenceStandardLog()
		}
		req, _ := http.NewRequest(http.MethodPost, url, strings.NewReader(""))
		req.Header.Set("X-Api-Key", "pio_sk_credential")
		client := &http.Client{Transport: insecure()}
		if resp, err := client.Do(req); err == nil {
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
		}
		log.Print("said through the standard log: pio_sk_value")
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// insecure trusts the test's server, which nobody has signed, and speaks HTTP/2.
func insecure() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone() //nolint:forcetypeassert // it is one
	t.TLSClientConfig = &tls.Config{InsecureSkipVerify: true}
	t.ForceAttemptHTTP2 = true
	return t
}

func TestSilenceStandardLog(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "{}") }))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	said := func(loud string) string {
		client := exec.Command(os.Args[0])
		client.Env = append(os.Environ(), asClient+"="+server.URL, "GODEBUG=http2debug=2", "APIKEYS_TEST_LOUD="+loud)
		out, err := client.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return string(out)
	}
	if loud := said("yes"); !strings.Contains(loud, "pio_sk_credential") || !strings.Contains(loud, "pio_sk_value") {
		t.Errorf("without it the log has neither the header nor the line, so this test shows nothing:\n%s", loud)
	}
	if silent := said(""); silent != "" {
		t.Errorf("the standard log still says\n%s", silent)
	}
}

// TestRelease_packages checks that nothing that only tests or builds the provider is
// part of it.
func TestRelease_packages(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	packages := strings.Fields(string(out))
	if len(packages) < 100 {
		t.Fatalf("only %d packages", len(packages))
	}
	for _, path := range packages {
		for _, part := range []string{"/internal/testing", "/internal/tools", "/simulator"} {
			if strings.HasPrefix(path, "github.com/terraform-apikeys/") && strings.Contains(path, part) {
				t.Errorf("the provider links %s", path)
			}
		}
	}
	server, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", `{{if .Module}}{{range .GoFiles}}{{$.Dir}}/{{.}}{{"\n"}}{{end}}{{end}}`, ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range strings.Fields(string(server)) {
		if !strings.HasSuffix(file, ".gen.go") {
			continue
		}
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(source), "StrictServerInterface") {
			t.Errorf("the provider links a generated server: %s", file)
		}
	}
}
