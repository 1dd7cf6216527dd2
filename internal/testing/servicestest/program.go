package servicestest

import (
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// tokenProgram as the first argument makes the test binary a token_command: it
// prints the remaining lines of a file one run at a time.
const tokenProgram = "token-program"

// Main is for the TestMain of packages that use [Script].
func Main(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == tokenProgram {
		os.Exit(runTokenProgram(os.Args[2]))
	}
	os.Exit(m.Run())
}

func runTokenProgram(file string) int {
	// Each run leaves a mark, by which it also knows how many there were.
	marks, _ := filepath.Glob(file + ".run*")
	_ = os.WriteFile(fmt.Sprintf("%s.run%d", file, len(marks)), nil, 0o600)
	script, _ := os.ReadFile(file)
	lines := strings.Split(string(script), "\n")
	line := lines[min(len(marks), len(lines)-1)]
	action, text, _ := strings.Cut(line, " ")
	switch action {
	case "print":
		fmt.Println(text)
	case "silent":
	case "fail":
		fmt.Println("op_live_half_a_secret")
		fmt.Fprintln(os.Stderr, "login expired for op_live_half_a_secret,\nrun login;  token eyJhbGciOi.eyJleHAiOjF9.c2ln")
		return 3
	case "complain":
		fmt.Fprintln(os.Stderr, text)
		return 3
	case "hang":
		time.Sleep(time.Minute)
	case "slow":
		time.Sleep(200 * time.Millisecond)
		fmt.Println(text)
	case "leave": // a child that keeps the pipes
		fmt.Println(text)
		self, _ := os.Executable()
		child := exec.Command(self, tokenProgram, file+".child")
		child.Stdout, child.Stderr = os.Stdout, os.Stderr
		_ = os.WriteFile(file+".child", []byte("linger"), 0o600)
		if child.Start() != nil {
			return 4
		}
	case "linger":
		time.Sleep(5 * time.Second)
	case "flood":
		fmt.Println(strings.Repeat("x", 64<<10+1))
	}
	return 0
}

// Program is a program that acts by one line of its script at each run: "print <text>",
// "silent", "fail", "complain <text>", "hang", "slow <text>", "leave <text>" or "flood".
type Program struct{ file string }

// Script returns a program; its package needs [Main].
func Script(t testing.TB, lines ...string) Program {
	t.Helper()
	p := Program{filepath.Join(t.TempDir(), "script")}
	if err := os.WriteFile(p.file, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

// Command runs the program.
func (p Program) Command(t testing.TB) []string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return []string{self, tokenProgram, p.file}
}

// Runs is how often it has run.
func (p Program) Runs() int {
	marks, _ := filepath.Glob(p.file + ".run*")
	return len(marks)
}

// JWT is a session token that expires at a time.
func JWT(exp time.Time) string {
	part := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	return part(`{"alg":"RS256","typ":"JWT"}`) + "." + part(fmt.Sprintf(`{"sub":"user","exp":%d}`, exp.Unix())) + "." + part("signature")
}
