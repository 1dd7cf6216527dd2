package seal

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// run runs a stock program and returns what it prints; input goes to its
// standard input.
func run(t *testing.T, env []string, input, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdin = strings.NewReader(input)
	var out, words bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &words
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %s: %v: %s", name, strings.Join(args, " "), err, words.String())
	}
	return out.String()
}

func need(t *testing.T, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Skipf("%s is not installed; the pure Go round trips still run", p)
		}
	}
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// stockAge builds the age program that tools/test pins.
func stockAge(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "age")
	run(t, nil, "", "go", "build", "-modfile=../../tools/test/go.mod", "-o", program, "filippo.io/age/cmd/age")
	return program
}

// TestStockAge exchanges messages with the age program, both ways.
func TestStockAge(t *testing.T) {
	t.Parallel()
	age := stockAge(t)
	a, s, r, h := newAge(), newEd25519(), newRSA(2048), newHybrid()
	check := func(message string, p pair, recipients ...string) {
		t.Helper()
		if got := run(t, nil, message, age, "-d", "-i", write(t, "key", p.private+"\n")); got != secret {
			t.Error("age -d does not give the text back")
		}
		args := []string{"--armor"}
		for _, recipient := range recipients {
			args = append(args, "-r", recipient)
		}
		theirs := run(t, nil, secret, age, args...)
		if got, err := Decrypt(theirs, []string{p.private}); err != nil || got != secret {
			t.Errorf("what age has encrypted is not decrypted: %v", err)
		}
	}
	message := sealed(t, a.public, s.public, r.public)
	for _, p := range []pair{a, s, r} {
		check(message, p, newAge().public, p.public)
	}
	check(sealed(t, h.public), h, h.public) // post-quantum recipients are not mixed with others
}

// TestStockSSH uses keys as ssh-keygen makes them, old PEM form included.
func TestStockSSH(t *testing.T) {
	t.Parallel()
	need(t, "ssh-keygen")
	for _, args := range [][]string{{"-t", "ed25519"}, {"-t", "rsa", "-b", "2048"}, {"-t", "rsa", "-b", "2048", "-m", "PEM"}, {"-t", "rsa", "-b", "2048", "-m", "PKCS8"}} {
		file := filepath.Join(t.TempDir(), "id")
		run(t, nil, "", "ssh-keygen", append([]string{"-q", "-N", "", "-C", "alice@example.com", "-f", file}, args...)...)
		public, private := must(os.ReadFile(file+".pub")), must(os.ReadFile(file))
		if got, err := Decrypt(sealed(t, string(public)), []string{string(private)}); err != nil || got != secret {
			t.Errorf("%v: %v", args, err)
		}
		run(t, nil, "", "ssh-keygen", "-q", "-p", "-P", "", "-N", "hunter2", "-f", file)
		_, err := Decrypt(sealed(t, string(public)), []string{string(must(os.ReadFile(file)))})
		checkEntry(t, err, ListIdentities, 0, "protected by a passphrase")
	}
}

// gpgHome is a keyring of its own. Its path is short, because the agent's socket
// is in it.
func gpgHome(t *testing.T) []string {
	t.Helper()
	home, err := os.MkdirTemp("", "gpg") //nolint:usetesting // t.TempDir is too long for a socket's path
	if err != nil {
		t.Fatal(err)
	}
	env := []string{"GNUPGHOME=" + home}
	t.Cleanup(func() {
		stop := exec.Command("gpgconf", "--kill", "all")
		stop.Env = append(os.Environ(), env...)
		_ = stop.Run() // an agent that never started need not be stopped
		_ = os.RemoveAll(home)
	})
	return env
}

func gpg(t *testing.T, env []string, input string, args ...string) string {
	t.Helper()
	return run(t, env, input, "gpg", append([]string{"--batch", "--yes", "--quiet", "--trust-model", "always", "--pinentry-mode", "loopback", "--passphrase", ""}, args...)...)
}

// TestStockGPG exchanges messages with gpg, both ways, with keys made by it and
// made here.
func TestStockGPG(t *testing.T) {
	t.Parallel() // gpg mostly waits for its agent
	need(t, "gpg", "gpgconf")
	for name, algorithm := range map[string]string{"default": "default", "rsa": "rsa2048", "curve": "future-default", "ours": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := gpgHome(t)
			var p pair
			if algorithm == "" {
				p = newPGP()
				gpg(t, env, p.private, "--import")
			} else {
				gpg(t, env, "", "--quick-generate-key", "alice@example.com", algorithm, "default", "1y")
				if algorithm == "rsa2048" { // quick-generate makes one key when the algorithm is named
					own := strings.Split(gpg(t, env, "", "--list-keys", "--with-colons"), "\nfpr:::::::::")[1]
					gpg(t, env, "", "--quick-add-key", own[:40], algorithm, "encrypt", "1y")
				}
				p.public = gpg(t, env, "", "--armor", "--export", "alice@example.com")
				p.private = gpg(t, env, "", "--armor", "--export-secret-keys", "alice@example.com")
			}
			message := sealed(t, newPGP().public, p.public)
			if got := gpg(t, env, message, "--decrypt"); got != secret {
				t.Error("gpg -d does not give the text back")
			}
			if got, err := Decrypt(message, []string{p.private}); err != nil || got != secret {
				t.Errorf("our own does not open with the key that gpg exported: %v", err)
			}
			for _, args := range [][]string{{"--encrypt"}, {"--encrypt", "--sign"}, {"--encrypt", "--hidden-recipient", "alice@example.com"}, {"--encrypt", "--compress-algo", "none"}} {
				theirs := gpg(t, env, secret, append([]string{"--armor", "--recipient", "alice@example.com"}, args...)...)
				if got, err := Decrypt(theirs, []string{newPGP().private, p.private}); err != nil || got != secret {
					t.Errorf("what gpg %v made does not open: %v", args, err)
				}
			}
		})
	}
}

// TestStockGPG_states reads keys that gpg has expired, revoked or split.
func TestStockGPG_states(t *testing.T) {
	t.Parallel() // gpg mostly waits for its agent
	need(t, "gpg", "gpgconf")
	env := gpgHome(t)
	gpg(t, env, "", "--quick-generate-key", "alice@example.com", "future-default", "default", "1y")
	export := func() string { return gpg(t, env, "", "--armor", "--export", "alice@example.com") }
	message := sealed(t, export())

	offline := gpg(t, env, "", "--armor", "--export-secret-subkeys", "alice@example.com")
	if got, err := Decrypt(message, []string{offline}); err != nil || got != secret {
		t.Errorf("subkeys without their primary key do not open: %v", err)
	}
	locked := gpgHome(t)
	run(t, locked, "", "gpg", "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", "hunter2",
		"--quick-generate-key", "alice@example.com", "future-default", "default", "1y")
	private := run(t, locked, "", "gpg", "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", "hunter2",
		"--armor", "--export-secret-keys", "alice@example.com")
	_, err := Decrypt(message, []string{private})
	checkEntry(t, err, ListIdentities, 0, "protected by a passphrase")

	fingerprint := strings.Split(gpg(t, env, "", "--list-keys", "--with-colons"), "\nfpr:::::::::")[1][:40]
	home := strings.TrimPrefix(env[0], "GNUPGHOME=")
	certificate := string(must(os.ReadFile(filepath.Join(home, "openpgp-revocs.d", fingerprint+".rev"))))
	gpg(t, env, strings.Replace(certificate, ":-----BEGIN", "-----BEGIN", 1), "--import")
	_, err = ParseRecipients([]string{export()})
	checkEntry(t, err, ListRecipients, 0, "revoked")
}
