package docscheck

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Code finds blocks of other languages that cannot be read. shell checks shell
// scripts; nil where there is no shell.
func Code(pages []Page, shell func(script string) error) []Finding {
	var found []Finding
	for _, p := range pages {
		for _, b := range p.Blocks {
			if why := b.unreadable(shell); why != "" {
				found = append(found, Finding{p.Path, b.Line, why})
			}
		}
	}
	return found
}

func (b Block) unreadable(shell func(string) error) string {
	switch b.Language {
	case "terraform", "hcl", "text", "markdown", "toml":
		return "" // checked elsewhere, or without a form
	case "shell", "sh":
		if shell != nil {
			if err := shell(b.Text); err != nil {
				return fmt.Sprintf("shell: %v", err)
			}
		}
		return ""
	case "json":
		if !json.Valid([]byte(b.Text)) {
			return "this is no JSON"
		}
		return ""
	case "yaml":
		return unreadableYAML(b.Text)
	default:
		return fmt.Sprintf("%q is no language of this documentation; text is for everything else", b.Language)
	}
}

// unreadableYAML finds the mistakes that hand-written YAML has: indentation that
// is odd, made of tabs or deeper without a reason, and entries without a value.
func unreadableYAML(text string) string {
	depth, opened, literal := 0, true, -1
	for i, line := range strings.Split(text, "\n") {
		trimmed := strings.TrimLeft(line, " ")
		indent := len(line) - len(trimmed)
		content, _, _ := strings.Cut(" "+trimmed, " #")
		content = strings.TrimSpace(content)
		if literal >= 0 && (trimmed == "" || indent > literal) {
			continue // the text of a "|" block
		}
		literal = -1
		item := strings.HasPrefix(content, "- ")
		switch {
		case content == "":
			continue
		case strings.HasPrefix(trimmed, "\t"), indent%2 != 0:
			return fmt.Sprintf("YAML line %d: indented by something else than pairs of spaces", i+1)
		case indent > depth && !opened:
			return fmt.Sprintf("YAML line %d: indented below a line that opens nothing", i+1)
		case !item && !strings.Contains(content+" ", ": "):
			return fmt.Sprintf("YAML line %d: neither an item nor an entry", i+1)
		}
		depth, opened = indent, strings.HasSuffix(content, ":") || item
		if strings.HasSuffix(content, "|") {
			literal = indent
		}
		if item {
			depth += 2
			opened = strings.HasSuffix(content, ":")
		}
	}
	return ""
}
