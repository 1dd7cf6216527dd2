package docscheck

import (
	"go/ast"
	"go/token"
	"io/fs"
)

// Explained returns the messages that a page explains, and their lines: inline code
// in headings, and in the first cells of tables.
func Explained(p Page) map[string]int {
	messages := map[string]int{}
	spans := append([]Span{}, p.Cells...)
	for _, h := range p.Headings {
		spans = append(spans, h.Span)
	}
	for _, s := range spans {
		for _, m := range inlineCode.FindAllStringSubmatch(s.Text, -1) {
			messages[m[1]] = s.Line
		}
	}
	return messages
}

// Constants returns the values of a type's string constants that the Go files of a
// folder declare, and the position of each.
func Constants(root fs.FS, dir, typeName string) (map[string]string, error) {
	all := map[string]string{}
	err := inspect(root, dir, func(files *token.FileSet, n ast.Node) {
		v, ok := n.(*ast.ValueSpec)
		if !ok || len(v.Values) == 0 {
			return
		}
		if kind, ok := v.Type.(*ast.Ident); ok && kind.Name == typeName {
			if value, ok := literal(v.Values[0]); ok {
				all[value] = files.Position(v.Pos()).String()
			}
		}
	})
	return all, err
}
