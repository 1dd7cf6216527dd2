// Package keyring is the engine of the provider: it lists, mints, reads,
// rotates and revokes API keys at a service, and it knows nothing of Terraform.
//
// A service is reached through the [Service] port, which holds only what
// differs between services; abilities that few have are small interfaces of
// their own ([Getter], [Updater], [Rotator], [Identifier]). A [Ring] adds, once
// for all services, what makes the work safe:
//
//   - a directory: concurrent reads share one listing, own writes are folded
//     into it, and a key is called gone only on proof (directory.go, listing.go);
//   - minting: one POST, and an answer that may or may not have created a key
//     is settled by looking before anything is sent again (mint.go, settle.go);
//   - a guard: the credential that the provider signs in with is not revoked
//     where anything tells which key it is (guard.go).
//
// Every error of a Service is an [*Error]; its [Effect] says whether the call
// changed anything. A key's value is a [Secret], whose every formatting is
// redacted.
package keyring
