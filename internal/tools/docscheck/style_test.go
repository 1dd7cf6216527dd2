package docscheck

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// The most words that a guide has, code included, and all guides together.
const (
	guideWords     = 900
	allGuidesWords = 8000
)

// longGuides are the guides with more words, and why. The prose of each, without its
// tables and code, still has at most guideWords.
var longGuides = map[string]string{
	troubleshooting: "its tables have a row for each message of the provider",
}

// handWritten are the guides and the README. The catalog and the page of the service
// block are generated, and as long as what they list.
func handWritten(t *testing.T) []Page {
	t.Helper()
	pages, err := Pages(checkout, "docs/guides", "README.md")
	if err != nil {
		t.Fatal(err)
	}
	pages = slices.DeleteFunc(pages, func(p Page) bool {
		return p.Path == "docs/guides/catalog.md" || p.Path == "docs/guides/service-block.md"
	})
	if len(pages) < 6 {
		t.Fatalf("only %d pages were found; the search must be out of date", len(pages))
	}
	return pages
}

// avoided are words that say less than others, and what to write.
var avoided = []struct {
	form *regexp.Regexp
	use  string
}{
	{regexp.MustCompile(`(?i)\b(told|tells?)\b`), "says or reports"},
	{regexp.MustCompile(`(?i)\b(stands? in|stand-ins?)\b`), "simulator"},
	{regexp.MustCompile(`(?i)\b(makes?|made|making) (a|an|the|one|another|each|every|new|of) (\w+ )?keys?\b`), "creates"},
	{regexp.MustCompile(`(?i)\bsettle[sd]?\b`), "find out or decide"},
	{regexp.MustCompile(`(?i)\bheed(s|ed)?\b`), "follow"},
	{regexp.MustCompile(`(?i)\b(a|one|the|another|second|first) look\b`), "look as a verb"},
}

// Style finds avoided words, and sentences with two semicolons.
func Style(pages []Page) []Finding {
	var found []Finding
	for _, p := range pages {
		for _, s := range p.sentences() {
			for _, a := range avoided {
				if word := a.form.FindString(s.Text); word != "" {
					found = append(found, Finding{p.Path, s.Line, fmt.Sprintf("%q: write %s", word, a.use)})
				}
			}
			if strings.Count(s.Text, ";") > 1 {
				found = append(found, Finding{p.Path, s.Line, fmt.Sprintf("two semicolons in one sentence: %s", s.Text)})
			}
		}
	}
	return found
}

var (
	newParagraph = regexp.MustCompile(`^ *([-*#|>]|[0-9]+\.|$)`)
	sentenceEnd  = regexp.MustCompile(`[.!?:|]( |$)`)
)

// sentences are the sentences of the prose without inline code, and the lines on which
// their paragraphs begin.
func (p Page) sentences() []Span {
	var paragraphs, all []Span
	for _, line := range p.Prose {
		text := strings.TrimSpace(inlineCode.ReplaceAllString(line.Text, "code"))
		if last := len(paragraphs) - 1; last >= 0 && !newParagraph.MatchString(line.Text) && paragraphs[last].Text != "" {
			paragraphs[last].Text += " " + text
		} else {
			paragraphs = append(paragraphs, Span{line.Line, text})
		}
	}
	for _, paragraph := range paragraphs {
		for _, text := range sentenceEnd.Split(paragraph.Text, -1) {
			all = append(all, Span{paragraph.Line, strings.TrimSpace(text)})
		}
	}
	return all
}

// words counts what has a letter or a digit.
func words(text string) int {
	isWord := func(field string) bool {
		return strings.ContainsFunc(field, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
	}
	fields := strings.Fields(text)
	return len(slices.DeleteFunc(fields, func(field string) bool { return !isWord(field) }))
}

// proseWords counts the words outside of tables and code, and allWords those of the page.
func (p Page) proseWords() (n int) {
	for _, line := range p.Prose {
		if !strings.HasPrefix(line.Text, "|") {
			n += words(line.Text)
		}
	}
	return n
}

func (p Page) allWords() (n int) {
	for _, line := range p.Prose {
		n += words(line.Text)
	}
	for _, b := range p.Blocks {
		n += words(b.Text)
	}
	return n
}

// Lengths finds guides that are too long.
func Lengths(pages []Page, exceptions map[string]string) []Finding {
	var found []Finding
	for _, p := range pages {
		n := p.allWords()
		if _, long := exceptions[p.Path]; long {
			n = p.proseWords()
		}
		if n > guideWords {
			found = append(found, Finding{p.Path, 0, fmt.Sprintf("%d words, and a guide has at most %d", n, guideWords)})
		}
	}
	return found
}

func TestDocs_style(t *testing.T) {
	t.Parallel()
	report(t, Style(documentation(t)))
}

func TestDocs_lengths(t *testing.T) {
	t.Parallel()
	guides := slices.DeleteFunc(handWritten(t), func(p Page) bool { return p.Path == "README.md" })
	report(t, Lengths(guides, longGuides))
	all := 0
	for _, p := range guides {
		all += p.allWords()
	}
	if all > allGuidesWords {
		t.Errorf("the guides have %d words together, and may have %d", all, allGuidesWords)
	}
}

func TestStyle_planted(t *testing.T) {
	t.Parallel()
	expect(t, "x.md", map[string]planted{
		"nothing wrong":          {"A key; and one more. It is created; then revoked.", ""},
		"two semicolons":         {"A key; one more; and a third.", "two semicolons"},
		"over two lines":         {"A key; one\nmore; and a third.", "two semicolons"},
		"in two cells":           {"| a; b | c; d |", ""},
		"in two items":           {"- a; b\n- c; d", ""},
		"in code":                {"```shell\na; b; c\n```\nAnd `a; b; c`.", ""},
		"told":                   {"The user is told.", "says or reports"},
		"stand-in":               {"A stand-in answers.", "simulator"},
		"makes a key":            {"The provider makes a new key.", "creates"},
		"makes a key work":       {"This makes it work.", ""},
		"settled":                {"This is settled.", "find out"},
		"a look":                 {"Have a look at it.", "as a verb"},
		"look":                   {"Look at it.", ""},
		"avoided words, in code": {"`told`", ""},
	}, Style)
}

func TestLengths_planted(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("word | - ", guideWords)
	check := func(pages []Page) []Finding { return Lengths(pages, map[string]string{"exception.md": "because"}) }
	expect(t, "x.md", map[string]planted{
		"as long as it may be": {long, ""},
		"too long":             {long + "more", "901 words"},
		"too long with code":   {long + "\n```text\nmore words\n```", "902 words"},
	}, check)
	expect(t, "exception.md", map[string]planted{
		"long table": {long + "\n| more | words |", ""},
		"long prose": {long + "\nmore", "901 words"},
	}, check)
}
