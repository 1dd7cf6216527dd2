// Docdiagram draws the picture of the guide about rotation.
//
// The registry shows pictures, but no diagrams in code. It takes this one from the
// repository.
package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"os"
	"text/template"
)

//go:generate go run . rotation.svg

//go:embed rotation.svg.tmpl
var text string

// row is one way to rotate. Times are in pixels from the left.
type row struct {
	Label    string
	OldUntil int // when the old key is revoked
	NewFrom  int // when the new key is created
	Note     string
}

// The moments that the picture marks.
const (
	apply = 320
	later = 500 // the first apply after the overlap
	end   = 690
)

var rows = []row{
	{"Trigger or schedule", apply + 40, apply, "revoked after everything was updated"},
	{"Overlap", later, apply, "revoked after the overlap"},
	{"Native (OnePin)", apply, apply, "revoked at once"},
	{"No create_before_destroy", apply, apply + 40, "a gap without a key"},
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: docdiagram <file to write>")
		os.Exit(2)
	}
	picture, err := render()
	if err == nil {
		err = os.WriteFile(os.Args[1], picture, 0o644) //nolint:gosec // a picture of the documentation
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "docdiagram:", err)
		os.Exit(1)
	}
}

// render returns the picture. Its background is white, so that it can be read on dark
// pages too.
func render() ([]byte, error) {
	functions := template.FuncMap{
		"sub": func(a, b int) int { return a - b },
		"add": func(a, b int) int { return a + b },
		"top": func(i int) int { return 50 + 58*i },
	}
	picture, err := template.New("").Funcs(functions).Parse(text)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = picture.Execute(&out, map[string]any{"Rows": rows, "Apply": apply, "Later": later, "End": end, "Height": 50 + 58*len(rows)})
	return out.Bytes(), err
}
