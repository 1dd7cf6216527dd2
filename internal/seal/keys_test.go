package seal

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"errors"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"
	"golang.org/x/crypto/ssh"
)

// secret is a plaintext that no error may show.
const secret = "pk_live_f8a3b2c1d4e5f6g7h8i9j0k1l2m3n4o5"

// pair is a key pair: what a recipient publishes and what it keeps.
type pair struct{ public, private string }

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func newAge() pair {
	id := must(age.GenerateX25519Identity())
	return pair{id.Recipient().String(), id.String()}
}

func newHybrid() pair {
	id := must(age.GenerateHybridIdentity())
	return pair{id.Recipient().String(), id.String()}
}

func newEd25519() pair {
	_, key := must2(ed25519.GenerateKey(rand.Reader))
	return sshPair(key, key.Public())
}

func must2[A, B any](a A, b B, err error) (A, B) {
	if err != nil {
		panic(err)
	}
	return a, b
}

func newRSA(bits int) pair {
	key := must(rsa.GenerateKey(rand.Reader, bits))
	return sshPair(key, key.Public())
}

// sshPair gives a key in OpenSSH's forms, the public one with a comment.
func sshPair(private crypto.PrivateKey, public crypto.PublicKey) pair {
	line := ssh.MarshalAuthorizedKey(must(ssh.NewPublicKey(public)))
	block := must(ssh.MarshalPrivateKey(private, ""))
	return pair{strings.TrimSpace(string(line)) + " alice@example.com", string(pem.EncodeToMemory(block))}
}

// born is when PGP keys of tests are made, and day how far times lie apart.
var born = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

// pgpAt configures the making of PGP keys at a time.
func pgpAt(at time.Time) *packet.Config {
	return &packet.Config{Time: func() time.Time { return at }, Algorithm: packet.PubKeyAlgoEdDSA}
}

func newEntity(config *packet.Config) *openpgp.Entity {
	return must(openpgp.NewEntity("Alice", "", "alice@example.com", config))
}

func newPGP() pair {
	e := newEntity(pgpAt(born))
	return pair{pgpPublicOf(e), pgpPrivateOf(e)}
}

// pgpPublicOf exports keys as one armored block.
func pgpPublicOf(keys ...*openpgp.Entity) string {
	return armored(pgpPublic, func(w *bytes.Buffer) {
		for _, e := range keys {
			must(0, e.Serialize(w))
		}
	})
}

func pgpPrivateOf(e *openpgp.Entity) string {
	return armored(pgpPrivate, func(w *bytes.Buffer) { must(0, e.SerializePrivateWithoutSigning(w, nil)) })
}

func armored(kind string, write func(*bytes.Buffer)) string {
	var body, out bytes.Buffer
	write(&body)
	w := must(armor.Encode(&out, kind, nil))
	must(w.Write(body.Bytes()))
	must(0, w.Close())
	return out.String()
}

// parse reads recipients that must be good.
func parse(t testing.TB, list ...string) *Recipients {
	t.Helper()
	r, err := ParseRecipients(list)
	if err != nil {
		t.Fatalf("ParseRecipients: %v", err)
	}
	return r
}

// sealed encrypts [secret] to recipients.
func sealed(t testing.TB, list ...string) string {
	t.Helper()
	message, err := parse(t, list...).Encrypt(secret)
	if err != nil {
		t.Fatalf("Encrypt: %v", err)
	}
	return message
}

// silent fails if an error, or any that it wraps, shows a part of the material.
func silent(t *testing.T, err error, material ...string) {
	t.Helper()
	const window = 20 // longer than the words with which formats begin
	for ; err != nil; err = errors.Unwrap(err) {
		for _, m := range material {
			for line := range strings.Lines(m) {
				line = strings.TrimSpace(line)
				if strings.HasPrefix(line, dashes) {
					continue
				}
				for i := 0; i+window <= len(line); i++ {
					if strings.Contains(err.Error(), line[i:i+window]) {
						t.Fatalf("an error shows %d characters of what it is about", window)
					}
				}
			}
		}
	}
}
