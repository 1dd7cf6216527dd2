package scan

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"io"
	"iter"
	"strings"
)

// Limits of what is opened.
const (
	deepest = 4        // layers: a state in a Secret is gzip in base64 in base64
	largest = 64 << 20 // bytes of one layer
	// shortestRun is how many characters of base64 are worth being decoded: what
	// is shorter holds no more than a piece, and pieces are looked for as they are.
	shortestRun = 40
)

// open yields what data holds in compressed or encoded form.
func open(data []byte) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		if archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data))); err == nil {
			for _, member := range archive.File {
				r, err := member.Open()
				if err == nil && !yield(member.Name, readAll(r)) {
					return
				}
			}
			return
		}
		for from := 0; ; {
			i := bytes.Index(data[from:], []byte{0x1f, 0x8b, 8})
			if i < 0 {
				break
			}
			from += i
			if r, err := gzip.NewReader(bytes.NewReader(data[from:])); err == nil && !yield("gzip", readAll(r)) {
				return
			}
			from++
		}
		for run := range runs(data) {
			text := strings.NewReplacer("-", "+", "_", "/").Replace(string(run))
			decoded, err := base64.RawStdEncoding.DecodeString(text[:len(text)/4*4])
			if err == nil && !yield("base64", decoded) {
				return
			}
		}
	}
}

// readAll returns what can be read; a damaged rest is left out.
func readAll(r io.Reader) []byte {
	data, _ := io.ReadAll(io.LimitReader(r, largest)) // what came before the damage counts
	return data
}

// runs yields the longest stretches of base64's characters.
func runs(data []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		start := 0
		for i := 0; i <= len(data); i++ {
			if i < len(data) && isBase64(data[i]) {
				continue
			}
			if i-start >= shortestRun && !yield(data[start:i]) {
				return
			}
			start = i + 1
		}
	}
}

func isBase64(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '+' || b == '/' || b == '-' || b == '_'
}
