// Package scan finds secrets where they must not be: in output, logs, plans, states and
// crash reports, in any of the forms that programs write text in. It searches for pieces of
// the secrets, so that half a value is found as well as a complete one, while the first
// characters, which a service shows to everybody, are no evidence. Archives and compressed
// or encoded data are opened. Its tests plant leaks, and find all of them.
package scan

import (
	"encoding/binary"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Hit is a piece of a secret that has been found. It never holds the secret.
type Hit struct {
	// Secret is the number of the secret, in the order of adding, from 0.
	Secret int
	// Form is how it was written, such as "base64".
	Form string
	// Where is the file and, after "!", what had to be opened to see it; "" for
	// the data itself.
	Where string
	// Offset is in bytes, from the beginning of what Where names.
	Offset int
}

// String implements fmt.Stringer.
func (h Hit) String() string {
	where := h.Where
	if where == "" {
		where = "data"
	}
	return fmt.Sprintf("secret %d, %s, in %s at %d", h.Secret, h.Form, where, h.Offset)
}

// anchor is how many bytes a needle is found by; none is shorter.
const anchor = 8

// needle is one form of one piece of a secret.
type needle struct {
	secret int
	form   string
	text   string
}

// Scanner looks for secrets. It must not be used while secrets are added.
type Scanner struct {
	secrets int
	needles map[uint64][]needle // by their first bytes
	// maybe has a bit for each of the first bytes' hashes: nearly all of what is
	// read is passed over after one test.
	maybe [1 << hashBits / 64]uint64
}

// hashBits is the width of a hash.
const hashBits = 20

func hash(k uint64) uint64 { return k * 0x9e3779b97f4a7c15 >> (64 - hashBits) }

// New returns a scanner for secrets of at least [Shortest] bytes each.
func New(secrets ...string) *Scanner {
	s := &Scanner{needles: map[uint64][]needle{}}
	s.Add(secrets...)
	return s
}

// Add makes the scanner look for more secrets. It panics on a secret that is too
// short to be distinguished from other text: a search for it would prove nothing.
func (s *Scanner) Add(secrets ...string) {
	for _, secret := range secrets {
		if len(secret) < Shortest {
			panic(fmt.Sprintf("scan: a secret of %d bytes cannot be distinguished from other text", len(secret)))
		}
		for form, texts := range needles(secret) {
			for _, text := range texts {
				k := binary.LittleEndian.Uint64([]byte(text))
				s.needles[k] = append(s.needles[k], needle{s.secrets, form, text})
				h := hash(k)
				s.maybe[h/64] |= 1 << (h % 64)
			}
		}
		s.secrets++
	}
}

// Find returns what data holds of the secrets, once for each secret, form and
// place.
func (s *Scanner) Find(data []byte) []Hit {
	return s.find(nil, map[Hit]bool{}, "", data, deepest)
}

// find appends what data holds to hits.
func (s *Scanner) find(hits []Hit, seen map[Hit]bool, where string, data []byte, depth int) []Hit {
	for i := 0; i+anchor <= len(data); i++ {
		k := binary.LittleEndian.Uint64(data[i:])
		if h := hash(k); s.maybe[h/64]&(1<<(h%64)) == 0 {
			continue
		}
		for _, n := range s.needles[k] {
			once := Hit{Secret: n.secret, Form: n.form, Where: where}
			if len(data)-i < len(n.text) || string(data[i:i+len(n.text)]) != n.text || seen[once] {
				continue
			}
			seen[once] = true
			once.Offset = i
			hits = append(hits, once)
		}
	}
	if depth > 0 {
		for name, inner := range open(data) {
			hits = s.find(hits, seen, where+"!"+name, inner, depth-1)
		}
	}
	return hits
}

// Dir searches all files below a folder, and their names, and returns how
// many there were. A folder that is not there is an error.
func (s *Scanner) Dir(dir string) (files int, hits []Hit, err error) {
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name := path
		if relative, err := filepath.Rel(dir, path); err == nil {
			name = relative
		}
		files++
		for _, h := range append(s.Find([]byte(name)), s.Find(data)...) {
			h.Where = strings.TrimSuffix(name+h.Where, "!")
			hits = append(hits, h)
		}
		return nil
	})
	return files, hits, err
}
