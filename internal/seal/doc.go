// Package seal encrypts short texts, such as API keys, to the public keys of
// those who may read them, and opens them again. It knows two formats and
// nothing of where its inputs come from:
//
//   - age (age-encryption.org/v1), to age recipients ("age1…", and the
//     post-quantum "age1pq1…") and to SSH public keys ("ssh-ed25519 …",
//     "ssh-rsa …");
//   - OpenPGP (RFC 9580, and RFC 4880 where a key asks for no more), to armored
//     public keys.
//
// [ParseRecipients] turns a list of recipients into [Recipients], whose Encrypt
// makes one ASCII-armored message that any of them can open: with the stock
// age -d or gpg -d, or with [Decrypt]. What can go wrong goes wrong in
// ParseRecipients, which seals a probe to each recipient: a caller that parses
// before it makes a secret will not be left with a secret it cannot seal.
//
// The two formats cannot be in one list, since a message has one of them, and
// post-quantum recipients cannot stand beside classic ones, since the message
// would then be as weak as the weakest.
//
// # Errors
//
// Errors say which entry is wrong and why, in words of this package. They never
// hold any part of an entry, an identity, a message or a plaintext, and wrap no
// error of the libraries below, whose words do. A private key where a recipient
// belongs is recognized ([ErrPrivateKey]).
package seal
