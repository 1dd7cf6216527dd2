package seal

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"
)

// TestEncrypt_anyRecipientOpens seals to lists of every kind and opens with each
// identity alone.
func TestEncrypt_anyRecipientOpens(t *testing.T) {
	lists := map[string][]pair{
		"age":              {newAge()},
		"several age":      {newAge(), newAge(), newAge()},
		"post-quantum":     {newHybrid(), newHybrid()},
		"ssh-ed25519":      {newEd25519()},
		"ssh-rsa":          {newRSA(2048)},
		"age and SSH":      {newAge(), newEd25519(), newRSA(2048)},
		"PGP":              {newPGP()},
		"several PGP keys": {newPGP(), newPGP()},
	}
	for name, pairs := range lists {
		t.Run(name, func(t *testing.T) {
			var public []string
			for _, p := range pairs {
				public = append(public, p.public)
			}
			message := sealed(t, public...)
			checkArmor(t, message, strings.Contains(name, "PGP"))
			for i, p := range pairs {
				got, err := Decrypt(message, []string{p.private})
				if err != nil || got != secret {
					t.Errorf("identity %d: error %v, the right text: %v", i, err, got == secret)
				}
			}
		})
	}
}

func checkArmor(t *testing.T, message string, isPGP bool) {
	t.Helper()
	kind := "AGE ENCRYPTED FILE"
	if isPGP {
		kind = "PGP MESSAGE"
	}
	if !strings.HasPrefix(message, "-----BEGIN "+kind+"-----\n") || !strings.HasSuffix(message, "\n-----END "+kind+"-----\n") {
		t.Errorf("not framed as %s", kind)
	}
	if i := strings.IndexFunc(message, func(r rune) bool { return r > '~' || r < ' ' && r != '\n' }); i >= 0 {
		t.Errorf("not plain ASCII at %d", i)
	}
	for _, form := range []string{secret, base64.StdEncoding.EncodeToString([]byte(secret)), fmt.Sprintf("%x", secret)} {
		if strings.Contains(message, form) {
			t.Error("the message shows the text")
		}
	}
}

func TestEncrypt_differsEachTime(t *testing.T) {
	for _, p := range []pair{newAge(), newPGP()} {
		one, other := sealed(t, p.public), sealed(t, p.public)
		if one == other {
			t.Error("two messages are the same")
		}
	}
}

func TestEncrypt_bounds(t *testing.T) {
	for _, p := range []pair{newAge(), newPGP()} {
		r := parse(t, p.public)
		if _, err := r.Encrypt(""); err == nil {
			t.Error("an empty text was sealed")
		}
		if _, err := r.Encrypt(strings.Repeat("x", MaxPlaintext+1)); err == nil {
			t.Error("a text over the limit was sealed")
		}
		long := strings.Repeat("x", MaxPlaintext)
		message, err := r.Encrypt(long)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := Decrypt(message, []string{p.private}); err != nil || got != long {
			t.Errorf("the longest text does not come back: %v", err)
		}
	}
	if _, err := new(Recipients).Encrypt(secret); err == nil {
		t.Error("sealed to nobody")
	}
}

// TestEncrypt_concurrently is for the race detector: PGP keys note what has been
// verified.
func TestEncrypt_concurrently(t *testing.T) {
	for _, p := range []pair{newAge(), newPGP()} {
		r := parse(t, p.public)
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				message, err := r.Encrypt(secret)
				if err != nil {
					t.Error(err)
					return
				}
				if got, err := Decrypt(message, []string{p.private}); err != nil || got != secret {
					t.Errorf("does not come back: %v", err)
				}
			})
		}
		wg.Wait()
	}
}

func TestParseRecipients_spaceAround(t *testing.T) {
	for _, p := range []pair{newAge(), newEd25519(), newPGP()} {
		for _, entry := range []string{p.public + "\n", "  " + p.public + "\r\n", "\t\n" + strings.ReplaceAll(p.public, "\n", "\r\n")} {
			if got, err := Decrypt(sealed(t, entry), []string{p.private}); err != nil || got != secret {
				t.Errorf("%.12q: %v", entry, err)
			}
		}
	}
}

