package simulator

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"time"
)

const (
	base36 = "0123456789abcdefghijklmnopqrstuvwxyz"
	base62 = base36 + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

// Base62 returns prefix followed by n random letters and digits.
func Base62(prefix string, n int) string { return prefix + random(base62, n) }

// Base36 returns prefix followed by n random lower-case letters and digits.
func Base36(prefix string, n int) string { return prefix + random(base36, n) }

func random(alphabet string, n int) string {
	out := make([]byte, n)
	for i := range out {
		at, _ := rand.Int(rand.Reader, big.NewInt(int64(len(alphabet)))) // never fails: the runtime ends the program instead
		out[i] = alphabet[at.Int64()]
	}
	return string(out)
}

// UUID returns a random (version 4) UUID.
func UUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// Session returns a bearer for the administrator that is refused once life has passed
// on the store's clock: a JWT with an invalid signature. Only services whose [Protocol]
// has Bearer or SessionCreates accept it.
func (st *Store) Session(life time.Duration) string {
	issued := st.now()
	end := issued.Add(life).Truncate(time.Second) // "exp" has no fraction
	claims, _ := json.Marshal(map[string]any{"sub": st.owner, "iat": issued.Unix(), "exp": end.Unix(), "jti": UUID()})
	encode := base64.RawURLEncoding.EncodeToString
	token := encode([]byte(`{"alg":"RS256","typ":"JWT"}`)) + "." + encode(claims) + "." + encode([]byte(Base62("", 48)))
	st.mu.Lock()
	defer st.mu.Unlock()
	st.sessions[token] = end
	return token
}

// CreateSession returns a session of ten years at services where creates need one, ""
// elsewhere.
func (st *Store) CreateSession() string {
	if st.protocol.SessionCreates == "" {
		return ""
	}
	return st.Session(10 * 365 * 24 * time.Hour)
}

// isSession reports whether a credential is a session that has not ended.
func (st *Store) isSession(credential string) bool {
	st.mu.RLock()
	defer st.mu.RUnlock()
	end, session := st.sessions[credential]
	return session && st.now().Before(end)
}
