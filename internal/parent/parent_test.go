package parent

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// A parent that lives is not gone.
func TestWatch(t *testing.T) {
	if Watch()() {
		t.Error("the test's own parent is said to be gone")
	}
}

// A process that was killed is seen to be dying, before its own parent has taken
// notice of it.
func TestDying(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux shows it")
	}
	if dying(os.Getpid()) {
		t.Error("this process is said to be dying")
	}
	child := exec.Command("sleep", "60")
	if err := child.Start(); err != nil {
		t.Skip("no sleep here: ", err)
	}
	defer func() { _ = child.Wait() }()
	if dying(child.Process.Pid) {
		t.Error("a process that sleeps is said to be dying")
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for start := time.Now(); !dying(child.Process.Pid); {
		if time.Since(start) > 10*time.Second {
			t.Fatal("a killed process is not seen to be dying")
		}
	}
}

func TestVanished(t *testing.T) {
	_, missing := os.ReadFile(filepath.Join(t.TempDir(), "stat"))
	for err, want := range map[error]bool{missing: true, syscall.ESRCH: true, syscall.EMFILE: false, fs.ErrPermission: false} {
		wrapped := &fs.PathError{Op: "read", Path: "/proc/7/stat", Err: err}
		if vanished(wrapped) != want {
			t.Errorf("%v: %t", err, !want)
		}
	}
}

func TestKilled(t *testing.T) {
	for status, want := range map[string]bool{
		"Name:\tterraform\nSigPnd:\t0000000000000000\nShdPnd:\t0000000000000100\n": true,
		"SigPnd:\t0000000000000101\n": true,
		"SigPnd:\t0000000000000002\nShdPnd:\t0000000000004000\nSigBlk:\t0000000000000100\n": false,
		"SigPnd:\tx\n": false,
		"":             false,
	} {
		if killed(status) != want {
			t.Errorf("%q: %t", status, !want)
		}
	}
}

func TestLeaving(t *testing.T) {
	for stat, want := range map[string]bool{
		"7 (terraform) S 1 7 7 0 -1 4194304 9 0":      false,
		"7 (terraform) R 1 7 7 0 -1 4194308 9 0":      true,
		"7 (terraform) Z 1 7 7 0 -1 4194304 9 0":      true,
		"7 (a) Z 1 (b) S 1 7 7 0 -1 4194304 9 0":      false,
		"7 (a b) R 1 7 7 0 -1 not-a-number 9 0":       false,
		"7 (terraform) R 1 7":                         false,
		"":                                            false,
		"7 (terraform) X 1 7 7 0 -1 18446744073709 0": true,
	} {
		if leaving(stat) != want {
			t.Errorf("%q: %t", stat, !want)
		}
	}
}