// TestParseRecipients_duplicates: a key that is given twice is used once.
func TestParseRecipients_duplicates(t *testing.T) {
	a, s, e := newAge(), newEd25519(), newEntity(pgpAt(born))
	for _, c := range []struct {
		list []string
		keys int
	}{
		{[]string{a.public, a.public + "\n"}, 1},
		{[]string{s.public, strings.Replace(s.public, "alice@", "alice-work@", 1), a.public}, 2},
		{[]string{pgpPublicOf(e), pgpPublicOf(newEntity(pgpAt(born)), e)}, 2},
	} {
		r := parse(t, c.list...)
		if n := len(r.age) + len(r.pgp); n != c.keys {
			t.Errorf("%d keys, want %d", n, c.keys)
		}
	}
}

// TestParseRecipients_refuses puts each bad entry among good ones and checks
// that it is named by position and reason, and is not shown.
func TestParseRecipients_refuses(t *testing.T) {
	good, ed, weak := newAge(), newEd25519(), newRSA(1024)
	_, edBlob, _ := strings.Cut(ed.public, " ")
	nist := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	lowOrder := must(ssh.NewPublicKey(ed25519.PublicKey(append([]byte{1}, make([]byte, 31)...))))
	pgpBlock := newPGP().public
	huge := must(ssh.NewPublicKey(&rsa.PublicKey{N: new(big.Int).SetBit(big.NewInt(1), 16400, 1), E: 65537}))
	for name, c := range map[string]struct{ entry, reason string }{
		"empty":              {"", "it is empty"},
		"only space":         {" \n\t", "it is empty"},
		"comment":            {"# the team's key", "it is a comment"},
		"file with comments": {"# created: today\n" + good.public, "it is a comment"},
		"several lines":      {good.public + "\n" + newAge().public, "several lines"},
		"unknown":            {"correct-horse-battery-staple", "its format is unknown"},
		"PGP without armor":  {base64.StdEncoding.EncodeToString([]byte("\x98\x33\x04 a public key packet")), "PGP key in ASCII armor"},
		"user's name":        {"keybase:alice", "its format is unknown"},
		"too long":           {strings.Repeat("ssh-rsa AAAA", MaxEntry/12+1), "longer than 256 KiB"},
		"age, cut":           {good.public[:40], "not a valid age recipient"},
		"age, mistyped":      {good.public[:20] + "q" + good.public[21:] + "q", "not a valid age recipient"},
		"post-quantum, cut":  {newHybrid().public[:300], "not a valid age recipient"},
		"age plugin":         {"age1yubikey1qwt50d05nh5vutpdzmlg5wn80xq5negm4uj9ghv0snvdd3yysf5yw3rhl3t", "age plugin"},
		"age tag":            {"age1tag1qwt50d05nh5vutpdzmlg5wn80xq5negm4uj9ghv0snvdd3yysf5yw3rhl3t", "age plugin"},
		"ssh-dss":            {"ssh-dss AAAAB3NzaC1kc3MAAACBAP old@example.com", "of a type to which age cannot encrypt"},
		"ecdsa":              {sshPair(nist, nist.Public()).public, "of a type to which age cannot encrypt"},
		"security key":       {"sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29t", "of a type to which age cannot encrypt"},
		"ssh, other":         {"ssh-xmss@openssh.com AAAA", "of a type to which age cannot encrypt"},
		"certificate":        {"ssh-ed25519-cert-v01@openssh.com AAAAIHNzaC1lZDI1NTE5LWNlcnQtdjAx", "certificate"},
		"small rsa":          {weak.public, "fewer than 2048 bits"},
		"huge rsa":           {string(ssh.MarshalAuthorizedKey(huge)), "not a valid SSH public key"},
		"ssh, cut":           {ed.public[:50], "not a valid SSH public key"},
		"ssh, no key":        {"ssh-rsa", "not a valid SSH public key"},
		"ssh, other's type":  {"ssh-rsa " + edBlob, "not a valid SSH public key"},
		"ssh, low order":     {string(ssh.MarshalAuthorizedKey(lowOrder)), "nothing can be encrypted to it"},
		"ssh, long line":     {ed.public + strings.Repeat(" x", 8<<10), "too long for an SSH"},
		"ssh, with options":  {`from="10.0.0.1" ` + ed.public, "stands before the type"},
		"ssh, known_hosts":   {"example.com " + ed.public, "stands before the type"},
		"PEM":                {"-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA\n-----END PUBLIC KEY-----", "one-line form"},
		"PGP after age":      {pgpBlock, "cannot be in one list"},
		"pq after age":       {newHybrid().public, "post-quantum recipients"},
		"PGP message":        {sealed(t, newPGP().public), "not a PGP PUBLIC KEY BLOCK"},
		"PGP, cut":           {pgpBlock[:len(pgpBlock)/2], "END line is missing"},
		"PGP, several":       {pgpBlock + "\n" + newPGP().public, "several armored blocks"},
		"PGP, damaged":       {strings.Replace(pgpBlock, "\n\n", "\n\n!!!!", 1), "not a PGP key that can be read"},
		"PGP, no body":       {"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n-----END PGP PUBLIC KEY BLOCK-----", "not a PGP key that can be read"},
		"PGP, one line":      {"-----BEGIN PGP PUBLIC KEY BLOCK----- -----END PGP PUBLIC KEY BLOCK-----", "armor is damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ParseRecipients([]string{good.public, c.entry, newAge().public})
			checkEntry(t, err, ListRecipients, 1, c.reason)
			silent(t, err, c.entry)
			if !strings.HasPrefix(err.Error(), "recipient 2 of 3: ") {
				t.Errorf("position is missing: %v", err)
			}
		})
	}
}

