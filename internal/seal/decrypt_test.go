package seal

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"
	agearmor "filippo.io/age/armor"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"
	"golang.org/x/crypto/ssh"
)

// TestDecrypt_triesAll gives the right identity last, and beside those of the
// other format.
func TestDecrypt_triesAll(t *testing.T) {
	a, h, s, r, p := newAge(), newHybrid(), newEd25519(), newRSA(2048), newPGP()
	others := []string{newAge().private, newEd25519().private, newRSA(2048).private, newPGP().private, newHybrid().private}
	for i, one := range []pair{a, h, s, r, p} {
		if got, err := Decrypt(sealed(t, one.public), append(slices.Clone(others), one.private)); err != nil || got != secret {
			t.Errorf("%d: %v", i, err)
		}
	}
}

// TestDecrypt_identityForms opens with identities as files hold them.
func TestDecrypt_identityForms(t *testing.T) {
	a, s := newAge(), newEd25519()
	file := "# created: 2026-01-01T00:00:00Z\r\n# public key: " + a.public + "\r\n" + a.private + "\r\n\r\n" + newAge().private + "\n"
	pkcs1 := newRSA(2048)
	raw := must(ssh.ParseRawPrivateKey([]byte(pkcs1.private)))
	pkcs8 := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: must(x509.MarshalPKCS8PrivateKey(raw))}))
	signing := must(ssh.ParseRawPrivateKey([]byte(s.private)))
	edPKCS8 := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: must(x509.MarshalPKCS8PrivateKey(*signing.(*ed25519.PrivateKey)))}))
	for name, c := range map[string]struct{ public, identity string }{
		"ed25519, PKCS #8":   {s.public, edPKCS8},
		"identity file":      {a.public, file},
		"space around":       {a.public, "\n  " + a.private + " \n"},
		"OpenSSH, one space": {s.public, "\n" + strings.TrimSpace(s.private)},
		"OpenSSH, CRLF":      {s.public, strings.ReplaceAll(s.private, "\n", "\r\n")},
		"PKCS #8":            {pkcs1.public, pkcs8},
	} {
		if got, err := Decrypt(sealed(t, c.public), []string{c.identity}); err != nil || got != secret {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDecrypt_messageForms(t *testing.T) {
	for _, p := range []pair{newAge(), newPGP()} {
		message := sealed(t, p.public)
		for _, m := range []string{"\n\n  " + message + "\n\n", strings.ReplaceAll(message, "\n", "\r\n"), strings.TrimSpace(message)} {
			if got, err := Decrypt(m, []string{p.private}); err != nil || got != secret {
				t.Errorf("%.20q…: %v", m, err)
			}
		}
	}
}

func TestDecrypt_wrongIdentity(t *testing.T) {
	a, s, p := newAge(), newEd25519(), newPGP()
	for _, c := range []struct {
		public   string
		identity []string
		reason   string
	}{
		{a.public, []string{newAge().private, newEd25519().private, newRSA(2048).private}, "encrypted to other recipients"},
		{s.public, []string{newEd25519().private}, "encrypted to other recipients"},
		{newHybrid().public, []string{a.private, newHybrid().private}, "encrypted to other recipients"},
		{p.public, []string{newPGP().private, newPGP().private}, "encrypted to other recipients"},
		{a.public, []string{p.private}, "needs an age identity"},
		{p.public, []string{a.private, s.private}, "needs a PGP private key"},
	} {
		message := sealed(t, c.public)
		got, err := Decrypt(message, c.identity)
		if !errors.Is(err, ErrNoMatch) || !strings.Contains(err.Error(), c.reason) || got != "" {
			t.Errorf("got %v, want …%s…", err, c.reason)
		}
		silent(t, err, append(c.identity, message, secret)...)
	}
}

// TestDecrypt_badIdentity refuses identities by position, also when another one
// would open the message.
func TestDecrypt_badIdentity(t *testing.T) {
	good := newAge()
	message := sealed(t, good.public)
	ed, e := newEd25519(), newEntity(pgpAt(born))
	locked := must(ssh.MarshalPrivateKeyWithPassphrase(must(ssh.ParseRawPrivateKey([]byte(ed.private))), "", []byte("hunter2")))
	lockedPGP := newEntity(pgpAt(born))
	must(0, lockedPGP.EncryptPrivateKeys([]byte("hunter2"), nil))
	nist := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	for name, c := range map[string]struct{ entry, reason string }{
		"empty":              {" \n", "it is empty"},
		"comments only":      {"# created: today\n#", "comments only"},
		"too long":           {strings.Repeat("x", MaxEntry+1), "longer than 256 KiB"},
		"unknown":            {"correct-horse-battery-staple", "format is unknown"},
		"age, cut":           {good.private[:40], "format is unknown or it is damaged"},
		"age, noise":         {good.private + "\ncorrect-horse-battery-staple", "format is unknown"},
		"post-quantum, cut":  {newHybrid().private[:40], "format is unknown or it is damaged"},
		"age plugin":         {"AGE-PLUGIN-YUBIKEY-1Q9X7G5QSQGRQDSCSJDFQD", "age plugin"},
		"age public":         {good.public, "it is a public key"},
		"age, locked file":   {message, "protected by a passphrase"},
		"age, too many":      {strings.Repeat(good.private+"\n", MaxEntries+1), "too many identities"},
		"SSH public":         {ed.public, "it is a public key"},
		"SSH, locked":        {string(pem.EncodeToMemory(locked)), "protected by a passphrase"},
		"PKCS #8, locked":    {"-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----", "protected by a passphrase"},
		"PKCS #1, locked":    {"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nMIIB\n-----END RSA PRIVATE KEY-----", "protected by a passphrase"},
		"SSH ecdsa":          {sshPair(nist, nist.Public()).private, "only ed25519 and rsa"},
		"SSH, cut":           {ed.private[:100], "format is unknown or it is damaged"},
		"SSH, too long":      {ed.private + strings.Repeat(" ", 16<<10) + "x", "too long for an SSH"},
		"SSH, two":           {ed.private + ed.private, "several armored blocks"},
		"PEM public":         {"-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----", "it is a public key"},
		"PEM, other":         {"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----", "format is unknown"},
		"PGP public":         {pgpPublicOf(e), "it is a public key"},
		"PGP, as private":    {strings.ReplaceAll(pgpPublicOf(e), "PUBLIC", "PRIVATE"), "it is a public key"},
		"PGP, locked":        {pgpPrivateOf(lockedPGP), "protected by a passphrase"},
		"PGP, no decryption": {pgpPrivateOf(withoutSubkeys()), "no private part of a key that decrypts"},
		"PGP, cut":           {pgpPrivateOf(e)[:200], "END line is missing"},
		"PGP, two blocks":    {pgpPrivateOf(e) + "\n" + pgpPrivateOf(e), "several armored blocks"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Decrypt(message, []string{good.private, c.entry})
			checkEntry(t, err, ListIdentities, 1, c.reason)
			silent(t, err, c.entry)
		})
	}
	for _, list := range [][]string{nil, slices.Repeat([]string{good.private}, MaxEntries+1)} {
		if _, err := Decrypt(message, list); err == nil {
			t.Errorf("%d identities were taken", len(list))
		}
	}
}

func TestDecrypt_badMessage(t *testing.T) {
	a, p := newAge(), newPGP()
	ageMessage, pgpText := sealed(t, a.public), sealed(t, p.public)
	for name, c := range map[string]struct{ message, reason string }{
		"empty":              {" \n", "it is empty"},
		"too long":           {ageMessage + strings.Repeat("x", MaxMessage), "longer than 1024 KiB"},
		"not armored":        {"pk_live_not_even_encrypted_at_all", "not in ASCII armor"},
		"binary age":         {"age-encryption.org/v1\n-> X25519 abc\n", "binary age file"},
		"wrong kind":         {p.public, "another kind"},
		"signature":          {"-----BEGIN PGP SIGNATURE-----\n\n-----END PGP SIGNATURE-----", "another kind"},
		"age, cut":           {ageMessage[:len(ageMessage)/2], "END line is missing"},
		"age, lines missing": {dropLine(ageMessage, 3), "it is damaged"},
		"age, last missing":  {dropLine(ageMessage, -1), "it is damaged"},
		"age, flipped":       {flip(ageMessage, 3), "it is damaged"},
		"age, two":           {ageMessage + ageMessage, "it is damaged"},
		"age, empty":         {agearmor.Header + "\n" + agearmor.Footer, "it is damaged"},
		"age passphrase":     {withPassphrase(), "sealed with a passphrase (age -p)"},
		"age, long text":     {ageText(a, strings.Repeat("x", MaxPlaintext+1)), "text is longer than 64 KiB"},
		"age, not text":      {ageText(a, "\xff\xfe"), "not text"},
		"PGP, cut":           {pgpText[:len(pgpText)/2], "END line is missing"},
		"PGP, line missing":  {dropLine(pgpText, 3), "it is damaged"},
		"PGP, flipped":       {flip(pgpText, 4), "it is damaged"},
		"PGP, two":           {pgpText + pgpText, "several armored blocks"},
		"PGP, empty":         {"-----BEGIN PGP MESSAGE-----\n\n-----END PGP MESSAGE-----", "it is damaged"},
		"PGP passphrase":     {pgpWithPassphrase(), "sealed with a passphrase (gpg -c)"},
		"PGP, not encrypted": {pgpLiteral(), "it is not encrypted"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Decrypt(c.message, []string{a.private, p.private})
			if !errors.Is(err, ErrMessage) || !strings.Contains(err.Error(), c.reason) || got != "" {
				t.Fatalf("got %v, want …%s…", err, c.reason)
			}
			silent(t, err, c.message, secret, a.private, p.private)
		})
	}
}

