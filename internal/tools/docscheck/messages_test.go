package docscheck

import (
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"regexp"
	"strings"
)

// emitters are the functions that create a diagnostic, and which of their arguments
// is its summary.
var emitters = map[string]int{
	"AddError": 0, "AddWarning": 0, "AddAttributeError": 1, "AddAttributeWarning": 1,
	"NewErrorDiagnostic": 0, "NewWarningDiagnostic": 0, "NewAttributeErrorDiagnostic": 1, "NewAttributeWarningDiagnostic": 1,
	"addNotFound": 2, "parses": 0, "warnNotRevoked": 0,
}

// anything replaces what differs from case to case, such as the name of the service.
const anything = "…"

// Summaries returns the summaries of diagnostics in the Go files of a folder, and the
// position of each: the argument of an emitter, what is assigned to something with the
// name summary, and the verb of the methods failure and failed.
func Summaries(root fs.FS, dir string) (map[string]string, error) {
	found := map[string]string{}
	err := inspect(root, dir, func(files *token.FileSet, n ast.Node) {
		for _, text := range summaries(n) {
			if text != "" && !strings.Contains(text, anything+" "+anything) {
				found[text] = files.Position(n.Pos()).String()
			}
		}
	})
	return found, err
}

func summaries(n ast.Node) (all []string) {
	switch n := n.(type) {
	case *ast.CallExpr:
		name := ""
		switch f := n.Fun.(type) {
		case *ast.Ident:
			name = f.Name
		case *ast.SelectorExpr:
			name = f.Sel.Name
		}
		if at, ok := emitters[name]; ok && at < len(n.Args) {
			return []string{template(n.Args[at])}
		}
		if (name == "failure" || name == "failed") && len(n.Args) > 0 {
			if verb := template(n.Args[0]); verb != "" {
				return []string{"Could not " + verb + " " + anything + " key"}
			}
		}
	case *ast.AssignStmt:
		for i, to := range n.Lhs {
			if id, ok := to.(*ast.Ident); ok && id.Name == "summary" && len(n.Lhs) == len(n.Rhs) {
				all = append(all, template(n.Rhs[i]))
			}
		}
	case *ast.KeyValueExpr:
		if id, ok := n.Key.(*ast.Ident); ok && id.Name == "summary" {
			return []string{template(n.Value)}
		}
	}
	return all
}

// Matches reports whether a message has the form of a summary.
func Matches(summary, message string) bool {
	form := strings.ReplaceAll(regexp.QuoteMeta(summary), anything, ".+")
	return regexp.MustCompile("^" + form + "$").MatchString(message)
}

var verb = regexp.MustCompile(`%[sqvd]`)

// template is an expression's text with [anything] where it is not constant; "" if
// none of it is.
func template(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, _ := literal(e)
		return text
	case *ast.BinaryExpr:
		left, right := template(e.X), template(e.Y)
		if left == "" && right == "" {
			return ""
		}
		if left == "" {
			left = anything
		}
		if right == "" {
			right = anything
		}
		return left + right
	case *ast.CallExpr:
		if f, ok := e.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "Sprintf" {
			return verb.ReplaceAllString(template(e.Args[0]), anything)
		}
	}
	return ""
}

func literal(e ast.Expr) (string, bool) {
	l, ok := e.(*ast.BasicLit)
	if !ok || l.Kind != token.STRING {
		return "", false
	}
	return constant.StringVal(constant.MakeFromLiteral(l.Value, l.Kind, 0)), true
}

// inspect visits the nodes of all Go files in a folder but tests.
func inspect(root fs.FS, dir string, visit func(*token.FileSet, ast.Node)) error {
	files := token.NewFileSet()
	names, err := fs.Glob(root, path.Join(dir, "*.go"))
	if err != nil {
		return err
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(files, name, text, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			visit(files, n)
			return true
		})
	}
	return nil
}

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
