package main

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"reflect"
	"strings"
	"testing"
)

func TestRuns(t *testing.T) {
	t.Parallel()
	got := runs("plain \x1b[1m\x1b[32mgreen\x1b[0m \x1b[99munknown")
	want := []piece{{text: "plain "}, {text: "green", colour: colours["32"], bold: true}, {text: " "}, {text: "unknown"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestDraw(t *testing.T) {
	t.Parallel()
	picture, err := draw([]string{prompt + "cat <a>", "", "\x1b[31mred & \"quoted\"\x1b[0m", "# said"})
	if err != nil {
		t.Fatal(err)
	}
	if text := words(t, picture); text != "$ cat <a>\nred & \"quoted\"\n# said\n" {
		t.Errorf("the picture says %q", text)
	}
	if !strings.Contains(string(picture), colours["31"]) {
		t.Error("the colour is missing")
	}
	if _, err := draw([]string{strings.Repeat("x", columns+1)}); err == nil {
		t.Error("a line that does not fit was drawn")
	}
}

// words are the texts of a picture, which must be XML.
func words(t *testing.T, picture []byte) string {
	t.Helper()
	var b strings.Builder
	depth := 0
	for d := xml.NewDecoder(strings.NewReader(string(picture))); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return b.String()
		}
		if err != nil {
			t.Fatal(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			if token.Name.Local == "text" {
				depth++
			}
		case xml.EndElement:
			if token.Name.Local == "text" {
				depth--
				b.WriteString("\n")
			}
		case xml.CharData:
			if depth > 0 {
				b.Write(token)
			}
		}
	}
}

// TestPicture compares the committed picture with the script: after a change of
// the script it has to be recorded anew.
func TestPicture(t *testing.T) {
	t.Parallel()
	picture, err := os.ReadFile("../../../" + target)
	if err != nil {
		t.Fatalf("%v; make session", err)
	}
	shown := words(t, picture)
	for _, next := range script {
		at := strings.Index(shown, next.shown+"\n")
		if at < 0 {
			t.Fatalf("the picture does not show %q, or not in this place; make session", next.shown)
		}
		shown = shown[at+len(next.shown):]
	}
}

func TestVariables(t *testing.T) {
	t.Parallel()
	got := variables("export A='1'\nexport B='http://127.0.0.1:1/x=y'\n\n")
	if want := []string{"A=1", "B=http://127.0.0.1:1/x=y"}; !reflect.DeepEqual(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
