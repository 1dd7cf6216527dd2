package simulator

import (
	"encoding/base64"
	"encoding/json"
	"time"
)

// Session returns a bearer for the administrator that is refused once life has
// passed on the store's clock: a JWT, as sign-in services give to browsers and
// command lines, whose "exp" says so. It is not signed by anybody; the store
// knows its own. Only services whose [Protocol] has Bearer take it, or SessionCreates.
func (st *Store) Session(life time.Duration) string {
	st.mu.Lock()
	defer st.mu.Unlock()
	issued := st.now()
	end := issued.Add(life).Truncate(time.Second) // "exp" has no fraction
	token := part(map[string]any{"alg": "RS256", "typ": "JWT"}) + "." +
		part(map[string]any{"sub": st.owner, "iat": issued.Unix(), "exp": end.Unix(), "jti": UUID()}) + "." +
		base64.RawURLEncoding.EncodeToString([]byte(Base62("", 48)))
	st.sessions[token] = end
	return token
}

// CreateSession returns a session that lasts, at services where creates need one; ""
// elsewhere.
func (st *Store) CreateSession() string {
	if st.protocol.SessionCreates == "" {
		return ""
	}
	const life = 10 * 365 * 24 * time.Hour
	return st.Session(life)
}

// isSession reports whether a credential is a session that has not ended.
func (st *Store) isSession(credential string) bool {
	st.mu.RLock()
	defer st.mu.RUnlock()
	end, session := st.sessions[credential]
	return session && st.now().Before(end)
}

// part encodes one part of a JWT.
func part(claims map[string]any) string {
	encoded, err := json.Marshal(claims)
	if err != nil {
		panic("simulator: claims that are no JSON: " + err.Error()) // strings and numbers always are
	}
	return base64.RawURLEncoding.EncodeToString(encoded)
}
