package onepin

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/httpclient"
)

// What a token says of its expiry is a time that can be reckoned with, or none.
func FuzzTokenExpiry(f *testing.F) {
	for _, s := range []string{
		"", "op_live_abc", "a.b.c", "eyJhbGciOiJub25lIn0.eyJleHAiOjE5MDAwMDAwMDB9.c2ln", "eyJhbGciOiJub25lIn0.eyJleHAiOi0xfQ.c2ln",
		"eyJhbGciOiJub25lIn0.eyJleHAiOjFlMzAwfQ.c2ln", "eyJhbGciOiJub25lIn0.bnVsbA.c2ln", "eyJhbGciOiJub25lIn0=.eyJleHAiOjE5MDAwMDAwMDB9.c2ln", "...",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, token string) {
		at := expiry(token)
		if at.IsZero() {
			return
		}
		if !isJWT(token) {
			t.Fatalf("an expiry of what is no JWT: %q", token)
		}
		if at.Unix() < 0 || at.Unix() > 1<<40 || at.Sub(at.Add(-time.Hour)) != time.Hour {
			t.Fatalf("%q expires %v", token, at)
		}
	})
}

// Whatever stands in the credentials file: a credential that can be sent and an
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
