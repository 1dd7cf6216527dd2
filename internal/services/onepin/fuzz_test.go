package onepin

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/httpclient"
)

// Whatever the credentials file holds: a credential that can be sent and an
// address that may be used, or an error that does not quote the file.
func FuzzCredentialsFile(f *testing.F) {
	for _, s := range []string{
		"", "[default]\napi_key = \"op_live_canary\"\n", "[default]\napi_key = \"op_live_canary\"\nbase_url = \"https://example.com\"\n", "[default]\napi_key = \"a b\"\n",
		"[default]\napi_key = 1\n", "api_key = \"x\"", "[default", "[default]\nbase_url = \"http://example.com\"\napi_key=\"x\"", "\xff\xfe", "[[default]]\napi_key=\"canary\"",
	} {
		f.Add(s)
	}
	home := f.TempDir()
	f.Setenv("HOME", home)
	f.Setenv("USERPROFILE", home)
	dir := filepath.Join(home, ".onepin")
	if err := os.Mkdir(dir, 0o700); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, content string) {
		if err := os.WriteFile(filepath.Join(dir, "credentials"), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		found, err := readCredentials()
		if err != nil {
			for _, line := range strings.Split(content, "\n") {
				if len(line) > 12 && strings.Contains(err.Error(), line) {
					t.Fatalf("the error quotes the file: %v", err)
				}
			}
			return
		}
		if value := found.token.Reveal(); value != "" && httpclient.CheckCredential(value) != nil {
			t.Fatal("a credential that cannot be sent was taken")
		}
		if found.baseURL != "" {
			if _, err := httpclient.ParseBaseURL(found.baseURL); err != nil {
				t.Fatalf("an address was taken: %v", err)
			}
		}
	})
}
