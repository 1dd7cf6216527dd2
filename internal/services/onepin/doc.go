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
//   - Paging by offset shifts when keys go while it runs, and next is an absolute
//     URL. The adapter computes offsets itself and follows no link; a link to
//     another origin is an error (list.go).
//   - Rotating makes a new key with a new id and revokes the old one at once.
//   - The bearer may be an API key or a session token that lives for about a
//     minute; token_command prints a new one when that runs out (token.go), and
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
package onepin

//go:generate go tool -modfile=../../../tools/go.mod oapi-codegen -config api/oapi-codegen.yaml api/openapi.yaml
