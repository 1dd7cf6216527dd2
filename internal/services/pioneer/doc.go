// Package pioneer connects the provider to Pioneer's API keys
// (docs.pioneer.ai, pages "API keys" and "Authentication").
//
// What is odd about this service, and where it is dealt with:
//
//   - The answer to a create has the value but no id. Create leaves
//     [keyring.Key.ID] empty and the engine finds it in the listing.
//   - The listing's items are documented as "metadata such as name and creation
//     date" only. The id is read from key_id or from id; an item with neither
//     makes the listing unreadable, because an id nobody knows can be neither
//     matched nor revoked.
//   - The two pages disagree on the body of the revoke call: key_id on one, name
//     on the other. Names are not unique, so Revoke sends key_id, and a name only
//     when the service has refused that body and a fresh listing proves that the
//     name can mean no other key (revoke.go).
//   - There is no call to read or to change one key.
//   - 402 means that the account is out of credits and lasts until it is topped
//     up; a 429 with X-RateLimit-Reason: daily_spend_cap_exceeded lasts until
//     00:00 UTC. Neither is worth a retry.
package pioneer

//go:generate go tool -modfile=../../../tools/go.mod oapi-codegen -config api/oapi-codegen.yaml api/openapi.yaml
