package scan_test

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/campaign/scan"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// kinds are values as the services give them out, and as others might.
var kinds = map[string]func() string{
	"pk_live":  func() string { return simulator.Base62("pk_live_", 32) },
	"pio_sk":   func() string { return simulator.Base62("pio_sk_", 40) },
	"short":    func() string { return simulator.Base62("", scan.Shortest) },
	"uuid":     simulator.UUID,
	"age":      func() string { return strings.ToUpper(simulator.Base36("AGE-SECRET-KEY-1", 58)) },
	"with + /": func() string { return simulator.Base62("", 20) + "+/" + simulator.Base62("", 20) },
}

func reversed(s string) string {
	b := []byte(s)
	slices.Reverse(b)
	return string(b)
}

// spellings are encoders that know nothing of how the scanner works.
var spellings = map[string]func(string) string{
	"plain":           func(s string) string { return s },
	"quoted":          func(s string) string { return fmt.Sprintf("%q", s) },
	"lower case":      strings.ToLower,
	"reversed":        reversed,
	"hex":             func(s string) string { return hex.EncodeToString([]byte(s)) },
	"HEX":             func(s string) string { return fmt.Sprintf("%X", s) },
	"spaced hex":      func(s string) string { return fmt.Sprintf("% x", s) },
	"0x hex":          func(s string) string { return fmt.Sprintf("%#x", s) },
	"0x, each":        func(s string) string { return fmt.Sprintf("%# x", s) },
	"Go bytes":        func(s string) string { return fmt.Sprintf("%#v", []byte(s)) },
	"list of bytes":   func(s string) string { return fmt.Sprintf("%v", []byte(s)) },
	"base64":          func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
	"base64, URL":     func(s string) string { return base64.URLEncoding.EncodeToString([]byte(s)) },
	"base64, no =":    func(s string) string { return base64.RawStdEncoding.EncodeToString([]byte(s)) },
	"base64 of a hex": func(s string) string { return base64.StdEncoding.EncodeToString([]byte(hex.EncodeToString([]byte(s)))) },
	"query":           url.QueryEscape,
	"percent":         func(s string) string { return percent(s, "%%%02x") },
	"PERCENT":         func(s string) string { return percent(s, "%%%02X") },
	"JSON escapes":    func(s string) string { return percent(s, `\u%04x`) },
	"UTF-16":          func(s string) string { return percent(s, "%c\x00") },
}

func percent(s, format string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		fmt.Fprintf(&b, format, c)
	}
	return b.String()
}

// Whole values and either half of them are found in every spelling, wherever
// they begin; other values are not.
func TestScanner_spellings(t *testing.T) {
	t.Parallel()
	for kind, value := range kinds {
		secret, other := value(), value()
		s := scan.New("another secret, which is not there", secret)
		for spelling, write := range spellings {
			for _, before := range []string{"", "k", "ke", `{"key":"`, "see x="} {
				parts := map[string][2]string{
					"whole": {secret, other},
					"first": {secret[:len(secret)/2], other[:len(other)/2]},
					"last":  {secret[len(secret)/2:], other[len(other)/2:]},
				}
				for part, texts := range parts {
					if kind == "short" && part != "whole" {
						continue // eight characters and nothing around them
					}
					hits := s.Find([]byte("clean " + write(before+texts[0]+`","n":1}`) + " clean"))
					if len(hits) == 0 {
						t.Errorf("%s, %s half after %q, %s: not found", kind, part, before, spelling)
					}
					for _, h := range hits {
						if h.Secret != 1 || strings.Contains(h.String(), secret[len(secret)-8:]) {
							t.Errorf("%s, %s: %s", kind, spelling, h)
						}
					}
					if hits := s.Find([]byte(write(before + texts[1]))); len(hits) > 0 {
						t.Errorf("%s, %s: a false alarm: %s", kind, spelling, hits[0])
					}
				}
			}
		}
	}
}

// What a service itself shows of a value is no leak.
func TestScanner_masked(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"pk_live", "pio_sk"} {
		secret := kinds[kind]()
		shown := fmt.Sprintf("prefix %s..., %s********, suffix %s", secret[:12], secret[:11], secret[len(secret)-4:])
		if hits := scan.New(secret).Find([]byte(shown)); len(hits) > 0 {
			t.Errorf("%s: %q raises an alarm: %s", kind, shown, hits[0])
		}
	}
}

// Nothing in this checkout holds a value that has just been made up.
func TestScanner_clean(t *testing.T) {
	t.Parallel()
	var secrets []string
	for _, value := range kinds {
		for range 50 {
			secrets = append(secrets, value())
		}
	}
	files, hits, err := scan.New(secrets...).Dir("../../../../docs")
	if err != nil || files < 10 {
		t.Fatalf("%d files, %v", files, err)
	}
	for _, h := range hits {
		t.Error(h)
	}
}

func TestScanner_Dir(t *testing.T) {
	t.Parallel()
	dir, secret := t.TempDir(), kinds["pk_live"]()
	var plan bytes.Buffer
	archive := zip.NewWriter(&plan)
	for _, name := range []string{"tfplan", "tfstate"} {
		member, err := archive.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := member.Write([]byte(strings.Repeat("clean ", 100) + secret)); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"saved.tfplan": plan.String(), "clean": "clean", secret: "clean"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	files, hits, err := scan.New(secret).Dir(dir)
	var where []string
	for _, h := range hits {
		where = append(where, strings.ReplaceAll(h.Where, secret, "<name>"))
	}
	slices.Sort(where)
	if err != nil || files != 3 || fmt.Sprint(where) != "[<name> saved.tfplan!tfplan saved.tfplan!tfstate]" {
		t.Errorf("%d files, hits in %v, %v", files, where, err)
	}
	if _, _, err := scan.New(secret).Dir(filepath.Join(dir, "missing")); err == nil {
		t.Error("a folder that is not there is searched without an error")
	}
}

func TestNew_tooShort(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("a secret of three characters is taken, and would be found everywhere or nowhere")
		}
	}()
	scan.New("abc")
}

// Nested data that is damaged, endless or nothing at all must not stop a search.
func FuzzScanner(f *testing.F) {
	f.Add([]byte("PK\x03\x04"))
	f.Add([]byte("\x1f\x8b\x08\x00\x00"))
	f.Add([]byte(strings.Repeat("QUJD", 20)))
	secret := "pk_live_f8a3b2c1d4e5f6g7h8i9j0k1"
	s := scan.New(secret)
	f.Fuzz(func(t *testing.T, around []byte) {
		if len(s.Find(append([]byte(secret+" "), around...))) == 0 {
			t.Error("found no more once something follows")
		}
	})
}
