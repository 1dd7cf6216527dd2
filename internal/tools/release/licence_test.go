package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// root is the repository.
var root = filepath.Join("..", "..", "..")

func TestNotices(t *testing.T) {
	t.Parallel()
	var made bytes.Buffer
	if err := notices(t.Context(), &made); err != nil {
		t.Fatal(err)
	}
	kept, err := os.ReadFile(filepath.Join(root, "THIRD_PARTY.md"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(made.Bytes(), kept) {
		t.Error("THIRD_PARTY.md is not what the provider is built from: make generate")
	}
}

const (
	mit = "MIT License\n\nCopyright (c) 2020 Somebody\n\nPermission is hereby granted, free of charge, to any\nperson obtaining a copy of this software"
	bsd = "// Redistribution and use in source and binary forms, with or without\n// modification, are permitted ...\n//    * Neither the name of"
	gpl = "                    GNU GENERAL PUBLIC LICENSE\n                       Version 3, 29 June 2007\n"
)

func TestTerms(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		files map[string]string
		want  string // the licence, or words of the error behind a "!"
	}{
		"one":           {map[string]string{"LICENSE": mit}, "MIT"},
		"in a comment":  {map[string]string{"LICENSE.txt": bsd, "main.go": gpl}, "BSD-3-Clause"},
		"two":           {map[string]string{"LICENSE": mit, "LICENSE-BSD": bsd}, "BSD-3-Clause AND MIT"},
		"with a notice": {map[string]string{"COPYING": mit, "NOTICE": "Made by hand."}, "MIT"},
		"none":          {map[string]string{"README.md": mit}, "!no licence is recognised"},
		"unheard of":    {map[string]string{"LICENCE": "Do as you like."}, "!no licence is recognised"},
		"not allowed":   {map[string]string{"LICENSE": gpl}, "!not among those allowed"},
		"one of them":   {map[string]string{"LICENSE": mit, "COPYING": gpl}, "!not among those allowed"},
	} {
		dir := t.TempDir()
		for file, text := range c.files {
			if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		got, err := terms(module{Path: "example.com/m", Version: "v1.2.3", Dir: dir})
		words, refused := strings.CutPrefix(c.want, "!")
		switch {
		case refused && (err == nil || !strings.Contains(err.Error(), words) || !strings.Contains(err.Error(), "example.com/m v1.2.3")):
			t.Errorf("%s: got %q, %v", name, got.Expression(), err)
		case !refused && (err != nil || got.Expression() != c.want):
			t.Errorf("%s: got %q, %v", name, got.Expression(), err)
		}
	}
}

func TestCopyright(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"Copyright 2020 A\n Copyright (c) B\n\nMay be used.": {"Copyright 2020 A", "Copyright (c) B"},
		"May be used.\nCopyright 2020 A":                     nil,
		"Copyright 2020 A":                                   {"Copyright 2020 A"},
		"":                                                   nil,
	} {
		got, rest := copyright(text)
		if !slices.Equal(got, want) || strings.Contains(text, "May be used.") != strings.HasPrefix(rest, "May be used.") {
			t.Errorf("%q: got %q and %q", text, got, rest)
		}
	}
}
