// Package keyring is the provider's engine. It lists, creates, reads, rotates and
// revokes API keys at a service, and knows nothing of Terraform.
//
// A service is reached through package driver. A [Ring] adds what makes the work safe,
// once for all services:
//
//   - Reads share one listing (package listcache), and a key counts as gone only on
//     proof.
//   - A create sends one request. If its answer is lost, the engine finds out what the
//     request did before it sends another one (create.go, reconcile.go).
//   - The credential that the provider uses is not revoked, as far as it can be
//     recognised (guard.go).
//   - Values of keys are redacted in everything that a service says (redact.go).
package keyring