// dropLine takes one line of the body away: the nth, or the last for -1.
func dropLine(message string, n int) string {
	lines := strings.Split(strings.TrimSpace(message), "\n")
	if n < 0 {
		n = len(lines) - 2
	}
	return strings.Join(slices.Delete(lines, n, n+1), "\n")
}

// flip changes one character in the nth line from the end: there, a full line of
// the ciphertext proper.
func flip(message string, n int) string {
	lines := strings.Split(strings.TrimSpace(message), "\n")
	line := []byte(lines[len(lines)-n])
	line[10] = map[bool]byte{true: 'B', false: 'A'}[line[10] == 'A']
	lines[len(lines)-n] = string(line)
	return strings.Join(lines, "\n")
}

func ageText(p pair, text string) string {
	return ageFile(must(age.ParseX25519Recipient(p.public)), text)
}

func withPassphrase() string {
	r := must(age.NewScryptRecipient("hunter2"))
	r.SetWorkFactor(10)
	return ageFile(r, secret)
}

func ageFile(r age.Recipient, text string) string {
	var out bytes.Buffer
	frame := agearmor.NewWriter(&out)
	must(0, writeAll(text, must(age.Encrypt(frame, r)), frame))
	return out.String()
}

func pgpWithPassphrase() string {
	return armored(pgpMessage, func(w *bytes.Buffer) {
		must(0, writeAll(secret, must(openpgp.SymmetricallyEncrypt(w, []byte("hunter2"), nil, nil))))
	})
}

// pgpLiteral is a message without encryption.
func pgpLiteral() string {
	return armored(pgpMessage, func(w *bytes.Buffer) {
		must(0, writeAll(secret, must(packet.SerializeLiteral(nopCloser{w}, false, "", 0))))
	})
}

// zipBomb is a key and a short message to it that unpacks to 8 MiB.
func zipBomb() (identity, message string) {
	c := pgpAt(born)
	c.DefaultCompressionAlgo = packet.CompressionZLIB
	e := newEntity(c)
	message = armored(pgpMessage, func(w *bytes.Buffer) {
		must(0, writeAll(strings.Repeat("x", 8<<20), must(openpgp.Encrypt(w, []*openpgp.Entity{e}, nil, nil, nil, c))))
	})
	return pgpPrivateOf(e), message
}

func TestDecrypt_zipBomb(t *testing.T) {
	identity, message := zipBomb()
	if len(message) > MaxMessage {
		t.Fatalf("the bomb is not compressed: %d bytes", len(message))
	}
	if _, err := Decrypt(message, []string{identity}); !errors.Is(err, ErrMessage) {
		t.Errorf("got %v, want ErrMessage", err)
	}
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }
