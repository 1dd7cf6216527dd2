package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReport(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	r := report{out: &out}
	err := r.read(strings.NewReader(`
{"Action":"start","Package":"m/p"}
{"Action":"run","Package":"m/p","Test":"TestGood"}
{"Action":"output","Package":"m/p","Test":"TestGood","Output":"=== RUN   TestGood\n"}
{"Action":"output","Package":"m/p","Test":"TestGood","Output":"    a_test.go:1: chatter\n"}
{"Action":"pass","Package":"m/p","Test":"TestGood"}
{"Action":"output","Package":"m/p","Test":"TestOld/onepin","Output":"=== RUN   TestOld/onepin\n"}
{"Action":"output","Package":"m/p","Test":"TestBad","Output":"    b_test.go:2: the trouble\n"}
{"Action":"output","Package":"m/p","Test":"TestOld/onepin","Output":"    c_test.go:3: Terraform 1.8.5 has no actions: too old\n"}
{"Action":"output","Package":"m/p","Test":"TestOld/onepin","Output":"--- SKIP: TestOld/onepin (0.00s)\n"}
{"Action":"skip","Package":"m/p","Test":"TestOld/onepin"}
{"Action":"fail","Package":"m/p","Test":"TestBad"}
{"Action":"output","Package":"m/p","Test":"TestHangs","Output":"    d_test.go:4: last words\n"}
{"Action":"output","Package":"m/p","Output":"PASS\n"}
{"Action":"output","Package":"m/p","Output":"FAIL\tm/p\t0.1s\n"}
{"Action":"fail","Package":"m/p"}
{"ImportPath":"m/q","Action":"build-output","Output":"q.go:1: syntax error\n"}
{"Action":"skip","Package":"m/r"}
`))
	if err != nil {
		t.Fatal(err)
	}
	r.gated()
	want := "    b_test.go:2: the trouble\nFAIL\tm/p\t0.1s\n    d_test.go:4: last words\nq.go:1: syntax error\n" +
		"\ntests skipped: 1\n  TestOld/onepin (p): Terraform 1.8.5 has no actions: too old\n"
	if out.String() != want {
		t.Errorf("printed\n%s\nwant\n%s", &out, want)
	}
}

func TestReport_noEvents(t *testing.T) {
	t.Parallel()
	r := report{out: &bytes.Buffer{}}
	if err := r.read(strings.NewReader("this is no JSON\n")); err == nil {
		t.Error("what is no event was taken for one")
	}
}

// Real tests, in a module of their own: the status is that of go test.
func TestRun(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module example.com/m\n\ngo 1.26\n",
		"m_test.go": "package m\n\nimport \"testing\"\n\nfunc TestFine(*testing.T) {}\n" +
			"func TestGated(t *testing.T) { t.Skip(\"not in this version\") }\n" +
			"func TestBroken(t *testing.T) { t.Error(\"it is broken\") }\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	for _, c := range []struct {
		run    string
		status int
		says   []string
		not    string
	}{
		{"TestFine", 0, []string{"ok  ", "tests skipped: none"}, "FAIL"},
		{"TestGated", 0, []string{"ok  ", "tests skipped: 1\n  TestGated (m): not in this version\n"}, "FAIL"},
		{"Test", 1, []string{"it is broken", "FAIL\texample.com/m", "TestGated (m)"}, "ok  "},
	} {
		var out bytes.Buffer
		status, err := run(t.Context(), []string{"-run", c.run, "."}, &out, io.Discard)
		if err != nil || status != c.status {
			t.Errorf("-run %s: status %d, %v, want %d\n%s", c.run, status, err, c.status, &out)
		}
		for _, text := range c.says {
			if !strings.Contains(out.String(), text) {
				t.Errorf("-run %s: %q is missing in\n%s", c.run, text, &out)
			}
		}
		if strings.Contains(out.String(), c.not) {
			t.Errorf("-run %s: %q is in\n%s", c.run, c.not, &out)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "m.go"), []byte("package m\n\nvar x = nothing\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if status, err := run(t.Context(), []string{"."}, &out, io.Discard); err != nil || status == 0 || !strings.Contains(out.String(), "undefined: nothing") {
		t.Errorf("code that does not compile: status %d, %v\n%s", status, err, &out)
	}
}
