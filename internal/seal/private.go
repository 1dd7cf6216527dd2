package seal

import (
	"encoding/base64"
	"regexp"
	"strings"
	"sync"
)

// privateMarks are texts that only private keys hold: those of age, PEM and PGP
// (whatever its words between BEGIN and KEY), PuTTY, and the body of an OpenSSH
// private key without its frame ("openssh-key-v1" in base64). Most runs of a
// provider need it never.
var privateMarks = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i:AGE-SECRET-KEY-|AGE-PLUGIN-|(PRIVATE|SECRET) KEY( BLOCK)?-----|PuTTY-User-Key-File)|b3BlbnNzaC1rZXktdjE`)
})

// holdsPrivateKey reports whether an entry is, or has somewhere in it, a private
// key, also in base64 as CI systems like to keep them.
func holdsPrivateKey(entry string) bool {
	if privateMarks().MatchString(entry) {
		return true
	}
	if len(entry) > MaxEntry {
		return false // refused for its length
	}
	joined := strings.Join(strings.Fields(entry), "")
	body, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(joined, "="))
	return err == nil && (privateMarks().Match(body) || isPGPSecret(body))
}

// isPGPSecret reports whether data begins with an OpenPGP secret key or secret
// subkey packet (RFC 9580, section 5.5.1: types 5 and 7) of a known version.
func isPGPSecret(data []byte) bool {
	if len(data) < 8 {
		return false
	}
	var tag, header int
	switch first := data[0]; first & 0xc0 {
	case 0xc0: // one type octet, then a length of 1, 2 or 5 octets
		tag = int(first & 0x3f)
		switch length := data[1]; {
		case length < 192:
			header = 2
		case length < 224:
			header = 3
		default:
			header = 6
		}
	case 0x80: // the old form, whose last two bits are the length's length
		tag = int(first>>2) & 0x0f
		header = 1 + 1<<(first&3)
	default:
		return false
	}
	const secretKey, secretSubkey = 5, 7
	return (tag == secretKey || tag == secretSubkey) && header < len(data) && data[header] >= 3 && data[header] <= 6
}