func checkEntry(t *testing.T, err error, list List, index int, reason string) {
	t.Helper()
	var e *EntryError
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want an EntryError", err)
	}
	if e.List != list || e.Index != index || !strings.Contains(e.Error(), reason) {
		t.Fatalf("got %s %d: %v; want %s %d: …%s…", e.List, e.Index, e, list, index, reason)
	}
}

func TestParseRecipients_mixing(t *testing.T) {
	a, q, s, p := newAge().public, newHybrid().public, newEd25519().public, newPGP().public
	for _, c := range []struct {
		list   []string
		reason string
	}{
		{[]string{p, p, a}, "age recipients"},
		{[]string{s, a, p}, "age recipients"},
		{[]string{q, q, s}, "post-quantum"},
		{[]string{q, q, p}, "age recipients"},
	} {
		_, err := ParseRecipients(c.list)
		checkEntry(t, err, ListRecipients, 2, c.reason)
	}
}

func TestParseRecipients_count(t *testing.T) {
	for _, list := range [][]string{nil, {}} {
		if _, err := ParseRecipients(list); err == nil || !strings.Contains(err.Error(), "no recipients") {
			t.Errorf("empty list: %v", err)
		}
	}
	if _, err := ParseRecipients(slices.Repeat([]string{newAge().public}, MaxEntries+1)); err == nil {
		t.Error("a list over the limit was taken")
	}
}

// TestParseRecipients_privateKey pastes private keys where recipients belong, in
// each way in which that happens.
func TestParseRecipients_privateKey(t *testing.T) {
	a, s, r, e := newAge(), newEd25519(), newRSA(2048), newEntity(pgpAt(born))
	private := pgpPrivateOf(e)
	protected := must(ssh.MarshalPrivateKeyWithPassphrase(must(ssh.ParseRawPrivateKey([]byte(s.private))), "", []byte("hunter2")))
	_, body, _ := strings.Cut(s.private, "\n")
	block, _ := pem.Decode([]byte(s.private))
	for name, entry := range map[string]string{
		"age":              a.private,
		"age, lower case":  strings.ToLower(a.private),
		"age file":         "# created: today\n# public key: " + a.public + "\n" + a.private + "\n",
		"post-quantum":     newHybrid().private,
		"age plugin":       "AGE-PLUGIN-YUBIKEY-1Q9X7G5QSQGRQDSCSJDFQD",
		"OpenSSH":          s.private,
		"OpenSSH rsa":      r.private,
		"OpenSSH, locked":  string(pem.EncodeToMemory(protected)),
		"OpenSSH, no PEM":  body,
		"OpenSSH, cut":     s.private[:60],
		"both halves":      s.public + "\n" + s.private,
		"base64 of file":   base64.StdEncoding.EncodeToString([]byte(s.private)),
		"PKCS #1":          string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: block.Bytes})),
		"PKCS #8":          string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: block.Bytes})),
		"PKCS #8, locked":  string(pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: block.Bytes})),
		"PuTTY":            "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n",
		"PGP":              private,
		"PGP, as public":   strings.ReplaceAll(private, "PRIVATE", "PUBLIC"),
		"PGP, both blocks": pgpPublicOf(e) + private,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ParseRecipients([]string{pgpPublicOf(e), entry})
			checkEntry(t, err, ListRecipients, 1, "treat it as leaked")
			if !errors.Is(err, ErrPrivateKey) {
				t.Error("not ErrPrivateKey")
			}
			silent(t, err, entry)
		})
	}
	_, err := ParseRecipients([]string{"nonsense", "", a.private})
	checkEntry(t, err, ListRecipients, 2, "private key") // reported before the other mistakes
}
