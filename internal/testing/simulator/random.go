package simulator

import (
	"crypto/rand"
	"encoding/hex"
)

// The alphabets of key values and identifiers.
const (
	base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	base36 = "0123456789abcdefghijklmnopqrstuvwxyz"
)

// Base62 returns prefix followed by n random letters and digits.
func Base62(prefix string, n int) string { return prefix + draw(base62, n) }

// Base36 returns prefix followed by n random lower-case letters and digits.
func Base36(prefix string, n int) string { return prefix + draw(base36, n) }

// UUID returns a random (version 4) UUID.
func UUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails: the runtime ends the program instead
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	s := hex.EncodeToString(b[:])
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}

// draw picks n characters, all equally likely: bytes that would favour the
// beginning of the alphabet are thrown away.
func draw(alphabet string, n int) string {
	limit := byte(256 / len(alphabet) * len(alphabet))
	out := make([]byte, 0, n)
	for buf := make([]byte, 2*n); len(out) < n; {
		_, _ = rand.Read(buf)
		for _, b := range buf {
			if b < limit && len(out) < n {
				out = append(out, alphabet[int(b)%len(alphabet)])
			}
		}
	}
	return string(out)
}
