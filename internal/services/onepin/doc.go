// Package onepin connects the provider to OnePin's API keys (OnePin API
// reference, section api-keys, and its public Python SDK).
//
// What is odd about this service, and where it is dealt with:
//
//   - Every answer is wrapped: the object is under data, the request id under
//     meta.
//   - Revoking is soft. The key stays readable with revoked_at set, and
//     revoked_at may be the string "null". A key that is only switched off
//     (active: false) is alive, though the default listing hides it.
//   - Paging by offset shifts when keys go while it runs, so pages overlap by one row,
//     and next is an absolute URL. The adapter computes offsets itself and follows no
//     link; a link to another origin is an error.
//   - Rotating makes a new key with a new id and revokes the old one at once.
//   - The bearer may be an API key or a session token that lives for about a
//     minute; token_command prints a new one when that runs out (services.Credential), and
//     the service's own CLI keeps a key in ~/.onepin/credentials (credentials.go).
//   - X-Workspace-Id is sent only when a workspace is configured: with an API key
//     the workspace comes from the key, and another one is answered with 403.
//   - A 403 may mean that no API key manages keys any more, and says so (refusal.go):
//     the public SDK has had no api_keys client since its commit 394f488 of 2026-07-03,
//     and 76a0b71 calls the endpoints "dashboard-only/credential-management". 0.13.0 of
//     2026-07-21 has none either. Whether the service refuses them is documented nowhere.
//   - A client that is too old gets a 426, with the version that is needed in
//     X-OnePin-Required-Version (_version_gate.py of that SDK, same date).
//   - What key_prefix and key_suffix show is not one thing: on the page Create Api Key
//     the suffix is what follows the prefix, on Update Api Key it looks like the
//     value's end (preview "mkapi-xxxxxx-9f8d7c"). Either counts as showing the value.
//
// These sources, docs.onepin.ai and podonos/onepin-python, were last looked at on
// 2026-11-28.
//
// What the adapter takes for granted, and `make smoke` checks at the real service:
//
//   - A listing answers 200.
//   - A listing has its keys in the array data.
//   - A listing has pagination with limit, total, next and prev; next and prev are
//     URLs or null.
//   - An answer has meta with request_id and timestamp.
//   - A key object has all documented fields, and its id is a UUID.
//   - A page has at most the 100 keys that it is asked for.
//   - A create answers 200 or 201.
//   - The answer to a create is the key object with the value in api_key.
//   - A value begins with op_live_ or pk_live_.
//   - key_prefix and key_suffix are the ends of the value, or both its beginning.
//   - created_at of a new key is the time of the answer's Date header.
//   - A new key is in the next listing.
//   - A read answers 200 with the key object.
//   - whoami answers 200 with auth_kind, user_id and scopes.
//   - An update answers 200 with the key object, under its new name.
//   - A rotate answers 200 with old_key and new_key, which has the value in api_key.
//   - A rotate gives the new key a new id and revokes the old one.
//   - A revoke answers 200 with the key object, active false and revoked_at set.
//   - A revoked key is gone from the default listing.
//   - A revoked key can still be read, with revoked_at set.
//   - A revoked key is refused with 401 at once.
//   - A key that does not exist is answered with 404.
//   - An error is an object with error, of code and message, and meta, of request_id
//     and timestamp.
package onepin

//go:generate go tool -modfile=../../../tools/go.mod oapi-codegen -config api/oapi-codegen.yaml api/openapi.yaml
//go:generate go tool -modfile=../../../tools/go.mod oapi-codegen -config simulator/oapi-codegen.yaml api/openapi.yaml
