package seal

import (
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/armor"
	pgperrors "github.com/ProtonMail/go-crypto/openpgp/errors"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"
)

// The frames of ASCII armor (RFC 9580, section 6.2).
const (
	armorStart = "-----BEGIN "
	armorStop  = "-----END "
	dashes     = "-----"

	pgpPublic  = "PGP PUBLIC KEY BLOCK"
	pgpPrivate = "PGP PRIVATE KEY BLOCK"
	pgpMessage = "PGP MESSAGE"
)

// pgpConfig is how OpenPGP is used here. AES-256 is taken where all keys name it
// among their preferences, and AES-128, which every program has, where not.
func pgpConfig(at time.Time) *packet.Config {
	limit := int64(MaxPlaintext + 16<<10) // beside the text, the packet's header and perhaps a signature
	return &packet.Config{
		DefaultCipher:              packet.CipherAES256,
		Time:                       func() time.Time { return at },
		MaxDecompressedMessageSize: &limit,
	}
}

// errNotWhole and errSeveral are the errors of an armored block that is not one block.
var (
	errNotWhole = errors.New("it is cut off: the END line is missing")
	errSeveral  = errors.New("it holds several armored blocks; give one")
)

// openArmor returns the body of text, which must be one armored block of the
// kind asked for and nothing else.
func openArmor(text, kind string) (io.Reader, error) {
	if strings.Count(text, armorStart) > 1 {
		return nil, errSeveral
	}
	if !strings.HasSuffix(text, armorStop+kind+dashes) {
		return nil, errNotWhole
	}
	block, err := armor.Decode(strings.NewReader(text))
	if err != nil || block.Type != kind {
		return nil, errors.New("its armor is damaged; copy it again, whole")
	}
	return block.Body, nil
}

// readPGPKeys reads every key of an armored block. Unlike the library's keyring
// reader it skips none: a recipient that is left out would find out too late.
func readPGPKeys(entry, kind string) ([]*openpgp.Entity, error) {
	body, err := openArmor(entry, kind)
	if err != nil {
		return nil, err
	}
	var keys []*openpgp.Entity
	for packets := packet.NewReader(body); ; {
		e, err := openpgp.ReadEntity(packets)
		switch {
		case errors.Is(err, io.EOF) && len(keys) > 0:
			return keys, nil
		case err != nil:
			return nil, errors.New("it is not a PGP key that can be read: damaged, of an unsupported kind, or without a user id")
		case len(keys) == MaxEntries:
			return nil, errors.New("it holds too many PGP keys")
		}
		keys = append(keys, e)
	}
}

// parsePGPRecipient reads an armored block of public keys.
func parsePGPRecipient(entry string, at time.Time) (recipient, error) {
	keys, err := readPGPKeys(entry, pgpPublic)
	if err != nil {
		return recipient{}, err
	}
	one := recipient{kind: pgp, pgp: keys}
	for _, e := range keys {
		if hasPrivatePart(e) { // in a frame that says public
			return recipient{}, ErrPrivateKey
		}
		if err := checkPGP(e, at); err != nil {
			return recipient{}, err
		}
		one.ids = append(one.ids, string(e.PrimaryKey.Fingerprint))
	}
	return one, nil
}

func hasPrivatePart(e *openpgp.Entity) bool {
	return e.PrivateKey != nil || slices.ContainsFunc(e.Subkeys, func(s openpgp.Subkey) bool { return s.PrivateKey != nil })
}

// checkPGP says why nothing can be encrypted to a key at a time.
func checkPGP(e *openpgp.Entity, at time.Time) error {
	config := pgpConfig(at)
	key, err := e.EncryptionKeyWithError(at, config)
	if err != nil {
		return errors.New(pgpReason(e, at, config))
	}
	// The library checks the size of RSA keys that can sign, but not of those
	// of the old encrypt-only type.
	if bits, err := key.PublicKey.BitLength(); key.PublicKey.PubKeyAlgo == packet.PubKeyAlgoRSAEncryptOnly &&
		(err != nil || bits < config.MinimumRSABits()) {
		return errors.New("the PGP key, or its encryption subkey, " + tooWeak)
	}
	if err := sealPGP(io.Discard, []*openpgp.Entity{e}, at, "probe"); err != nil {
		return errors.New("the PGP key is well formed, but nothing can be encrypted to it")
	}
	return nil
}

const tooWeak = "is too weak: RSA of fewer than 2048 bits, DSA, ElGamal or an unusual curve"

// pgpReason puts into words why the library finds no key to encrypt to. Its own error
// names ids of keys.
func pgpReason(e *openpgp.Entity, at time.Time, config *packet.Config) string {
	switch _, err := e.VerifyPrimaryKey(at, config); {
	case e.PrimaryKey.CreationTime.After(at):
		return "the PGP key is dated in the future; check this machine's clock and the key's"
	case e.Revoked(at):
		return "the PGP key is revoked"
	case errors.Is(err, pgperrors.ErrKeyExpired):
		return "the PGP key has expired; ask its owner for an up-to-date export"
	case err != nil:
		return "the PGP key has no user id with a valid signature of its own at this time"
	case !slices.ContainsFunc(e.Subkeys, func(s openpgp.Subkey) bool { return s.PublicKey.PubKeyAlgo.CanEncrypt() }):
		return "the PGP key has no subkey for encryption, or " + tooWeak
	}
	return "no encryption subkey of the PGP key can be used: it has expired, is revoked, or " + tooWeak + "; ask the key's owner for an up-to-date export"
}

// sealPGP writes text as an armored PGP message, with a checksum, which older
// programs look for.
func sealPGP(w io.Writer, to []*openpgp.Entity, at time.Time, text string) error {
	frame, err := armor.Encode(w, pgpMessage, nil)
	if err == nil {
		var body io.WriteCloser
		body, err = openpgp.Encrypt(frame, to, nil, nil, nil, pgpConfig(at))
		if err == nil {
			err = writeAll(text, body, frame)
		}
	}
	if err != nil {
		return errors.New("PGP could not encrypt to these recipients")
	}
	return nil
}
