package seal

import (
	"errors"
	"fmt"
)

var (
	// ErrPrivateKey means that a private key stands where a recipient, which is
	// public, belongs. Whoever could read the configuration could read the key.
	ErrPrivateKey = errors.New("this is a private key, and only public keys belong here; " +
		"treat it as leaked: make a new key pair, stop using this one, and remove it from the configuration and its history")

	// ErrNoMatch means that a message seems to be complete, but was
	// not sealed to any of the identities given.
	ErrNoMatch = errors.New("none of the identities opens this message: it was sealed to others")

	// ErrMessage means that a message is not one that this package can open,
	// whatever the identity: cut off, damaged, not armored, or of another kind.
	// Errors wrap it with the reason.
	ErrMessage = errors.New("not a message that can be opened")
)

// List says which list an [EntryError] is about.
type List string

// The lists of entries that this package reads.
const (
	ListRecipients List = "recipient"
	ListIdentities List = "identity"
)

// EntryError is a refused entry of a list. Its text names the entry by its
// position and holds no part of it.
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

// refuse makes the reason of an EntryError.
func refuse(reason string) error { return errors.New(reason) }

// unreadable wraps [ErrMessage] with a reason.
func unreadable(reason string) error { return fmt.Errorf("%w: %s", ErrMessage, reason) }
