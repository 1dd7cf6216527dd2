package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// licences are recognised by words that no other licence has, once white space is
// evened out. Names are SPDX identifiers (https://spdx.org/licenses/). The last
// ones are those that a provider under MPL-2.0 must not be linked with unseen.
var licences = []struct {
	name string
	is   *regexp.Regexp
}{
	{"Apache-2.0", regexp.MustCompile(`Apache License,? Version 2\.0`)},
	{"BSD-2-Clause", regexp.MustCompile(`Redistribution and use in source and binary forms.* this list of conditions and the following disclaimer in the documentation and/or other materials provided with the distribution\. +THIS SOFTWARE`)},
	{"BSD-3-Clause", regexp.MustCompile(`Redistribution and use in source and binary forms.* Neither the name`)},
	{"ISC", regexp.MustCompile(`Permission to use, copy, modify, and(/or)? distribute this software for any purpose`)},
	{"MIT", regexp.MustCompile(`Permission is hereby granted, free of charge, to any person obtaining a copy`)},
	{"MPL-2.0", regexp.MustCompile(`(?i)Mozilla Public License,? version 2\.0`)},
	{"GPL, LGPL or AGPL", regexp.MustCompile(`GNU (AFFERO |LESSER |LIBRARY )?GENERAL PUBLIC LICENSE Version \d`)},
	{"BUSL", regexp.MustCompile(`Business Source License`)},
	{"SSPL", regexp.MustCompile(`Server Side Public License`)},
}

// allowed are the licences that what is linked in may have: they ask for no more
// than their notice, or (MPL-2.0, the provider's own) for the source of changed
// files.
var allowed = []string{"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MPL-2.0"}

// licensed is a module with the terms that it comes under.
type licensed struct {
	module
	// Names of its licences; several, if it comes under all of them.
	Names []string
	// Texts are its licence, patent and notice files, by name.
	Texts map[string]string
}

// Expression is the licence as SPDX writes it.
func (l licensed) Expression() string { return strings.Join(l.Names, " AND ") }

var (
	licenceFile = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|patents)([-.].*)?$`)
	whiteSpace  = regexp.MustCompile(`(?:[\s*#>]|//)+`)
)

// terms reads a module's licence. One that is missing, not recognised or not
// allowed is an error: somebody has to decide.
func terms(m module) (licensed, error) {
	l := licensed{module: m, Texts: map[string]string{}}
	entries, err := os.ReadDir(m.Dir)
	if err != nil {
		return l, fmt.Errorf("%s %s: read its files (go mod download fetches them): %w", m.Path, m.Version, err)
	}
	for _, entry := range entries {
		if entry.IsDir() || !licenceFile.MatchString(entry.Name()) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(m.Dir, entry.Name()))
		if err != nil {
			return l, fmt.Errorf("%s %s: %w", m.Path, m.Version, err)
		}
		l.Texts[entry.Name()] = strings.TrimSpace(strings.ReplaceAll(string(text), "\r\n", "\n"))
		for _, name := range identify(string(text)) {
			if !slices.Contains(l.Names, name) {
				l.Names = append(l.Names, name)
			}
		}
	}
	slices.Sort(l.Names)
	if len(l.Names) == 0 {
		return l, fmt.Errorf("%s %s: no licence is recognised in %s", m.Path, m.Version, m.Dir)
	}
	for _, name := range l.Names {
		if !slices.Contains(allowed, name) {
			return l, fmt.Errorf("%s %s: its licence %s is not among those allowed: %s", m.Path, m.Version, name, strings.Join(allowed, ", "))
		}
	}
	return l, nil
}

// identify names the licences whose words are in a text.
func identify(text string) []string {
	text = whiteSpace.ReplaceAllString(text, " ")
	var names []string
	for _, l := range licences {
		if l.is.MatchString(text) {
			names = append(names, l.name)
		}
	}
	return names
}
