package tfkey

import "testing"

func TestSentence(t *testing.T) {
	for text, want := range map[string]string{
		"too long": "too long.", "too long.": "too long.", "too long. ": "too long.", "too long..": "too long.",
		"too long (request id 7e57)": "too long (request id 7e57).", "too long:": "too long.",
		"no!": "no!", "why?": "why?", "and so on…": "and so on…", "and so on...": "and so on...",
	} {
		if got := Sentence(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
