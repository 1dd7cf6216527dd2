package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

const noticesHead = `# Third parties

What is linked into terraform-provider-apikeys, with the licences under which it comes. Written by
` + "`make generate`" + `, and part of every archive of a release. What only tests and tools need is in no release and not listed.
Go's standard library comes under the same terms as golang.org/x/sys.

| Module | Version | Licence |
|---|---|---|
`

// notices writes THIRD_PARTY.md: the modules, and each text of a licence or
// notice once.
func notices(ctx context.Context, w io.Writer) error {
	modules, err := linked(ctx)
	if err != nil {
		return err
	}
	var table, texts strings.Builder
	found := map[string]*shared{} // by the words of the text
	for _, m := range modules {
		l, err := terms(m)
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintf(&table, "| %s | %s | %s |\n", m.Path, m.Version, l.Expression())
		for _, name := range slices.Sorted(maps.Keys(l.Texts)) {
			holders, text := copyright(l.Texts[name])
			words := whiteSpace.ReplaceAllString(text, " ")
			if found[words] == nil {
				found[words] = &shared{text: text}
			}
			s := found[words]
			s.users = append(s.users, strings.Join(append([]string{m.Path + ", " + name}, holders...), ". "))
		}
	}
	for _, s := range slices.SortedFunc(maps.Values(found), func(a, b *shared) int { return strings.Compare(a.users[0], b.users[0]) }) {
		_, _ = fmt.Fprintf(&texts, "\n---\n\n- %s\n\n```text\n%s\n```\n", strings.Join(s.users, "\n- "), s.text)
	}
	_, err = io.WriteString(w, noticesHead+table.String()+texts.String())
	return err
}

// shared is a text that one module or more come with.
type shared struct {
	text  string
	users []string
}

// copyright cuts the lines from the beginning of a text that say whose the work
// is; what follows is the same for many.
func copyright(text string) (holders []string, rest string) {
	for {
		line, after, _ := strings.Cut(text, "\n")
		switch line = strings.TrimSpace(line); {
		case strings.HasPrefix(line, "Copyright"):
			holders = append(holders, line)
		case line != "" || after == "":
			return holders, text
		}
		text = after
	}
}
