package scan_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/campaign/scan"
)

// leak is a mistake that a provider can make: how a secret would look in what a user, a
// log collector or a state backend can see.
type leak struct {
	place string
	write func(secret string) []byte
}

// text is a leak into text: everything is a format with one verb.
func text(format string) func(string) []byte {
	return func(secret string) []byte { return fmt.Appendf(nil, format, secret) }
}

// client is what a program might print while it forgets what is in it.
type client struct {
	base string
	key  []byte
}

// leaks are the leaks that a search must find.
var leaks = []leak{
	{"an attribute in the state", text(`{"version": 4, "resources": [{"instances": [{"attributes": {"id": "k1", "preview": %q}}]}]}`)},
	{"a resource id", text(`{"attributes": {"id": "deploy/%s", "name": "deploy"}}`)},
	{"a resource identity", text(`{"identity": {"id": %q, "workspace_id": null}, "identity_schema_version": 0}`)},
	{"private data in the state", func(s string) []byte {
		return fmt.Appendf(nil, `{"private": %q}`, base64.StdEncoding.EncodeToString(fmt.Appendf(nil, `{"noted":"eyJ9","last":%q}`, s)))
	}},
	{"private data within private data", func(s string) []byte {
		inner := base64.StdEncoding.EncodeToString(fmt.Appendf(nil, `{"key":%q}`, s))
		return fmt.Appendf(nil, `{"private": %q}`, base64.StdEncoding.EncodeToString(fmt.Appendf(nil, `{"noted":%q}`, inner)))
	}},
	{"a TRACE line", text(`2026-11-22T04:10:00.123Z [TRACE] provider.terraform-provider-apikeys: Value switched: tf_rpc=ApplyResourceChange value=<"%s"> @module=sdk.framework`)},
	{"a diagnostic", text("╷\n│ Error: Could not create key\n│\n│   with apikeys_pioneer_key.k,\n│ the service answered 422: the value\n│ %s\n│ is not a name\n╵\n")},
	{"a chain of errors", func(s string) []byte {
		err := fmt.Errorf("create the key: %w", fmt.Errorf("request: %w", errors.New("credential "+s+" was refused")))
		return fmt.Appendf(nil, "%+v", err)
	}},
	{"a panic with a struct", func(s string) []byte {
		return fmt.Appendf(nil, "panic: runtime error: %v\n\ngoroutine 34 [running]:\n", client{base: "https://api.example.com", key: []byte(s)})
	}},
	{"a value in Go syntax", func(s string) []byte { return fmt.Appendf(nil, "%#v", client{key: []byte(s)}) }},
	{"a dump of memory", func(s string) []byte { return []byte(hex.Dump([]byte("\x00\x28\x00\xc0 key=" + s + "\x00\x00"))) }},
	{"a dump of headers", func(s string) []byte {
		return fmt.Appendf(nil, "headers: %v", http.Header{"X-Api-Key": {s}, "Accept": {"application/json"}})
	}},
	{"a basic authorization header", func(s string) []byte {
		return []byte("Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte("ci:"+s)) + "\r\n")
	}},
	{"a query", func(s string) []byte {
		return []byte("GET https://api.example.com/keys?limit=100&access_token=" + url.QueryEscape(s) + ": 403")
	}},
	{"a query encoded twice over", func(s string) []byte { return []byte("redirect=" + percent(s, "%%%02X")) }},
	{"hexadecimal in a log", func(s string) []byte { return fmt.Appendf(nil, "request body=%X", "{\"api_key\":\""+s+"\"}") }},
	{"JSON with escapes", func(s string) []byte { return []byte(`{"message": "` + percent(s, `\u%04x`) + `"}`) }},
	{"a saved plan", func(s string) []byte {
		var b bytes.Buffer
		archive := zip.NewWriter(&b)
		member, err := archive.Create("tfplan")
		if err == nil {
			_, err = fmt.Fprintf(member, "%s\xd9%c%s\xa4name", strings.Repeat("\xc0\x81", 200), rune(len(s)), s)
		}
		return complete(b.Bytes, errors.Join(err, archive.Close()))
	}},
	{"a state in a Kubernetes secret", func(s string) []byte {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, err := fmt.Fprintf(w, `{"resources": [%s{"attributes": {"note": %q}}]}`, strings.Repeat(`{"attributes": {}}, `, 50), s)
		return complete(func() []byte {
			return []byte("  tfstate: " + base64.StdEncoding.EncodeToString(b.Bytes()) + "\n")
		}, errors.Join(err, w.Close()))
	}},
	{"halves, one reversed", func(s string) []byte {
		first, second := s[:len(s)/2], []byte(s[len(s)/2:])
		slices.Reverse(second)
		return []byte("part 1 of 2: " + first + "\n… 4,096 bytes later …\npart 2 of 2: " + string(second))
	}},
}

// complete returns what has been written, which cannot fail in memory.
func complete(written func() []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return written()
}

// TestPlanted: every leak is found, and the same text with another secret of the same kind
// raises no alarm.
func TestPlanted(t *testing.T) {
	t.Parallel()
	for kind, value := range kinds {
		secret, other := value(), value()
		s := scan.New(secret)
		for _, l := range leaks {
			if len(s.Find(l.write(secret))) == 0 || len(s.Find(l.write(other))) > 0 {
				t.Errorf("%s: %s is not found, or another secret is", kind, l.place)
			}
		}
	}
}
