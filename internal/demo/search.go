package main

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// search counts the files below dir that hold one of the values, and all files.
// A saved plan is a zip archive; its members are files too.
func search(dir string, values []string) (files, hits int, err error) {
	var needles [][]byte
	for _, value := range values {
		needles = append(needles, forms(value)...)
	}
	look := func(text []byte) {
		files++
		for _, needle := range needles {
			if bytes.Contains(text, needle) {
				hits++
				return
			}
		}
	}
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		look(text)
		archive, err := zip.NewReader(bytes.NewReader(text), int64(len(text)))
		if err != nil {
			return nil //nolint:nilerr // not an archive
		}
		for _, member := range archive.File {
			text, err := unzip(member)
			if err != nil {
				return err
			}
			look(text)
		}
		return nil
	})
	return files, hits, err
}

func unzip(member *zip.File) ([]byte, error) {
	r, err := member.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// forms are the ways in which a value can stand in a file: plain, in hex, and in
// base64, where it looks different for each of the three offsets that it can have
// in a longer text.
func forms(value string) [][]byte {
	all := [][]byte{
		[]byte(value),
		[]byte(hex.EncodeToString([]byte(value))),
		bytes.ToUpper([]byte(hex.EncodeToString([]byte(value)))),
	}
	for offset := range 3 {
		text := append(make([]byte, offset), value...)
		for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			encoded := encoding.EncodeToString(text)
			// What shares a character with its neighbours is not the value's alone.
			first, last := (offset*8+5)/6, len(text)*8/6
			all = append(all, []byte(encoded[first:last]))
		}
	}
	return all
}
