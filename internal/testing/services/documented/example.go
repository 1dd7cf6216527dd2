package documented

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// The functions in this file write a value as a documented example of it is written.

// idLike writes an id: as a number if the example is one.
func idLike(example any, id string) any {
	if _, ok := example.(json.Number); ok {
		return json.Number(id)
	}
	return id
}

// clock is a time in an example, such as 2023-04-07 20:29:10.666968+00.
var clock = regexp.MustCompile(`^\d{4}-\d\d-\d\d(.)\d\d:\d\d:\d\d(\.\d+)?(.*)$`)

// timeLike writes a time, with as many digits as the example has. Numbers count seconds or
// milliseconds.
func timeLike(example any, at time.Time) any {
	at = at.UTC()
	if number, ok := example.(json.Number); ok {
		if seconds, _ := number.Int64(); seconds > 1e11 {
			return at.UnixMilli()
		}
		return at.Unix()
	}
	text, _ := example.(string)
	parts := clock.FindStringSubmatch(text)
	if parts == nil {
		return at.Format(time.RFC3339)
	}
	fraction := ""
	if digits := len(parts[2]) - 1; digits > 0 {
		fraction = "." + strings.Repeat("0", digits)
	}
	return at.Format("2006-01-02"+parts[1]+"15:04:05"+fraction) + parts[3]
}

// neverLike is how a key shows that it was never used.
func neverLike(example any) any {
	if example == json.Number("0") {
		return 0
	}
	return nil
}

// revokedLike writes whether a key is revoked: a boolean, or the time if the example is none.
func revokedLike(example any, at time.Time) any {
	if _, ok := example.(bool); ok {
		return !at.IsZero()
	}
	if at.IsZero() {
		return nil
	}
	return at.UnixMilli()
}

// masks are what services show in place of the middle of a value.
var masks = regexp.MustCompile(`\*+|\.\.\.|…`)

// hintLike shows as much of a value as the example does of another.
func hintLike(example any, value string) any {
	text, _ := example.(string)
	at := masks.FindStringIndex(text)
	if at == nil {
		return value[len(value)-len(text):]
	}
	return value[:at[0]] + text[at[0]:at[1]] + value[len(value)-(len(text)-at[1]):]
}

// fake is where a made-up value begins in the examples.
var fake = regexp.MustCompile(`(?i)fake|redacted|xxx|secretkeyexample`)

// prefixOf is how the values of keys begin.
func prefixOf(example any) string {
	text, _ := example.(string)
	at := fake.FindStringIndex(text)
	if len(at) == 0 || strings.ContainsAny(text[:at[0]], ":") {
		return ""
	}
	return text[:at[0]]
}

func atoi(text string) int {
	n, _ := strconv.Atoi(text)
	return n
}

// ShownHint is what the documented listing shows of a value; "" is nothing.
func (s Service) ShownHint() string {
	row, err := s.firstRow(decode(s.List))
	if err != nil || s.Life.List.Hint == "" {
		return ""
	}
	text, _ := find(row, s.Life.List.Hint)
	hint, _ := text.(string)
	return hint
}
