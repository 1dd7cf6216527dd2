//go:build unix

package onepin

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/servicestest"
)

// A pipe in the place of the file is refused, and not waited for.
func TestFindBearer_pipe(t *testing.T) {
	home(t, fileOfCLI, 0o600)
	path := filepath.Join(os.Getenv("HOME"), ".onepin", "credentials")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
	_, err := Connect(unset())
	if e := servicestest.Failure(t, err); !strings.Contains(e.Message, path) || !strings.Contains(e.Message, "not a regular file") {
		t.Error(e)
	}
}
