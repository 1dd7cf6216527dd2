package httpclient

import (
	"net"
	"strings"
	"testing"
)

func TestParseBaseURL(t *testing.T) {
	for raw, want := range map[string]string{
		"https://api.pioneer.ai":                "https://api.pioneer.ai",
		"https://api.pioneer.ai/":               "https://api.pioneer.ai",
		"https://api.pii-redactor.dev/api/v1":   "https://api.pii-redactor.dev/api/v1",
		"https://api.pii-redactor.dev/api/v1//": "https://api.pii-redactor.dev/api/v1",
		"HTTPS://api.onepin.ai:8443/a%2Fb/":     "https://api.onepin.ai:8443/a%2Fb",
		"http://localhost:8080/pioneer":         "http://localhost:8080/pioneer",
		"http://LOCALHOST":                      "http://localhost",
		"http://localhost.":                     "",
		"http://api.localhost":                  "",
		"http://[::ffff:127.0.0.1]":             "http://[::ffff:127.0.0.1]",
		"http://127.0.0.1:1":                    "http://127.0.0.1:1",
		"http://127.9.8.7":                      "http://127.9.8.7",
		"http://[::1]:8080/":                    "http://[::1]:8080",
		"https://[2001:db8::1]/x":               "https://[2001:db8::1]/x",
		"https://10.0.0.1":                      "https://10.0.0.1",
		"https://api.pioneer.ai:65535":          "https://api.pioneer.ai:65535",
		"http://api.pioneer.ai":                 "",
		"http://10.0.0.1":                       "",
		"http://127.0.0.1.evil.test":            "",
		"http://localhost.evil.test":            "",
		"http://[2001:db8::1]":                  "",
		"http://127.1":                          "",
		"http://localhost..":                    "",
		"http://notlocalhost":                   "",
		"http://0.0.0.0":                        "",
		"https://user:hunter2@api.pioneer.ai":   "",
		"https://user@api.pioneer.ai":           "",
		"https://@api.pioneer.ai":               "",
		"https://user:hun/ter2@api.pioneer.ai":  "",
		"https://user:hun ter2@api.pioneer.ai":  "",
		"https://api.pioneer.ai?key=hunter2":    "",
		"https://api.pioneer.ai/?":              "",
		"https://api.pioneer.ai/#hunter2":       "",
		"https://api.pioneer.ai/#":              "",
		"ftp://api.pioneer.ai":                  "",
		"file:///etc/passwd":                    "",
		"api.pioneer.ai":                        "",
		"//api.pioneer.ai":                      "",
		"https:api.pioneer.ai":                  "",
		"https://":                              "",
		"https:///path":                         "",
		"https://:443":                          "",
		"https://api.pioneer.ai:":               "",
		"https://api.pioneer.ai:0":              "",
		"https://api.pioneer.ai:65536":          "",
		"https://api.pioneer.ai:http":           "",
		"https://api .pioneer.ai":               "",
		"https://api.pioneer.ai\n":              "",
		" https://api.pioneer.ai":               "",
		"":                                      "",
	} {
		u, err := ParseBaseURL(raw)
		switch {
		case want == "" && err == nil:
			t.Errorf("%q is accepted as %s", raw, u)
		case want == "" && (strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "ter2")):
			t.Errorf("%q: the error quotes it: %v", raw, err)
		case want != "" && err != nil:
			t.Errorf("%q: %v", raw, err)
		case want != "" && u.String() != want:
			t.Errorf("%q is %s, want %s", raw, u, want)
		}
	}
}

func TestSameOrigin(t *testing.T) {
	c, _ := newTestClient(t, "https://api.onepin.ai/prefix", nil)
	for link, want := range map[string]bool{
		"https://api.onepin.ai/api/v1/api-keys?offset=50":     true,
		"https://API.OnePin.ai:443/api/v1/api-keys?offset=50": true,
		"/api/v1/api-keys?offset=50":                          true,
		"?offset=50":                                          true,
		"http://api.onepin.ai/api/v1/api-keys":                false,
		"https://api.onepin.ai:8443/api/v1/api-keys":          false,
		"https://api.onepin.ai.evil.test/":                    false,
		"//evil.test/api/v1/api-keys":                         false,
		`https://evil.test\@api.onepin.ai/`:                   false,
		"https://api.onepin.ai@evil.test/":                    false,
		"https://user:hunter2@api.onepin.ai/":                 false,
		"javascript:alert(1)":                                 false,
		"https://%zz":                                         false,
	} {
		err := c.SameOrigin(link)
		if (err == nil) != want {
			t.Errorf("%q: %v", link, err)
		}
		if err != nil && (strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "offset")) {
			t.Errorf("%q: the error says too much: %v", link, err)
		}
	}
}

// An address that is taken is https or loopback, holds nothing besides host and
// path, and means the same when it is read again.
func FuzzParseBaseURL(f *testing.F) {
	for _, s := range []string{
		"https://example.com", "https://example.com/prefix/", "http://127.0.0.1:8080", "http://[::1]:80/x", "http://localhost", "http://example.com", "https://u:p@example.com",
		"https://example.com?x", "https://example.com#x", "https://example.com:0", "https://", "//example.com", "https://exa mple.com", "https://example.com/%2e%2e/", "https://example.com:99999", "HTTPS://EXAMPLE.com",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		u, err := ParseBaseURL(raw)
		if err != nil {
			return
		}
		if u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Opaque != "" {
			t.Fatalf("%q was taken as %+v", raw, u)
		}
		host := u.Hostname()
		name := strings.TrimSuffix(strings.ToLower(host), ".")
		if ip := net.ParseIP(host); u.Scheme != "https" && name != "localhost" && !strings.HasSuffix(name, ".localhost") && (ip == nil || !ip.IsLoopback()) {
			t.Fatalf("%q would send a credential in the clear", raw)
		}
		if again, err := ParseBaseURL(u.String()); err != nil || again.String() != u.String() {
			t.Fatalf("%q is %v, which is %v, %v", raw, u, again, err)
		}
	})
}
