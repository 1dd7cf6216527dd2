package httpclient

import (
	"bytes"
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReadFile(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	fits, large := write("fits", strings.Repeat("a", 10)), write("large", strings.Repeat("a", 11))
	link := filepath.Join(dir, "link")
	if err := os.Symlink(fits, link); err == nil {
		if content, err := ReadFile(link, 10, nil); err != nil || len(content) != 10 {
			t.Errorf("a link to a file: %q, %v", content, err)
		}
	}
	if content, err := ReadFile(fits, 10, nil); err != nil || len(content) != 10 {
		t.Errorf("%q, %v", content, err)
	}
	if _, err := ReadFile(large, 10, nil); err == nil || !strings.Contains(err.Error(), "too large") || !strings.Contains(err.Error(), large) {
		t.Error(err)
	}
	if content, err := ReadFile(write("marked", "\xef\xbb\xbfab\n\xef\xbb\xbfc"), 20, nil); err != nil || string(content) != "ab\nc" {
		t.Errorf("%q, %v", content, err)
	}
	if _, err := ReadFile(dir, 10, nil); err == nil || !strings.Contains(err.Error(), "not a regular file") && !strings.Contains(err.Error(), dir) {
		t.Errorf("a folder: %v", err)
	}
	if _, err := ReadFile(filepath.Join(dir, "none"), 10, nil); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	refused := errors.New("not this one")
	if _, err := ReadFile(fits, 10, func(fs.FileInfo) error { return refused }); !errors.Is(err, refused) {
		t.Error(err)
	}
}

// A byte order mark hides no certificate, neither the first nor one that follows.
func TestLoadCACertFileWithByteOrderMarks(t *testing.T) {
	cert := serveTLS(t, nil).Certificate()
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})
	other := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("x")})
	dir := t.TempDir()
	for name, content := range map[string][]byte{
		"alone":       append([]byte("\xef\xbb\xbf"), block...),
		"line breaks": append([]byte("\xef\xbb\xbf"), bytes.ReplaceAll(block, []byte("\n"), []byte("\r\n"))...),
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		pool, err := LoadCACertFile(path)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		again := pool.Clone()
		if again.AddCert(cert); !again.Equal(pool) {
			t.Errorf("%s: the certificate is not trusted", name)
		}
	}
	path := filepath.Join(dir, "joined")
	if err := os.WriteFile(path, bytes.Join([][]byte{block, other}, []byte("\xef\xbb\xbf")), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadCACertFile(path); err == nil || !strings.Contains(err.Error(), "certificate 2 of") {
		t.Errorf("%v; want the second one to be looked at", err)
	}
}
