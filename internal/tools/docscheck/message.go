package docscheck

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
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

// Constants returns the values of the text constants of a type that the Go files
// of a folder declare, and where each stands.
func Constants(root fs.FS, dir, typeName string) (map[string]string, error) {
	files, all := token.NewFileSet(), map[string]string{}
	names, err := fs.Glob(root, path.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		text, err := fs.ReadFile(root, name)
		if err != nil {
			return nil, err
		}
		file, err := parser.ParseFile(files, name, text, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			v, ok := n.(*ast.ValueSpec)
			if !ok || len(v.Values) == 0 {
				return true
			}
			if kind, ok := v.Type.(*ast.Ident); ok && kind.Name == typeName {
				if value, ok := literal(v.Values[0]); ok {
					all[value] = files.Position(v.Pos()).String()
				}
			}
			return true
		})
	}
	return all, nil
}
