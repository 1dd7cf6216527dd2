package tfkey

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// entries are the methods by which Terraform's calls come in.
var entries = map[string]bool{
	"Create": true, "Read": true, "Update": true, "Delete": true, "ModifyPlan": true, "ImportState": true, "ValidateConfig": true,
	"Open": true, "Close": true, "Run": true, "stream": true, "Invoke": true, "Configure": true,
	"ValidateString": true, "ValidateSet": true, "ValidateList": true, "ValidateObject": true,
}

// Every call that comes in is guarded against a panic, from its first line on:
// Terraform would print what was thrown, with arguments, and that may hold a
// secret. Configure of a resource or data source only stores a pointer.
func TestEntriesAreGuarded(t *testing.T) {
	guarded := 0
	for _, dir := range []string{".", "../provider"} {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range file.Decls {
				f, ok := d.(*ast.FuncDecl)
				if !ok || f.Recv == nil || !entries[f.Name.Name] || !hasParameter(f, "resp") && !hasParameter(f, "push") {
					continue
				}
				if guards(f.Body) {
					guarded++
				} else {
					t.Errorf("%s: %s does not begin with begin or RecoverPanic", name, f.Name.Name)
				}
			}
		}
	}
	if guarded < 15 {
		t.Errorf("only %d guarded methods were seen", guarded)
	}
}

func hasParameter(f *ast.FuncDecl, name string) bool {
	for _, p := range f.Type.Params.List {
		for _, n := range p.Names {
			if n.Name == name {
				return true
			}
		}
	}
	return false
}

// guards reports whether a body's first or second statement defers the guard.
func guards(body *ast.BlockStmt) bool {
	for i, s := range body.List {
		if d, ok := s.(*ast.DeferStmt); ok && i < 2 {
			switch f := d.Call.Fun.(type) {
			case *ast.Ident:
				return f.Name == "done" || f.Name == "RecoverPanic"
			case *ast.SelectorExpr:
				return f.Sel.Name == "RecoverPanic"
			case *ast.FuncLit:
				return true // decrypt has errors of its own kind
			}
		}
	}
	return false
}
