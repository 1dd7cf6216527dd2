package seal

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"
)

// TestPGP_validity reads keys in every state at a time of the test's choosing.
func TestPGP_validity(t *testing.T) {
	month := uint32((30 * day).Seconds())
	expiring := func() *packet.Config {
		c := pgpAt(born)
		c.KeyLifetimeSecs = month
		return c
	}
	for name, c := range map[string]struct {
		make   func() *openpgp.Entity
		at     time.Time
		reason string // "" for a usable key
	}{
		"good":          {func() *openpgp.Entity { return newEntity(pgpAt(born)) }, born.Add(day), ""},
		"still good":    {func() *openpgp.Entity { return newEntity(expiring()) }, born.Add(29 * day), ""},
		"expired":       {func() *openpgp.Entity { return newEntity(expiring()) }, born.Add(31 * day), "PGP key has expired"},
		"not yet made":  {func() *openpgp.Entity { return newEntity(pgpAt(born)) }, born.Add(-day), "dated in the future"},
		"revoked":       {revokedKey(packet.KeyRetired), born.Add(3 * day), "PGP key is revoked"},
		"compromised":   {revokedKey(packet.KeyCompromised), born.Add(day), "PGP key is revoked"},
		"not yet":       {revokedKey(packet.KeyRetired), born.Add(day), ""},
		"sign only":     {withoutSubkeys, born.Add(day), "no subkey for encryption"},
		"subkey gone":   {revokedSubkey, born.Add(3 * day), "is revoked"},
		"subkey old":    {expiredSubkey, born.Add(31 * day), "subkey of the PGP key can be used: it has expired"},
		"new subkey":    {secondSubkey, born.Add(31 * day), ""},
		"user id stale": {staleUserID, born.Add(31 * day), "no user id with a valid signature"},
		"small RSA":     {smallRSA, born.Add(day), "too weak"},
		"small subkey":  {smallSubkey, born.Add(day), "too weak"},
		"old small sub": {encryptOnlySubkey, born.Add(day), "too weak"},
		"small alone":   {smallAlone, born.Add(day), "too weak"},
	} {
		t.Run(name, func(t *testing.T) {
			e := c.make()
			bad := pgpPublicOf(e)
			good := newEntity(pgpAt(born.Add(-2 * day)))
			r, err := parseRecipients([]string{pgpPublicOf(good), bad}, c.at)
			if c.reason != "" {
				checkEntry(t, err, ListRecipients, 1, c.reason)
				silent(t, err, bad, "alice@example.com")
				_, err = parseRecipients([]string{pgpPublicOf(good, e)}, c.at)
				checkEntry(t, err, ListRecipients, 0, c.reason) // also inside a block of several
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			message, err := r.Encrypt(secret)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := Decrypt(message, []string{pgpPrivateOf(e)}); err != nil || got != secret {
				t.Errorf("does not come back: %v", err)
			}
		})
	}
}

func revokedKey(reason packet.ReasonForRevocation) func() *openpgp.Entity {
	return func() *openpgp.Entity {
		e := newEntity(pgpAt(born))
		must(0, e.Revoke(reason, "", pgpAt(born.Add(2*day))))
		return e
	}
}

func withoutSubkeys() *openpgp.Entity {
	e := newEntity(pgpAt(born))
	e.Subkeys = nil
	return e
}

func revokedSubkey() *openpgp.Entity {
	e := newEntity(pgpAt(born))
	must(0, e.Subkeys[0].Revoke(packet.KeyRetired, "", pgpAt(born.Add(2*day))))
	return e
}

// expiredSubkey is a key whose subkey lives a month and which itself does not end.
func expiredSubkey() *openpgp.Entity {
	e := withoutSubkeys()
	c := pgpAt(born)
	c.KeyLifetimeSecs = uint32((30 * day).Seconds())
	must(0, e.AddEncryptionSubkey(c))
	return e
}

// secondSubkey is the same after its owner has added another.
func secondSubkey() *openpgp.Entity {
	e := expiredSubkey()
	must(0, e.AddEncryptionSubkey(pgpAt(born.Add(30*day))))
	return e
}

// staleUserID is a key whose only user id was signed for a month.
func staleUserID() *openpgp.Entity {
	c := pgpAt(born)
	c.SigLifetimeSecs = uint32((30 * day).Seconds())
	return newEntity(c)
}

func smallRSA() *openpgp.Entity {
	return newEntity(&packet.Config{Time: pgpAt(born).Time, Algorithm: packet.PubKeyAlgoRSA, RSABits: 1024})
}

func smallSubkey() *openpgp.Entity {
	e := withoutSubkeys()
	must(0, e.AddEncryptionSubkey(&packet.Config{Time: pgpAt(born).Time, Algorithm: packet.PubKeyAlgoRSA, RSABits: 1024}))
	return e
}

// encryptOnlySubkey is the same with the old algorithm number that RSA has for
// keys which cannot sign, and which the library does not measure.
func encryptOnlySubkey() *openpgp.Entity {
	e := smallSubkey()
	sub := &e.Subkeys[0]
	sub.PublicKey.PubKeyAlgo = packet.PubKeyAlgoRSAEncryptOnly
	must(0, sub.Bindings[0].Packet.SignKey(sub.PublicKey, e.PrivateKey, pgpAt(born)))
	return e
}

// smallAlone is a small key that could do everything itself.
func smallAlone() *openpgp.Entity {
	e := smallRSA()
	e.Subkeys = nil
	return e
}

// TestPGP_flippedBits changes a key and a message bit by bit: what is accepted
// still works, and no change shows in the text.
func TestPGP_flippedBits(t *testing.T) {
	e := newEntity(pgpAt(born))
	identity, message := pgpPrivateOf(e), sealed(t, pgpPublicOf(e))
	for kind, text := range map[string]string{pgpPublic: pgpPublicOf(e), pgpMessage: message} {
		body := must(io.ReadAll(must(openArmor(strings.TrimSpace(text), kind))))
		for i := range body {
			for _, bit := range []byte{0x01, 0x10, 0x80} {
				body[i] ^= bit
				changed := armored(kind, func(w *bytes.Buffer) { w.Write(body) })
				body[i] ^= bit
				if kind == pgpMessage {
					if got, err := Decrypt(changed, []string{identity}); err == nil && got != secret {
						t.Fatalf("byte %d: another text", i)
					}
					continue
				}
				r, err := ParseRecipients([]string{changed})
				if err != nil {
					silent(t, err, changed)
				} else if _, err := r.Encrypt(secret); err != nil {
					t.Fatalf("byte %d: parsed, but cannot be encrypted to: %v", i, err)
				}
			}
		}
	}
}

// TestPGP_timeStays: the moment of parsing holds, so that a key which expires
// before the text exists does not leave it unsealed.
func TestPGP_timeStays(t *testing.T) {
	c := pgpAt(born)
	c.KeyLifetimeSecs = uint32(day.Seconds()) // over since long
	e := newEntity(c)
	r, err := parseRecipients([]string{pgpPublicOf(e)}, born.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	message, err := r.Encrypt(secret)
	if err != nil {
		t.Fatal(err)
	}
	// An expired key opens what was sealed to it.
	if got, err := Decrypt(message, []string{pgpPrivateOf(e)}); err != nil || got != secret {
		t.Errorf("does not come back: %v", err)
	}
	if _, err := ParseRecipients([]string{pgpPublicOf(e)}); err == nil {
		t.Error("the zero time is not now")
	}
}

// TestPGP_kinds seals to keys of other algorithms and versions, alone and beside
// an older one.
func TestPGP_kinds(t *testing.T) {
	old := newPGP()
	for name, c := range map[string]*packet.Config{
		"RSA":        {Algorithm: packet.PubKeyAlgoRSA, RSABits: 2048},
		"P-256":      {Algorithm: packet.PubKeyAlgoECDSA, Curve: packet.CurveNistP256},
		"version 6":  {Algorithm: packet.PubKeyAlgoEd25519, V6Keys: true},
		"AEAD asked": {Algorithm: packet.PubKeyAlgoEdDSA, AEADConfig: &packet.AEADConfig{}},
	} {
		t.Run(name, func(t *testing.T) {
			c.Time = func() time.Time { return born }
			e := newEntity(c)
			for _, list := range [][]string{{pgpPublicOf(e)}, {pgpPublicOf(e), old.public}, {pgpPublicOf(newEntity(pgpAt(born)), e)}} {
				if got, err := Decrypt(sealed(t, list...), []string{pgpPrivateOf(e)}); err != nil || got != secret {
					t.Errorf("does not come back: %v", err)
				}
			}
		})
	}
}

// TestPGP_noKeyIsSkipped: a block of two keys of which one cannot be read is
// refused, where the library's keyring reader would go on with the other.
func TestPGP_noKeyIsSkipped(t *testing.T) {
	good := newEntity(pgpAt(born))
	nameless := newEntity(pgpAt(born))
	clear(nameless.Identities)
	_, err := ParseRecipients([]string{pgpPublicOf(good, nameless)})
	checkEntry(t, err, ListRecipients, 0, "not a PGP key that can be read")
}

// TestPGP_manyKeys bounds the keys of one block.
func TestPGP_manyKeys(t *testing.T) {
	e := newEntity(pgpAt(born))
	block := armored(pgpPublic, func(w *bytes.Buffer) {
		for range MaxEntries + 1 {
			must(0, e.Serialize(w))
		}
	})
	_, err := ParseRecipients([]string{block})
	checkEntry(t, err, ListRecipients, 0, "too many PGP keys")
}

// TestPGP_headers takes blocks as key servers send them.
func TestPGP_headers(t *testing.T) {
	p := newPGP()
	withHeaders := strings.Replace(p.public, "\n", "\nComment: Alice <alice@example.com>\nVersion: 1\n", 1)
	if got, err := Decrypt(sealed(t, withHeaders), []string{p.private}); err != nil || got != secret {
		t.Errorf("does not come back: %v", err)
	}
}
