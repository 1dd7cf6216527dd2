// Package seal encrypts short texts, such as API keys, to the public keys of those who may read
// them, and decrypts them. It knows two formats:
//
//   - age (age-encryption.org/v1), to age recipients ("age1…", and the post-quantum "age1pq1…")
//     and to SSH public keys ("ssh-ed25519 …", "ssh-rsa …");
//   - OpenPGP (RFC 9580, and RFC 4880 where a key asks for no more), to armored public keys.
//
// A message has one format, so age and PGP recipients cannot be in one list. Nor can
// post-quantum and classic ones: the message would be as weak as the weakest.
//
// [ParseRecipients] encrypts a probe to each recipient. A caller that parses before it creates a
// secret will not be left with a secret that it cannot encrypt.
//
// Errors say which entry is wrong and why. They hold no part of an entry, an identity, a message
// or a plaintext, and wrap no error of the libraries below, whose words do.
package seal

import (
	"errors"
	"fmt"
	"strings"
)

// Limits on what is read and written. They are far above what keys and API keys need, and keep
// a mistake (a whole file, a keyring) from becoming a large state.
const (
	MaxEntries   = 100       // recipients or identities in a list
	MaxEntry     = 256 << 10 // bytes in one of them; PGP keys carry other people's signatures
	MaxPlaintext = 64 << 10  // bytes to encrypt, or found by decrypting
	MaxMessage   = 1 << 20   // bytes of an armored message
)

var (
	// ErrPrivateKey means that a private key is among the recipients, which are public.
	// Whoever could read the configuration could read the key.
	ErrPrivateKey = errors.New("this is a private key, and only public keys belong here; " +
		"treat it as leaked: create a new key pair, stop using this one, and remove it from the configuration and its history")

	// ErrNoMatch means that a message seems to be complete, but was encrypted to none of the
	// identities given.
	ErrNoMatch = errors.New("none of the identities can decrypt this: it was encrypted to other recipients")

	// ErrMessage means that a message cannot be decrypted, whatever the identity: cut off,
	// damaged, not armored, or of another kind. Errors wrap it with the reason.
	ErrMessage = errors.New("not a message that can be decrypted")

	errEmpty = errors.New("it is empty")
)

// List says which list an [EntryError] is about.
type List string

// The lists of entries that this package reads.
const (
	ListRecipients List = "recipient"
	ListIdentities List = "identity"
)

// EntryError is a refused entry of a list. Its text names the entry by its position.
type EntryError struct {
	List  List
	Index int   // position in the list, from 0
	Total int   // length of the list
	Err   error // the reason; [ErrPrivateKey] where that is it
}

// Error implements error: "recipient 2 of 3: it has expired". It counts from 1.
func (e *EntryError) Error() string {
	return fmt.Sprintf("%s %d of %d: %v", e.List, e.Index+1, e.Total, e.Err)
}

// Unwrap returns the reason.
func (e *EntryError) Unwrap() error { return e.Err }

// each calls parse for each entry of a list, without the space around it.
func (l List) each(entries []string, parse func(entry string) error) error {
	for i, entry := range entries {
		if err := parse(strings.TrimSpace(entry)); err != nil {
			return &EntryError{List: l, Index: i, Total: len(entries), Err: err}
		}
	}
	return nil
}

// unreadable wraps [ErrMessage] with a reason.
func unreadable(reason string) error { return fmt.Errorf("%w: %s", ErrMessage, reason) }
