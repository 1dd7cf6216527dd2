package seal

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"sync"
	"time"

	"filippo.io/age"
	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"
)

// Recipients are those to whom a text is encrypted: any one of them can decrypt it. Methods may
// be called concurrently.
type Recipients struct {
	age []age.Recipient

	// pgp holds public keys that are valid at the time at. The library notes in them which of
	// their signatures it has verified, so mu guards their use.
	mu  sync.Mutex
	pgp []*openpgp.Entity
	at  time.Time
}

// recipient is one entry of the list.
type recipient struct {
	kind kind
	ids  []string // of the keys in it, so that a key given twice is used once
	age  age.Recipient
	pgp  []*openpgp.Entity
}

// kind is what cannot be mixed within one message.
type kind int

const (
	classic kind = iota // age, X25519 and SSH
	quantum             // age, post-quantum
	pgp
)

// ParseRecipients reads recipients, one an entry; space around an entry does not count. An
// armored PGP block may hold several keys, of which each must be usable. A key that is given
// twice, even with another comment, is used once. An entry that cannot be used is an
// [*EntryError]; private keys are reported before anything else.
func ParseRecipients(list []string) (*Recipients, error) { return parseRecipients(list, time.Now()) }

// parseRecipients reads recipients. PGP keys must be valid at the time at, also when they are
// used: a key does not expire in between.
func parseRecipients(list []string, at time.Time) (*Recipients, error) {
	switch {
	case len(list) == 0:
		return nil, errors.New("no recipients: name at least one")
	case len(list) > MaxEntries:
		return nil, fmt.Errorf("%d recipients are too many: the limit is %d", len(list), MaxEntries)
	}
	err := ListRecipients.each(list, func(entry string) error {
		if holdsPrivateKey(entry) {
			return ErrPrivateKey
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	r, used, kinds := &Recipients{at: at}, map[string]bool{}, map[kind]bool{}
	err = ListRecipients.each(list, func(entry string) error {
		one, err := parseRecipient(entry, at)
		if err != nil {
			return err
		}
		if kinds[one.kind] = true; len(kinds) > 1 {
			return mixed(kinds)
		}
		for i, id := range one.ids {
			switch {
			case used[id]:
			case one.kind == pgp:
				r.pgp = append(r.pgp, one.pgp[i])
			default:
				r.age = append(r.age, one.age)
			}
			used[id] = true
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return r, nil
}

// parseRecipient reads one entry.
func parseRecipient(entry string, at time.Time) (recipient, error) {
	switch {
	case entry == "":
		return recipient{}, errEmpty
	case len(entry) > MaxEntry:
		return recipient{}, fmt.Errorf("it is longer than %d KiB; a PGP key shrinks with gpg --export-options export-minimal", MaxEntry>>10)
	case strings.HasPrefix(entry, "#"):
		return recipient{}, errors.New("it is a comment; every entry must be a recipient")
	case strings.HasPrefix(entry, armorStart):
		if !strings.HasPrefix(entry, armorStart+pgpPublic) {
			return recipient{}, errors.New("it is an armored block, but not a PGP PUBLIC KEY BLOCK; " +
				"an SSH key is given in its one-line form, as in id_ed25519.pub")
		}
		return parsePGPRecipient(entry, at)
	case strings.ContainsAny(entry, "\r\n"):
		return recipient{}, errors.New("it holds several lines; give each recipient an entry of its own")
	case strings.HasPrefix(entry, "age1"):
		return parseAgeRecipient(entry)
	default:
		return parseSSHRecipient(entry)
	}
}

// privateMarks are texts that only private keys hold: those of age, PEM and PGP
// (whatever its words between BEGIN and KEY), PuTTY, and the body of an OpenSSH
// private key without its frame ("openssh-key-v1" in base64). Most runs of a
// provider need it never.
var privateMarks = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i:AGE-SECRET-KEY-|AGE-PLUGIN-|(PRIVATE|SECRET) KEY( BLOCK)?-----|PuTTY-User-Key-File)|b3BlbnNzaC1rZXktdjE`)
})

// holdsPrivateKey reports whether an entry is, or has somewhere in it, a private
// key, also in base64 as CI systems like to keep them.
func holdsPrivateKey(entry string) bool {
	if privateMarks().MatchString(entry) {
		return true
	}
	if len(entry) > MaxEntry {
		return false // refused for its length
	}
	joined := strings.Join(strings.Fields(entry), "")
	body, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(joined, "="))
	return err == nil && privateMarks().Match(body)
}

// mixed says why recipients of several kinds cannot be in one list.
func mixed(kinds map[kind]bool) error {
	if kinds[pgp] {
		return errors.New("age recipients (age1…, ssh-…) and PGP keys cannot be in one list, " +
			"because a message has one format; use one kind for all")
	}
	return errors.New("post-quantum recipients (age1pq1…) and classic ones (age1…, ssh-…) cannot be in one list, " +
		"because the message would be open to whoever breaks the classic one; use one kind for all")
}

// Encrypt encrypts a text to all recipients. The result is ASCII armor that ends in
// a line feed: "AGE ENCRYPTED FILE" or "PGP MESSAGE". It differs from call to
// call. An empty text and one longer than [MaxPlaintext] are errors.
func (r *Recipients) Encrypt(plaintext string) (armored string, err error) {
	switch {
	case plaintext == "":
		return "", errors.New("nothing to encrypt: the text is empty")
	case len(plaintext) > MaxPlaintext:
		return "", fmt.Errorf("the text to encrypt is longer than %d KiB", MaxPlaintext>>10)
	}
	var out bytes.Buffer
	if len(r.pgp) > 0 {
		r.mu.Lock()
		defer r.mu.Unlock()
		err = sealPGP(&out, r.pgp, r.at, plaintext)
	} else {
		err = sealAge(&out, r.age, plaintext)
	}
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(out.String()) + "\n", nil
}

// writeAll writes text through the writers, which wrap one another, and closes
// them from the innermost format outwards.
func writeAll(text string, w io.WriteCloser, outer ...io.WriteCloser) error {
	_, err := io.WriteString(w, text)
	for _, c := range append([]io.WriteCloser{w}, outer...) {
		if cerr := c.Close(); err == nil {
			err = cerr
		}
	}
	return err
}
