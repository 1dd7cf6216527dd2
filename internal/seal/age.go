package seal

import (
	"crypto/rsa"
	"errors"
	"io"
	"slices"
	"strings"

	"filippo.io/age"
	"filippo.io/age/agessh"
	"filippo.io/age/armor"
	"golang.org/x/crypto/ssh"
)

const (
	ageEnd = "-----END AGE ENCRYPTED FILE-----"

	// minRSA is age's own limit, in bits. The SSH library bounds it from above.
	minRSA = 2048
)

var (
	errMistyped = errors.New("it is not a valid age recipient; copy it again, whole")
	errBadSSH   = errors.New("it is not a valid SSH public key; copy it again, whole")
)

// parseAgeRecipient reads "age1…" and "age1pq1…".
func parseAgeRecipient(entry string) (recipient, error) {
	// Bech32 data has no "1": what is before the last one is a plugin's name.
	isQuantum := strings.HasPrefix(entry, "age1pq1")
	if !isQuantum && strings.Count(entry, "1") > 1 {
		return recipient{}, errors.New("it is a recipient of an age plugin (age1name1…), or mistyped; plugins are programs, " +
			"which are not run here: use a native recipient, as age-keygen makes them")
	}
	if isQuantum {
		r, err := age.ParseHybridRecipient(entry)
		if err != nil {
			return recipient{}, errMistyped
		}
		return recipient{kind: quantum, ids: []string{r.String()}, age: r}, probe(r)
	}
	r, err := age.ParseX25519Recipient(entry)
	if err != nil {
		return recipient{}, errMistyped
	}
	return recipient{kind: classic, ids: []string{r.String()}, age: r}, probe(r)
}

// parseSSHRecipient reads "ssh-ed25519 …" and "ssh-rsa …", with or without a comment, and
// recognises other things.
func parseSSHRecipient(entry string) (recipient, error) {
	const use = "; use an ssh-ed25519 or ssh-rsa key, or an age recipient"
	const maxLine = 8 << 10 // as in sshd's authorized_keys
	fields := strings.Fields(entry)
	isType := func(f string) bool {
		return slices.ContainsFunc([]string{"ssh-", "ecdsa-sha2-", "sk-"}, func(begin string) bool { return strings.HasPrefix(f, begin) })
	}
	switch algorithm := fields[0]; {
	case strings.Contains(algorithm, "-cert-v"):
		return recipient{}, errors.New("it is an SSH certificate; give the public key that it certifies")
	case len(entry) > maxLine:
		return recipient{}, errors.New("it is too long for an SSH public key")
	case algorithm == ssh.KeyAlgoED25519, algorithm == ssh.KeyAlgoRSA:
	case isType(algorithm):
		return recipient{}, errors.New("it is an SSH key of a type to which age cannot encrypt" + use)
	case slices.ContainsFunc(fields[1:], isType):
		return recipient{}, errors.New("something stands before the type of the SSH key; give type and key alone, without options or host")
	default:
		return recipient{}, errors.New("its format is unknown; a recipient is age1…, ssh-ed25519 …, ssh-rsa …, or a PGP key in ASCII armor (gpg --armor --export)")
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(entry))
	if err != nil || key.Type() != fields[0] {
		return recipient{}, errBadSSH
	}
	one := recipient{kind: classic, ids: []string{string(key.Marshal())}}
	switch {
	case fields[0] == ssh.KeyAlgoED25519:
		one.age, err = agessh.NewEd25519Recipient(key)
	case rsaBits(key) < minRSA:
		return recipient{}, errors.New("it is an RSA key of fewer than 2048 bits" + use)
	default:
		one.age, err = agessh.NewRSARecipient(key)
	}
	if err != nil {
		return recipient{}, errBadSSH
	}
	return one, probe(one.age)
}

func rsaBits(key ssh.PublicKey) int {
	if c, ok := key.(ssh.CryptoPublicKey); ok {
		if k, ok := c.CryptoPublicKey().(*rsa.PublicKey); ok {
			return k.N.BitLen()
		}
	}
	return 0
}

// probe wraps a file key to r: a key can be well formed and still unusable, such
// as a point of low order.
func probe(r age.Recipient) error {
	const fileKey = 16 // bytes, age-encryption.org/v1
	if _, err := r.Wrap(make([]byte, fileKey)); err != nil {
		return errors.New("it is well formed, but nothing can be encrypted to it")
	}
	return nil
}

// sealAge writes text as an armored age file.
func sealAge(w io.Writer, to []age.Recipient, text string) error {
	frame := armor.NewWriter(w)
	body, err := age.Encrypt(frame, to...)
	if err == nil {
		err = writeAll(text, body, frame)
	}
	if err != nil {
		return errors.New("age could not encrypt to these recipients")
	}
	return nil
}
