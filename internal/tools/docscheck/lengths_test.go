package docscheck

import (
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// How long a text may be, for somebody who reads it for the first time.
const (
	maxReadme      = 450  // words, code included
	maxIndex       = 9000 // characters
	maxResource    = 7000 // characters
	maxDescription = 2    // sentences
)

var (
	pageHeader     = regexp.MustCompile(`(?s)^---\n.*?\n---\n`)
	htmlComment    = regexp.MustCompile(`(?s)<!--.*?-->`)
	descriptionEnd = regexp.MustCompile(`[.!?]( |\n|$)`)
)

// visible is what a reader sees of a page: no front matter, no comments, no addresses of links.
func visible(text string) string {
	text = htmlComment.ReplaceAllString(pageHeader.ReplaceAllString(text, ""), "")
	return link.ReplaceAllString(text, "]")
}

// sentences counts the sentences of a description. Code counts as a word.
func sentences(text string) int {
	return len(descriptionEnd.FindAllString(inlineCode.ReplaceAllString(text, "code"), -1))
}

func TestDocs_pageLengths(t *testing.T) {
	t.Parallel()
	read := func(name string) string {
		text, err := fs.ReadFile(checkout, name)
		if err != nil {
			t.Fatal(err)
		}
		return visible(string(text))
	}
	if n := len(strings.Fields(read("README.md"))); n > maxReadme {
		t.Errorf("README.md has %d words, at most %d are read", n, maxReadme)
	}
	if n := utf8.RuneCountInString(read("docs/index.md")); n > maxIndex {
		t.Errorf("docs/index.md has %d characters, at most %d are read", n, maxIndex)
	}
	things, descriptions := schemas(t)
	for name := range things["resources"] {
		page := path.Join("docs/resources", strings.TrimPrefix(name, typePrefix)+".md")
		if n := utf8.RuneCountInString(read(page)); n > maxResource {
			t.Errorf("%s has %d characters, at most %d are read", page, n, maxResource)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(descriptions)) {
		if n := sentences(descriptions[name]); n > maxDescription {
			t.Errorf("%s: the description has %d sentences, at most %d are read: %s", name, n, maxDescription, descriptions[name])
		}
	}
}

func TestPageLengths(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"Id of the key.": 1,
		"A number. It grows, by `a. b` for instance 1.5 a day.": 2,
		"One. Two! Three?": 3,
		"One.\n\nTwo.":     2,
	} {
		if n := sentences(text); n != want {
			t.Errorf("%q has %d sentences, want %d", text, n, want)
		}
	}
	if got := visible("---\na: b\n---\n<!-- c -->[d](https://e.example/f) g"); got != "[d] g" {
		t.Errorf("a reader sees %q", got)
	}
}
