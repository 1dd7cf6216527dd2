// Package driver is the interface between the engine and a service.
//
// An adapter implements [Service], which has only what differs between services.
// The engine (package keyring) adds the rest for all of them: it shares listings,
// finds out what a failed create did, revokes keys nobody holds, and protects the
// credential that the provider itself uses.
//
// # Writing an adapter
//
// Implement the five calls of Service: Create, List, Revoke, Credential and the
// clock (Now and ClockError). Then add the optional interfaces that the service can
// support:
//
//   - [Getter] reads one key by its id.
//   - [Updater] changes a key in place.
//   - [Rotator] replaces a key by a call of the service.
//   - [Identifier] says which key signs the requests.
//   - [CreateChecker] predicts that creates will be refused.
//
// Methods may be called concurrently.
//
// # Errors
//
// Every error is an [*Error] or wraps one. Two fields decide what the engine does
// next. [Effect] says whether the call may have changed anything: EffectNone only if
// nothing was sent, or if the service refused in the documented form. [Kind] says
// what the reader can do about it. An error never contains a secret.
//
// # Requests that create keys
//
// Create and Rotate send one request and never repeat it after it may have had an
// effect: a second request would be a second key. Canceling the context ends waits
// before the request, but not the request: its answer may hold the only copy of a
// value. Set SentAt, in the result and in the error, to the time at which the
// request was sent. Keys that others created before that are then never taken for
// the request's own.
//
// # Values
//
// A key's value and a credential are a [Secret]. However it is formatted, it prints a
// fixed text.
package driver
