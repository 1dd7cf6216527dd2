package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// What the picture looks like, in pixels and in the colours of a dark terminal.
const (
	charWidth  = 8.5 // of the widest monospaced font below, at fontSize
	lineHeight = 19
	fontSize   = 14
	margin     = 16
	bar        = 28  // the title bar
	columns    = 108 // at most
)

// colours are those of the SGR codes that Terraform uses.
var colours = map[string]string{
	"31": "#ff7b72", "32": "#7ee787", "33": "#e3b341", "34": "#79c0ff", "36": "#76e3ea", "90": "#8b949e",
}

var escape = regexp.MustCompile("\x1b\\[([0-9;]*)m")

// plain is a line without its colours.
func plain(line string) string { return escape.ReplaceAllString(line, "") }

// piece is a part of a line that looks the same throughout.
type piece struct {
	text   string
	colour string
	bold   bool
}

// runs splits a line at its SGR codes. Codes that are not known change nothing.
func runs(line string) []piece {
	var all []piece
	now, at := piece{}, 0
	add := func(text string) {
		if text != "" {
			now.text = text
			all = append(all, now)
		}
	}
	for _, m := range escape.FindAllStringSubmatchIndex(line, -1) {
		add(line[at:m[0]])
		at = m[1]
		for _, code := range strings.Split(line[m[2]:m[3]], ";") {
			switch {
			case code == "" || code == "0":
				now = piece{}
			case code == "1":
				now.bold = true
			case colours[code] != "":
				now.colour = colours[code]
			}
		}
	}
	add(line[at:])
	return all
}

// draw makes the picture. It fails for a line that does not fit: a reader must not
// miss the end of it.
func draw(lines []string) ([]byte, error) {
	var b bytes.Buffer
	width := int(columns*charWidth) + 2*margin
	height := bar + len(lines)*lineHeight + 2*margin
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" role="img" aria-label="A terminal session">`+"\n", width, height, width, height)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" rx="8" fill="#0d1117"/>`+"\n", width, height)
	for i, colour := range []string{"#ff5f57", "#febc2e", "#28c840"} {
		fmt.Fprintf(&b, `<circle cx="%d" cy="%d" r="5" fill="%s"/>`+"\n", margin+4+18*i, bar/2+2, colour)
	}
	fmt.Fprintf(&b, `<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="%d" fill="#c9d1d9" xml:space="preserve" style="white-space: pre">`+"\n", fontSize)
	for i, line := range lines {
		if n := utf8.RuneCountInString(plain(line)); n > columns {
			return nil, fmt.Errorf("line %d has %d characters, of which %d fit: %q", i+1, n, columns, plain(line))
		}
		if line == "" {
			continue
		}
		fmt.Fprintf(&b, `<text x="%d" y="%d">`, margin, bar+margin+i*lineHeight+fontSize)
		for _, r := range dressed(line) {
			span(&b, r)
		}
		b.WriteString("</text>\n")
	}
	b.WriteString("</g>\n</svg>\n")
	return b.Bytes(), nil
}

// dressed are the runs of a line; what was typed stands out.
func dressed(line string) []piece {
	if typed, ok := strings.CutPrefix(line, prompt); ok {
		return []piece{{text: prompt, colour: colours["32"], bold: true}, {text: typed, bold: true}}
	}
	if strings.HasPrefix(line, "# ") {
		return []piece{{text: line, colour: colours["90"]}}
	}
	return runs(line)
}

func span(b *bytes.Buffer, r piece) {
	b.WriteString("<tspan")
	if r.colour != "" {
		fmt.Fprintf(b, ` fill="%s"`, r.colour)
	}
	if r.bold {
		b.WriteString(` font-weight="bold"`)
	}
	b.WriteString(">")
	_ = xml.EscapeText(b, []byte(r.text)) // writes to memory
	b.WriteString("</tspan>")
}
