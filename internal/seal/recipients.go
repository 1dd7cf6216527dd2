package seal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"filippo.io/age"
	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"
)

// Limits on what is read and written. They are far above what keys and API keys
// need, and keep a mistake (a whole file, a keyring) from becoming a large state.
const (
	MaxEntries   = 100       // recipients or identities in a list
	MaxEntry     = 256 << 10 // bytes in one of them; PGP keys carry other people's signatures
	MaxPlaintext = 64 << 10  // bytes to encrypt, or found by decrypting
	MaxMessage   = 1 << 20   // bytes of an armored message
)

// Recipients are those to whom a text is sealed: any one of them can open it.
// Methods may be called concurrently.
type Recipients struct {
	age []age.Recipient

	// pgp holds public keys that are valid at the time at. The library notes in
	// them which of their signatures it has verified, so mu guards their use.
	mu  sync.Mutex
	pgp []*openpgp.Entity
	at  time.Time
}

// Options change how recipients are read. The zero value is ready to use.
type Options struct {
	// At is the moment at which a PGP key must be valid: not expired, not
	// revoked, not made later. The zero time means now. It stays the moment for
	// the Recipients made, so that a key that was good when they were parsed
	// does not expire before they are used.
	At time.Time
}

// recipient is one entry of the list, read.
type recipient struct {
	kind kind
	// ids name the keys in it, so that a key given twice is used once.
	ids []string
	age age.Recipient
	pgp []*openpgp.Entity
}

// kind is what cannot be mixed within one message.
type kind int

const (
	classic kind = iota // age, X25519 and SSH
	quantum             // age, post-quantum
	pgp
)

// ParseRecipients reads recipients, one an entry, as [Options.ParseRecipients]
// does now.
func ParseRecipients(list []string) (*Recipients, error) { return Options{}.ParseRecipients(list) }

// ParseRecipients reads recipients, one an entry; space around an entry does not
// count. An armored PGP block may hold several keys, of which each must be
// usable. A key that is given twice, even with another comment, is used once.
// An entry that cannot be used is an [*EntryError]; private keys are reported
// before anything else.
func (o Options) ParseRecipients(list []string) (*Recipients, error) {
	if len(list) == 0 {
		return nil, errors.New("no recipients: name at least one")
	}
	if len(list) > MaxEntries {
		return nil, fmt.Errorf("%d recipients are too many: the limit is %d", len(list), MaxEntries)
	}
	if o.At.IsZero() {
		o.At = time.Now()
	}
	fail := func(i int, err error) (*Recipients, error) {
		return nil, &EntryError{List: ListRecipients, Index: i, Total: len(list), Err: err}
	}
	// The one mistake that costs a key is reported even when the list has others.
	for i, entry := range list {
		if holdsPrivateKey(entry) {
			return fail(i, ErrPrivateKey)
		}
	}
	r := &Recipients{at: o.At}
	seen := map[string]bool{}
	var first kind
	for i, entry := range list {
		one, err := parseRecipient(strings.TrimSpace(entry), o.At)
		if err != nil {
			return fail(i, err)
		}
		if i == 0 {
			first = one.kind
		} else if err := mixes(first, one.kind); err != nil {
			return fail(i, err)
		}
		r.add(one, seen)
	}
	return r, nil
}

// add takes those keys of one that have not been seen before.
func (r *Recipients) add(one recipient, seen map[string]bool) {
	for i, id := range one.ids {
		if seen[id] {
			continue
		}
		seen[id] = true
		if one.kind == pgp {
			r.pgp = append(r.pgp, one.pgp[i])
		} else {
			r.age = append(r.age, one.age)
		}
	}
}

// parseRecipient reads one entry.
func parseRecipient(entry string, at time.Time) (recipient, error) {
	switch {
	case entry == "":
		return recipient{}, refuse("it is empty")
	case len(entry) > MaxEntry:
		return recipient{}, refuse(fmt.Sprintf("it is longer than %d KiB; a PGP key shrinks with gpg --export-options export-minimal", MaxEntry>>10))
	case strings.HasPrefix(entry, "#"):
		return recipient{}, refuse("it is a comment; every entry must be a recipient")
	case strings.HasPrefix(entry, armorStart):
		if !strings.HasPrefix(entry, armorStart+pgpPublic) {
			return recipient{}, refuse("it is an armored block, but not a PGP PUBLIC KEY BLOCK; " +
				"an SSH key is given in its one-line form, as in id_ed25519.pub")
		}
		return parsePGPRecipient(entry, at)
	case strings.ContainsAny(entry, "\r\n"):
		return recipient{}, refuse("it holds several lines; give each recipient an entry of its own")
	case strings.HasPrefix(entry, "age1"):
		return parseAgeRecipient(entry)
	default:
		return parseSSHRecipient(entry)
	}
}

// mixes says why a recipient of one kind cannot follow those of another.
func mixes(first, next kind) error {
	switch {
	case first == next:
		return nil
	case first == pgp || next == pgp:
		return refuse("age recipients (age1…, ssh-…) and PGP keys cannot be in one list, " +
			"because a message has one format; use one kind for all")
	default:
		return refuse("post-quantum recipients (age1pq1…) and classic ones (age1…, ssh-…) cannot be in one list, " +
			"because the message would be open to whoever breaks the classic one; use one kind for all")
	}
}

// Encrypt seals a text to all recipients. The result is ASCII armor that ends in
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
