package docscheck

import (
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"unicode"
)

// Finding is something that is wrong with the documentation.
type Finding struct {
	Path    string // of the page, from the checkout's root
	Line    int    // from 1; 0 where none applies
	Message string
}

// String is "docs/index.md:7: message".
func (f Finding) String() string {
	if f.Line == 0 {
		return fmt.Sprintf("%s: %s", f.Path, f.Message)
	}
	return fmt.Sprintf("%s:%d: %s", f.Path, f.Line, f.Message)
}

// Page is what the checks need of a Markdown page.
type Page struct {
	Path     string
	Headings []Heading
	Links    []Span // targets
	Codes    []Span // inline code
	Blocks   []Block
	Cells    []Span // first cells of table rows
	Prose    []Span // lines outside of code blocks and comments
	anchors  map[string]bool
}

// Span is a piece of text and where it stands.
type Span struct {
	Line int
	Text string
}

// Heading is a heading without its marks.
type Heading struct {
	Span
	Level int
}

// Block is a fenced block of code.
type Block struct {
	Span
	Language string
	// Directives are the docscheck comments before it, without their frame.
	Directives []string
}

var (
	fence      = regexp.MustCompile("^ *```([a-z]*) *$")
	heading    = regexp.MustCompile(`^(#{1,6}) +(.*?) *$`)
	inlineCode = regexp.MustCompile("`([^`]+)`")
	link       = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	ownAnchor  = regexp.MustCompile(`<a id="([^"]+)">`)
	directive  = regexp.MustCompile(`(?s)^<!-- docscheck: (.*?)\s*-->$`)
)

// Pages parses every Markdown file below the given paths.
func Pages(root fs.FS, paths ...string) ([]Page, error) {
	var pages []Page
	for _, path := range paths {
		err := fs.WalkDir(root, path, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".md") {
				return err
			}
			text, err := fs.ReadFile(root, path)
			if err != nil {
				return err
			}
			page, err := Parse(path, string(text))
			pages = append(pages, page)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return pages, nil
}

// Parse reads a page. It fails for what would swallow the rest of the page: a
// fence or a comment that is never closed.
func Parse(path, text string) (Page, error) {
	p := Page{Path: path, anchors: map[string]bool{}}
	lines := strings.Split(text, "\n")
	var directives []string
	for i := frontMatter(lines); i < len(lines); i++ {
		line := lines[i]
		switch {
		case fence.MatchString(line):
			end := i + 1
			for end < len(lines) && strings.TrimSpace(lines[end]) != "```" {
				end++
			}
			if end == len(lines) {
				return p, fmt.Errorf("%s:%d: the code block is never closed", path, i+1)
			}
			p.Blocks = append(p.Blocks, Block{
				Span:     Span{i + 1, strings.Join(lines[i+1:end], "\n") + "\n"},
				Language: fence.FindStringSubmatch(line)[1], Directives: directives,
			})
			directives, i = nil, end
		case strings.HasPrefix(line, "<!--"):
			end := i
			for end < len(lines) && !strings.Contains(lines[end], "-->") {
				end++
			}
			if end == len(lines) {
				return p, fmt.Errorf("%s:%d: the comment is never closed", path, i+1)
			}
			if m := directive.FindStringSubmatch(strings.TrimSpace(strings.Join(lines[i:end+1], "\n"))); m != nil {
				directives = append(directives, m[1])
			}
			i = end
		default:
			if strings.TrimSpace(line) != "" {
				directives = nil
			}
			p.line(i+1, line)
		}
	}
	return p, nil
}

// frontMatter is how many lines the YAML before the page takes.
func frontMatter(lines []string) int {
	if lines[0] != "---" {
		return 0
	}
	for i := 1; i < len(lines); i++ {
		if lines[i] == "---" {
			return i + 1
		}
	}
	return 0
}

// line reads one line of prose.
func (p *Page) line(n int, line string) {
	p.Prose = append(p.Prose, Span{n, line})
	if m := heading.FindStringSubmatch(line); m != nil {
		p.Headings = append(p.Headings, Heading{Span{n, m[2]}, len(m[1])})
		anchor := slug(m[2])
		for i := 1; p.anchors[anchor]; i++ {
			anchor = fmt.Sprintf("%s-%d", slug(m[2]), i)
		}
		p.anchors[anchor] = true
	}
	if cells := strings.Split(line, "|"); strings.HasPrefix(line, "|") && len(cells) > 2 {
		p.Cells = append(p.Cells, Span{n, strings.TrimSpace(cells[1])})
	}
	for _, m := range ownAnchor.FindAllStringSubmatch(line, -1) {
		p.anchors[m[1]] = true
	}
	for _, m := range inlineCode.FindAllStringSubmatch(line, -1) {
		p.Codes = append(p.Codes, Span{n, m[1]})
	}
	for _, m := range link.FindAllStringSubmatch(inlineCode.ReplaceAllString(line, ""), -1) {
		p.Links = append(p.Links, Span{n, m[1]})
	}
}

// slug is the anchor that GitHub and the registry make of a heading.
func slug(heading string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(heading) {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
			b.WriteRune(r)
		case r == ' ':
			b.WriteRune('-')
		}
	}
	return b.String()
}
