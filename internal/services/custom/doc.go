// Package custom is the adapter for services that have none of their own: a
// [Declaration] says how to reach and sign in to a service, and what its calls that
// create, list and revoke keys look like. It comes from the provider's configuration, or
// from the catalog of services whose public documentation somebody has read.
//
// What a declaration cannot say is assumed:
//
//   - Creating a key takes one request, whose answer has the key's value.
//   - An answer with a status of success that has no value where create.value points
//     may still have created a key.
//   - A status in revoke.success other than 200 confirms a revocation. A 200 does so only if
//     the answer has what revoke.confirm points to; else the key is looked for.
//   - A listing shows all live keys that the credential may see. A key that a complete
//     listing lacks has been revoked.
//   - A time is in the declared format. One in another format is unreadable, which is not
//     the same as missing.
//   - A rate limit is a 429, and every refusal is JSON.
package custom
