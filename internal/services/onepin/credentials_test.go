package onepin

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/servicestest"
)

// home gives the test a home directory with a credentials file; "" for none.
func home(t *testing.T, content string, mode os.FileMode) {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("HOME", dir)
	t.Setenv("USERPROFILE", dir)
	if content == "" {
		return
	}
	path := filepath.Join(dir, ".onepin", "credentials")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

const fileOfCLI = "[default]\napi_key = \"op_live_file\"\nbase_url = \"https://file.example\"\n\n[other]\napi_key = \"op_live_other\"\n"

// unset is the configuration of somebody who has set nothing.
func unset() services.Config {
	c := servicestest.Config("https://api.onepin.ai", nil)
	delete(c.Source, services.BaseURL)
	return c
}

func found(t *testing.T, c services.Config) (token, address string) {
	t.Helper()
	b, err := findBearer(&c)
	if err != nil {
		t.Fatal(err)
	}
	return b.Current().Reveal(), c.Settings[services.BaseURL]
}

func TestFindBearer_order(t *testing.T) {
	home(t, fileOfCLI, 0o600)
	if token, address := found(t, unset()); token != "op_live_file" || address != "https://file.example" {
		t.Errorf("the file: got %s at %s", token, address)
	}

	home(t, strings.ReplaceAll(fileOfCLI, "op_live_file", " op_live_file\\r\\n"), 0o600)
	if token, _ := found(t, unset()); token != "op_live_file" {
		t.Errorf("what stands around the key in the file: got %q", token)
	}
	home(t, "\xef\xbb\xbf"+strings.ReplaceAll(fileOfCLI, "\n", "\r\n"), 0o600)
	if token, address := found(t, unset()); token != "op_live_file" || address != "https://file.example" {
		t.Errorf("the file as Windows writes it: got %s at %s", token, address)
	}

	c := unset()
	c.Settings[services.BaseURL], c.Source[services.BaseURL] = "https://set.example", "ONEPIN_BASE_URL"
	if token, address := found(t, c); token != "op_live_file" || address != "https://set.example" {
		t.Errorf("base_url from the environment: got %s at %s", token, address)
	}

	c = unset()
	c.Settings["token"], c.Source["token"] = "op_live_env", "ONEPIN_API_KEY"
	if token, address := found(t, c); token != "op_live_env" || address != "https://api.onepin.ai" {
		t.Errorf("a variable must not be sent to the file's address: got %s at %s", token, address)
	}

	c.Settings["token"] = "" // nothing but a line break, which is not "none"
	_, err := findBearer(&c)
	if e := servicestest.Failure(t, err); e.Kind != driver.KindCredential || !strings.Contains(e.Message, "ONEPIN_API_KEY cannot be used") {
		t.Errorf("an empty variable: got %v", e)
	}

	c.Lists["token_command"] = []string{"print-token"}
	b, err := findBearer(&c)
	if err != nil || !b.Current().IsZero() {
		t.Errorf("token_command beats a variable: got %v, %v", b, err)
	}

	c.Source["token"] = services.FromAttribute
	_, err = findBearer(&c)
	if e := servicestest.Failure(t, err); e.Kind != driver.KindInvalid || !strings.Contains(e.Error(), "both") {
		t.Errorf("token and token_command: got %v", e)
	}
}

func TestFindBearer_doesNotReadTheFileInVain(t *testing.T) {
	home(t, "not toml", 0o644)
	c := unset()
	c.Settings["token"], c.Source["token"] = "op_live_env", "ONEPIN_TOKEN"
	if token, _ := found(t, c); token != "op_live_env" {
		t.Errorf("got %s", token)
	}
}

func TestFindBearer_nothing(t *testing.T) {
	for _, content := range []string{"", "[default]\nbase_url = \"https://file.example\"\n", "[other]\napi_key = \"op_live_other\"\n"} {
		home(t, content, 0o600)
		_, err := Connect(unset())
		e := servicestest.Failure(t, err)
		for _, want := range []string{"onepin.token", "token_command", "ONEPIN_TOKEN", "ONEPIN_API_KEY", "~/.onepin/credentials", "dashboard"} {
			if e.Kind != driver.KindCredential || !strings.Contains(e.Message, want) {
				t.Errorf("%q: got %v, want it to name %s", content, e, want)
			}
		}
	}
}

func TestFindBearer_refusals(t *testing.T) {
	for _, c := range []struct {
		content string
		mode    os.FileMode
		want    string
	}{
		{fileOfCLI, 0o644, "chmod 600"},
		{fileOfCLI, 0o640, "chmod 600"},
		{"[default]\napi_key = op_live_file\n", 0o600, "line 2"},
		{"[default]\napi_key = [\"op_live_file\"]\n", 0o600, "[default]"},
		{"default = \"op_live_file\"\n", 0o600, "[default]"},
		{"[default]\napi_key = \"op_live_file of mine\"\n", 0o600, "a space"},
		{"[default]\napi_key = \"op_live_file\"\nbase_url = \"http://op_live_file.example\"\n", 0o600, "https://"},
		{strings.Repeat("# op_live_file\n", maxCredentials/10), 0o600, "too large"},
	} {
		if runtime.GOOS == "windows" && c.mode != 0o600 {
			continue
		}
		home(t, c.content, c.mode)
		_, err := Connect(unset())
		e := servicestest.Failure(t, err)
		if e.Kind != driver.KindCredential || !strings.Contains(e.Message, c.want) || strings.Contains(e.Error(), "op_live_file") {
			t.Errorf("%.40q: got %v, want it to say %s", c.content, e, c.want)
		}
	}
	for _, command := range [][]string{{}, {""}} {
		c := unset()
		c.Lists["token_command"] = command
		_, err := Connect(c)
		if e := servicestest.Failure(t, err); e.Kind != driver.KindInvalid || e.Fields[0].Field != "token_command" {
			t.Errorf("got %v", e)
		}
	}
}
