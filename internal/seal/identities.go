package seal

import (
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
	"fmt"
	"strings"
	"time"

	"filippo.io/age"
	"filippo.io/age/agessh"
	"filippo.io/age/armor"
	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"
	"golang.org/x/crypto/ssh"
)

// identities are private keys, by the format of the messages they open.
type identities struct {
	age []age.Identity
	pgp openpgp.EntityList
}

// parseIdentities reads private keys. One that cannot be used is an error even if another would
// do: it would be found out on the day when it is needed.
func parseIdentities(list []string) (all identities, err error) {
	switch {
	case len(list) == 0:
		return all, errors.New("no identities: give at least one private key")
	case len(list) > MaxEntries:
		return all, fmt.Errorf("%d identities are too many: the limit is %d", len(list), MaxEntries)
	}
	return all, ListIdentities.each(list, all.parse)
}

var (
	errProtected   = errors.New("it is protected by a passphrase, and there is nobody to ask for it here; use a key without one, created for this purpose")
	errPublic      = errors.New("it is a public key; decrypting needs the private key")
	errBadIdentity = errors.New("its format is unknown or it is damaged; an identity is AGE-SECRET-KEY-1…, " +
		"an SSH private key (ed25519 or rsa), or a PGP private key in ASCII armor (gpg --armor --export-secret-keys)")
)

// parse reads one entry and adds what it holds.
func (all *identities) parse(entry string) error {
	switch {
	case entry == "":
		return errEmpty
	case len(entry) > MaxEntry:
		return fmt.Errorf("it is longer than %d KiB", MaxEntry>>10)
	case strings.HasPrefix(entry, armor.Header):
		return errProtected // an identity file that is itself an age file
	case strings.HasPrefix(entry, armorStart+pgpPublic), strings.HasPrefix(entry, armorStart+"PUBLIC KEY"):
		return errPublic
	case strings.HasPrefix(entry, armorStart+pgpPrivate):
		return all.parsePGP(entry)
	case strings.HasPrefix(entry, armorStart):
		return all.parseSSH(entry)
	default:
		return all.parseAge(entry)
	}
}

// parseAge reads an age identity, or an identity file as age-keygen writes it,
// with comments and perhaps several identities.
func (all *identities) parseAge(entry string) error {
	before := len(all.age)
	for line := range strings.Lines(entry) {
		line = strings.TrimSpace(line)
		var id age.Identity
		var err error
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
			continue
		case strings.HasPrefix(line, "AGE-SECRET-KEY-PQ-1"):
			id, err = age.ParseHybridIdentity(line)
		case strings.HasPrefix(line, "AGE-SECRET-KEY-1"):
			id, err = age.ParseX25519Identity(line)
		case strings.HasPrefix(line, "AGE-PLUGIN-"):
			return errors.New("it is an identity of an age plugin; plugins are programs, which are not run here")
		case strings.HasPrefix(line, "age1"), strings.HasPrefix(line, "ssh-"):
			return errPublic
		default:
			return errBadIdentity
		}
		if err != nil {
			return errBadIdentity
		}
		if len(all.age) == MaxEntries {
			return errors.New("it holds too many identities")
		}
		all.age = append(all.age, id)
	}
	if len(all.age) == before {
		return errors.New("it holds comments only")
	}
	return nil
}

// parseSSH reads an SSH private key: OpenSSH's own form, PKCS #1 or PKCS #8.
func (all *identities) parseSSH(entry string) error {
	const maxKey = 16 << 10 // bytes; as in the age program
	switch {
	case len(entry) > maxKey:
		return errors.New("it is too long for an SSH private key")
	case strings.Count(entry, armorStart) > 1:
		return errSeveral
	case strings.HasPrefix(entry, armorStart+"ENCRYPTED PRIVATE KEY"):
		return errProtected
	}
	key, err := ssh.ParseRawPrivateKey([]byte(entry + "\n"))
	var missing *ssh.PassphraseMissingError
	if errors.As(err, &missing) {
		return errProtected
	}
	if err != nil {
		return errBadIdentity
	}
	var id age.Identity
	switch k := key.(type) { // the parser returns a pointer or not, by the key's file format
	case ed25519.PrivateKey:
		id, err = agessh.NewEd25519Identity(k)
	case *ed25519.PrivateKey:
		id, err = agessh.NewEd25519Identity(*k)
	case *rsa.PrivateKey:
		id, err = agessh.NewRSAIdentity(k)
	default:
		return errors.New("it is an SSH key of a type that cannot decrypt; only ed25519 and rsa can")
	}
	if err != nil {
		return errBadIdentity
	}
	all.age = append(all.age, id)
	return nil
}

// parsePGP reads an armored block of private keys. Each must have at least one
// that decrypts and is not protected; parts kept elsewhere, such as an offline
// primary key, do not matter.
func (all *identities) parsePGP(entry string) error {
	keys, err := readPGPKeys(entry, pgpPrivate)
	if err != nil {
		return err
	}
	for _, e := range keys {
		if !hasPrivatePart(e) {
			return errPublic // in a frame that says private
		}
		reason := errors.New("it has no private part of a key that decrypts; it may be offline or on a smart card")
		for _, k := range e.DecryptionKeys(0, time.Time{}, pgpConfig(time.Time{})) {
			switch {
			case k.PrivateKey == nil || k.PrivateKey.Dummy():
			case !k.PrivateKey.Encrypted:
				reason = nil
			case reason != nil:
				reason = errProtected
			}
		}
		if reason != nil {
			return reason
		}
		all.pgp = append(all.pgp, e)
	}
	return nil
}
