package docscheck

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"regexp"
	"slices"
)

// maxDepth bounds how far a summary is followed through calls.
const maxDepth = 8

// texts are all the values that an expression can have.
func (s *sources) texts(e ast.Expr, in *ast.FuncDecl, depth int) ([]string, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("it goes through more than %d steps", maxDepth)
	}
	if text, ok := literal(e); ok {
		return []string{text}, nil
	}
	switch e := e.(type) {
	case *ast.Ident:
		return s.variable(e.Name, in, depth)
	case *ast.SelectorExpr:
		if e.Sel.Name == "Title" {
			return []string{anything}, nil
		}
		return s.field(e, depth)
	case *ast.BinaryExpr:
		left, err := s.texts(e.X, in, depth+1)
		if err != nil {
			return nil, err
		}
		right, err := s.texts(e.Y, in, depth+1)
		if err != nil {
			return nil, err
		}
		return join(left, right), nil
	case *ast.CallExpr:
		switch calleeOf(e) {
		case "Summary":
			return nil, nil // that of another diagnostic, which is found where it is made
		case "Sprintf":
			return s.sprintf(e, in, depth)
		}
	}
	return nil, fmt.Errorf("%s is none of the forms that are known", s.files.Position(e.Pos()))
}

func literal(e ast.Expr) (string, bool) {
	l, ok := e.(*ast.BasicLit)
	if !ok || l.Kind != token.STRING {
		return "", false
	}
	return constant.StringVal(constant.MakeFromLiteral(l.Value, l.Kind, 0)), true
}

// variable is what a name can stand for: what is assigned to it in the function,
// what the function is called with, or a constant.
func (s *sources) variable(name string, in *ast.FuncDecl, depth int) ([]string, error) {
	var all []string
	var failed error
	ast.Inspect(in, func(n ast.Node) bool {
		a, ok := n.(*ast.AssignStmt)
		if !ok || len(a.Lhs) != len(a.Rhs) {
			return true
		}
		for i, to := range a.Lhs {
			if id, ok := to.(*ast.Ident); ok && id.Name == name {
				texts, err := s.texts(a.Rhs[i], in, depth+1)
				if err != nil {
					failed = err
				}
				all = append(all, texts...)
			}
		}
		return true
	})
	if failed != nil || len(all) > 0 {
		return all, failed
	}
	if at := parameter(in.Type, name); at >= 0 {
		return s.arguments(in.Name.Name, nil, at, depth)
	}
	if text, ok := s.consts[name]; ok {
		return []string{text}, nil
	}
	if function, at := closure(in, name); function != "" {
		return s.arguments(function, in, at, depth)
	}
	return nil, fmt.Errorf("nothing is known of %s", name)
}

// closure finds the function with a name of its own, within another, that has such
// a parameter, and which one of its parameters that is.
func closure(in *ast.FuncDecl, name string) (function string, at int) {
	ast.Inspect(in, func(n ast.Node) bool {
		a, ok := n.(*ast.AssignStmt)
		if !ok || len(a.Lhs) != 1 || len(a.Rhs) != 1 {
			return true
		}
		literal, ok := a.Rhs[0].(*ast.FuncLit)
		if !ok {
			return true
		}
		if i := parameter(literal.Type, name); i >= 0 {
			if id, ok := a.Lhs[0].(*ast.Ident); ok {
				function, at = id.Name, i
			}
		}
		return true
	})
	return function, at
}

// parameter is the place of a parameter, -1 if there is none of that name.
func parameter(of *ast.FuncType, name string) int {
	at := 0
	for _, group := range of.Params.List {
		for _, p := range group.Names {
			if p.Name == name {
				return at
			}
			at++
		}
	}
	return -1
}

// field are the values that all literals of the package's structs give to a field
// of that name.
func (s *sources) field(e *ast.SelectorExpr, depth int) ([]string, error) {
	var all []string
	found := false
	for _, l := range s.literals {
		kind, _ := l.literal.Type.(*ast.Ident)
		if kind == nil {
			continue
		}
		at := slices.Index(s.structs[kind.Name], e.Sel.Name)
		for i, element := range l.literal.Elts {
			value := element
			if pair, ok := element.(*ast.KeyValueExpr); ok {
				if key, ok := pair.Key.(*ast.Ident); !ok || key.Name != e.Sel.Name || at < 0 {
					continue
				}
				value = pair.Value
			} else if i != at {
				continue
			}
			texts, err := s.texts(value, l.in, depth+1)
			if err != nil {
				return nil, err
			}
			all, found = append(all, texts...), true
		}
	}
	if !found {
		return nil, fmt.Errorf("nothing is known of the field %s", e.Sel.Name)
	}
	return all, nil
}

// arguments are the values that all calls of a function give to one parameter; a
// function within another is called only there.
func (s *sources) arguments(function string, within *ast.FuncDecl, at, depth int) ([]string, error) {
	var all []string
	for _, c := range s.calls {
		if c.name != function || at >= len(c.call.Args) || within != nil && c.in != within {
			continue
		}
		texts, err := s.texts(c.call.Args[at], c.in, depth+1)
		if err != nil {
			return nil, err
		}
		all = append(all, texts...)
	}
	return all, nil
}

var verb = regexp.MustCompile(`%[sqvd]`)

func (s *sources) sprintf(call *ast.CallExpr, in *ast.FuncDecl, depth int) ([]string, error) {
	format, ok := literal(call.Args[0])
	if !ok {
		return nil, fmt.Errorf("its format is no text")
	}
	all, arg := []string{""}, 1
	for rest := format; ; arg++ {
		m := verb.FindStringIndex(rest)
		if m == nil || arg >= len(call.Args) {
			return join(all, []string{rest}), nil
		}
		values, err := s.texts(call.Args[arg], in, depth+1)
		if err != nil {
			return nil, err
		}
		all, rest = join(join(all, []string{rest[:m[0]]}), values), rest[m[1]:]
	}
}

func join(left, right []string) []string {
	all := make([]string, 0, len(left)*len(right))
	for _, l := range left {
		for _, r := range right {
			all = append(all, l+r)
		}
	}
	return all
}
