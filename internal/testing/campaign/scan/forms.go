package scan

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode/utf16"
)

// Shortest is how many bytes a secret has at least.
const Shortest = 16

// The sizes of pieces, in bytes.
const (
	// piece is what is enough to be evidence, and not more than half a value has
	// besides its prefix.
	piece = 12
	// fewest is what is evidence in short secrets.
	fewest = anchor
	// stride is the distance of two pieces: whatever is longer than a piece and a
	// stride holds a complete one.
	stride = 4
)

// ageIdentity is how all private keys of age begin (age-encryption.org/v1).
const ageIdentity = "AGE-SECRET-KEY-1"

// public is how many bytes at the beginning of a secret are known to everybody: a
// conventional prefix such as "pk_live_", or the header of a JWT.
func public(secret string) int {
	switch {
	case strings.HasPrefix(secret, ageIdentity):
		return len(ageIdentity)
	case strings.HasPrefix(secret, "eyJ"):
		return strings.IndexByte(secret, '.') + 1
	}
	return strings.LastIndexByte(secret[:piece], '_') + 1
}

// pieces cuts a secret into overlapping pieces, so that each half of it holds at
// least one.
func pieces(secret string) []string {
	rest := secret[public(secret):]
	size := max(fewest, min(piece, len(secret)/2-public(secret)))
	if len(rest) <= size {
		return []string{secret}
	}
	var all []string
	for i := 0; i+size <= len(rest); i += stride {
		all = append(all, rest[i:i+size])
	}
	return append(all, rest[len(rest)-size:])
}

// form is a way of writing text.
type form struct {
	name  string
	write func(string) []string
}

// forms are the ways in which a piece can stand somewhere. The first that gives a
// text names it.
var forms = []form{
	{"plain", func(s string) []string { return []string{s} }},
	{"in another case", func(s string) []string { return []string{strings.ToLower(s), strings.ToUpper(s)} }},
	{"reversed", func(s string) []string {
		b := []byte(s)
		slices.Reverse(b)
		return []string{string(b)}
	}},
	{"hex", func(s string) []string {
		return bothCases(
			hex.EncodeToString([]byte(s)), each(s, " ", "%02x"), each(s, ":", "%02x"), each(s, "", `\x%02x`),
			each(s, ", ", "0x%x"), each(s, ",", "0x%x"), each(s, " ", "0x%x"))
	}},
	{"list of bytes", func(s string) []string {
		return []string{each(s, " ", "%d"), each(s, ", ", "%d"), each(s, ",", "%d")}
	}},
	{"base64", func(s string) []string {
		var all []string
		for offset := range 3 {
			text := append(make([]byte, offset), s...)
			for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
				// What shares a character with its neighbours is not the piece's alone.
				all = append(all, encoding.EncodeToString(text)[(offset*8+5)/6:len(text)*8/6])
			}
		}
		return all
	}},
	{"URL-encoded", func(s string) []string {
		return append(bothCases(each(s, "", "%%%02x")), url.QueryEscape(s), url.PathEscape(s))
	}},
	{"JSON escapes", func(s string) []string {
		all := bothCases(each(s, "", `\u%04x`))
		if text, err := json.Marshal(s); err == nil {
			all = append(all, strings.Trim(string(text), `"`))
		}
		return all
	}},
	{"UTF-16", func(s string) []string {
		var little []byte
		for _, u := range utf16.Encode([]rune(s)) {
			little = append(little, byte(u), byte(u>>8))
		}
		return []string{string(little)}
	}},
}

// needles are all forms of all pieces of a secret, each text once.
func needles(secret string) map[string][]string {
	all, seen := map[string][]string{}, map[string]bool{}
	for _, p := range pieces(secret) {
		for _, f := range forms {
			for _, text := range f.write(p) {
				if !seen[text] && len(text) >= anchor {
					seen[text] = true
					all[f.name] = append(all[f.name], text)
				}
			}
		}
	}
	return all
}

// each writes every byte by itself.
func each(s, separator, format string) string {
	parts := make([]string, len(s))
	for i := range len(s) {
		parts[i] = fmt.Sprintf(format, s[i])
	}
	return strings.Join(parts, separator)
}

// bothCases gives hexadecimal digits in either case.
func bothCases(texts ...string) []string {
	upper := strings.NewReplacer("a", "A", "b", "B", "c", "C", "d", "D", "e", "E", "f", "F")
	for _, text := range texts {
		texts = append(texts, upper.Replace(text))
	}
	return texts
}
