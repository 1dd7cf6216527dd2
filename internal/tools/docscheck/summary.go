package docscheck

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"strings"
)

// emitters are the functions of the plugin framework that make a diagnostic, and
// which of their arguments is its summary.
var emitters = map[string]int{
	"AddError": 0, "AddWarning": 0, "AddAttributeError": 1, "AddAttributeWarning": 1,
	"NewErrorDiagnostic": 0, "NewWarningDiagnostic": 0, "NewAttributeErrorDiagnostic": 1, "NewAttributeWarningDiagnostic": 1,
}

// anything stands in a summary for what differs from case to case, such as the
// name of the service.
const anything = "…"

// Summaries returns the summaries of all diagnostics that the Go files of a
// folder can make, and where each is made. It reads the code without running it,
// and fails for a summary that it cannot follow: then the code is to be written
// more plainly, or this function taught.
func Summaries(root fs.FS, dir string) (map[string]string, error) {
	s := sources{files: token.NewFileSet(), consts: map[string]string{}, structs: map[string][]string{}, where: map[string]string{}}
	names, err := fs.Glob(root, path.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := fs.ReadFile(root, name)
		if err != nil {
			return nil, err
		}
		file, err := parser.ParseFile(s.files, name, text, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		s.read(file)
	}
	return s.where, s.resolve()
}

// sources is the code of one package.
type sources struct {
	files    *token.FileSet
	consts   map[string]string
	calls    []called
	literals []valued
	structs  map[string][]string // the fields of struct types, in order
	where    map[string]string
}

// called is a call and the function that it stands in.
type called struct {
	name string
	call *ast.CallExpr
	in   *ast.FuncDecl
}

// valued is a composite literal and the function that it stands in.
type valued struct {
	literal *ast.CompositeLit
	in      *ast.FuncDecl
}

func (s *sources) read(file *ast.File) {
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			ast.Inspect(d, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.CallExpr:
					s.calls = append(s.calls, called{calleeOf(n), n, d})
				case *ast.CompositeLit:
					s.literals = append(s.literals, valued{n, d})
				}
				return true
			})
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				s.declare(spec)
			}
		}
	}
}

// declare notes constants and struct types.
func (s *sources) declare(spec ast.Spec) {
	switch spec := spec.(type) {
	case *ast.ValueSpec:
		if len(spec.Values) != len(spec.Names) {
			return
		}
		for i, name := range spec.Names {
			if text, ok := literal(spec.Values[i]); ok {
				s.consts[name.Name] = text
			}
		}
	case *ast.TypeSpec:
		if object, ok := spec.Type.(*ast.StructType); ok {
			for _, group := range object.Fields.List {
				for _, name := range group.Names {
					s.structs[spec.Name.Name] = append(s.structs[spec.Name.Name], name.Name)
				}
			}
		}
	}
}

func calleeOf(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

func (s *sources) resolve() error {
	for _, c := range s.calls {
		at, ok := emitters[c.name]
		if !ok || at >= len(c.call.Args) {
			continue
		}
		where := s.files.Position(c.call.Pos()).String()
		texts, err := s.texts(c.call.Args[at], c.in, 0)
		if err != nil {
			return fmt.Errorf("%s: the summary cannot be followed: %w", where, err)
		}
		for _, text := range texts {
			s.where[text] = where
		}
	}
	return nil
}
