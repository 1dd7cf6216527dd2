package seal

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"filippo.io/age"
	"filippo.io/age/armor"
	pgperrors "github.com/ProtonMail/go-crypto/openpgp/errors"
	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"
)

// Decrypt opens an armored message, age or PGP, with any of the identities: age
// identities and identity files, SSH private keys (ed25519, rsa) and armored
// PGP private keys, none of them protected by a passphrase. Identities for the
// other format are read but not tried. Keys that have expired or were revoked
// still open what was sealed to them. Signatures in a message are not checked.
//
// An unusable identity is an [*EntryError]; a message that was sealed to others
// is [ErrNoMatch], and one that cannot be opened at all is [ErrMessage]. The text
// is returned only after all of it has been authenticated.
func Decrypt(armored string, identities []string) (string, error) {
	ids, err := parseIdentities(identities)
	if err != nil {
		return "", err
	}
	message := strings.TrimSpace(armored)
	switch {
	case message == "":
		return "", unreadable("it is empty")
	case len(message) > MaxMessage:
		return "", unreadable(fmt.Sprintf("it is longer than %d KiB", MaxMessage>>10))
	case strings.HasPrefix(message, armor.Header):
		return finish(ids.openAge(message))
	case strings.HasPrefix(message, armorStart+pgpMessage+dashes):
		return finish(ids.openPGP(message))
	case strings.HasPrefix(message, "age-encryption.org/"):
		return "", unreadable("it is a binary age file; armor it with age --armor")
	case strings.HasPrefix(message, armorStart):
		return "", unreadable("it is an armored block of another kind than AGE ENCRYPTED FILE and PGP MESSAGE")
	default:
		return "", unreadable("it is not in ASCII armor, which begins with -----BEGIN AGE ENCRYPTED FILE----- or -----BEGIN PGP MESSAGE-----")
	}
}

// errDamaged is deliberately the only answer to a message that fails late:
// which check it failed is of use to nobody but a forger.
var errDamaged = unreadable("it is damaged; copy it again, whole")

// openAge returns the text of an armored age file.
func (all *identities) openAge(message string) (io.Reader, error) {
	if !strings.HasSuffix(message, ageEnd) {
		return nil, unreadable("it is cut off: the END line is missing")
	}
	if len(all.age) == 0 {
		return nil, fmt.Errorf("%w (an age file needs an age identity or an SSH private key, and none was given)", ErrNoMatch)
	}
	text, err := age.Decrypt(armor.NewReader(strings.NewReader(message)), all.age...)
	var miss *age.NoIdentityMatchError
	switch {
	case errors.As(err, &miss) && slices.Contains(miss.StanzaTypes, "scrypt"):
		return nil, unreadable("it was sealed with a passphrase (age -p), and there is nobody to ask for it here")
	case errors.As(err, &miss):
		return nil, ErrNoMatch
	case err != nil:
		return nil, errDamaged
	}
	return text, nil
}

// openPGP returns the text of an armored PGP message.
func (all *identities) openPGP(message string) (io.Reader, error) {
	body, err := openArmor(message, pgpMessage)
	if err != nil {
		return nil, unreadable(err.Error())
	}
	if len(all.pgp) == 0 {
		return nil, fmt.Errorf("%w (a PGP message needs a PGP private key, and none was given)", ErrNoMatch)
	}
	// Asked only when no private key has opened the message: protected ones may
	// be left in the ring, beside those that are not, or it has a passphrase.
	var passphrase bool
	ask := func(_ []openpgp.Key, symmetric bool) ([]byte, error) {
		passphrase = symmetric
		return nil, pgperrors.ErrKeyIncorrect
	}
	// The time does not matter: keys for decryption are chosen without one.
	details, err := openpgp.ReadMessage(body, all.pgp, ask, pgpConfig(time.Time{}))
	switch {
	case errors.Is(err, pgperrors.ErrKeyIncorrect) && passphrase:
		return nil, unreadable("it was sealed with a passphrase (gpg -c), and there is nobody to ask for it here")
	case errors.Is(err, pgperrors.ErrKeyIncorrect):
		return nil, ErrNoMatch
	case err != nil:
		return nil, errDamaged
	case !details.IsEncrypted:
		return nil, unreadable("it is not encrypted")
	}
	return details.UnverifiedBody, nil
}

// finish reads a text to its end, where both formats prove that it is complete.
func finish(text io.Reader, err error) (string, error) {
	if err != nil {
		return "", err
	}
	plain, err := io.ReadAll(io.LimitReader(text, MaxPlaintext+1))
	switch {
	case err != nil:
		return "", errDamaged
	case len(plain) > MaxPlaintext:
		return "", unreadable(fmt.Sprintf("its text is longer than %d KiB", MaxPlaintext>>10))
	case !utf8.Valid(plain):
		return "", unreadable("what it holds is not text (UTF-8)")
	}
	return string(plain), nil
}
