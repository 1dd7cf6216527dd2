package driver_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"strings"
	"testing"
	"text/template"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

const hunter = "pk_live_hunter2hunter2"

type (
	named    struct{ Value driver.Secret }
	pointing struct{ Value *driver.Secret }
	hidden   struct{ value driver.Secret }
	embedded struct{ driver.Secret }
	nested   struct {
		Deep  map[string][]named
		inner hidden
	}
)

// holders are the shapes in which a secret may lie in something that is printed.
func holders() map[string]any {
	s := driver.NewSecret(hunter)
	return map[string]any{
		"itself": s, "pointer": &s, "pointer to pointer": new(&s),
		"struct": named{s}, "pointer to struct": &named{s}, "struct of pointer": pointing{&s},
		"unexported field": hidden{s}, "pointer to unexported field": &hidden{s}, "embedded": embedded{s},
		"slice": []driver.Secret{s}, "array": [1]driver.Secret{s}, "slice of pointers": []*driver.Secret{&s},
		"map value": map[string]driver.Secret{"k": s}, "map of any": map[string]any{"k": s}, "any": []any{s, &s},
		"nested": nested{map[string][]named{"a": {{s}}}, hidden{s}},
		"minted": driver.Minted{Key: driver.Key{ID: "key-1"}, Value: s},
		"func":   func() driver.Secret { return s },
		"error":  fmt.Errorf("made %v: %w", s, &driver.Error{Service: "Test", Operation: "create", Message: fmt.Sprint(s), Err: fmt.Errorf("cause %s", s)}),
	}
}

// clean fails the test if any form of the value is in what was printed.
func clean(t *testing.T, how, printed string) {
	t.Helper()
	for _, form := range []string{"hunter", "pk_live_", fmt.Sprintf("%x", "hunter"), fmt.Sprintf("%X", "hunter"), "[112 107 95", "0x70, 0x6b"} {
		if strings.Contains(printed, form) {
			t.Errorf("%s shows the value: %s", how, printed)
		}
	}
}

func TestSecret_everyVerb(t *testing.T) {
	for name, v := range holders() {
		for _, flags := range []string{"", "+", "#", "-", " ", "0", "+#", "30", ".3", "-30.2"} {
			for verb := rune('!'); verb < 0x7f; verb++ {
				format := "%" + flags + string(verb)
				clean(t, name+" "+format, fmt.Sprintf(format, v))
			}
		}
		clean(t, name+" Sprint", fmt.Sprint(v))
		clean(t, name+" Sprintln", fmt.Sprintln(v, v))
	}
	s := driver.NewSecret(hunter)
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%80s"} {
		if got := fmt.Sprintf(format, s); got != "(redacted)" {
			t.Errorf("%s prints %q", format, got)
		}
	}
	if s.String() != "(redacted)" || s.GoString() != "(redacted)" {
		t.Error("String or GoString is not redacted")
	}
}

func TestSecret_encoders(t *testing.T) {
	for name, v := range holders() {
		if out, err := json.Marshal(v); err == nil {
			clean(t, name+" json", string(out))
		}
		if out, err := xml.Marshal(v); err == nil {
			clean(t, name+" xml", string(out))
		}
		var b bytes.Buffer
		_ = gob.NewEncoder(&b).Encode(v)
		clean(t, name+" gob", b.String())
		b.Reset()
		if err := template.Must(template.New("").Parse("{{.}} {{printf \"%v\" .}}")).Execute(&b, v); err == nil {
			clean(t, name+" template", b.String())
		}
	}
	for want, encode := range map[string]func(any) ([]byte, error){
		`{"Value":"(redacted)"}`:                   json.Marshal,
		`<named><Value>(redacted)</Value></named>`: xml.Marshal,
	} {
		if out, err := encode(named{driver.NewSecret(hunter)}); err != nil || string(out) != want {
			t.Errorf("encoded as %s, %v; want %s", out, err, want)
		}
	}
	if text, err := driver.NewSecret(hunter).MarshalText(); err != nil || string(text) != "(redacted)" {
		t.Errorf("text is %s, %v", text, err)
	}
	if out, err := json.Marshal(map[driver.Secret]int{driver.NewSecret(hunter): 1}); err != nil || string(out) != `{"(redacted)":1}` {
		t.Errorf("as a map key: %s, %v", out, err)
	}
}

func TestSecret_logs(t *testing.T) {
	var b bytes.Buffer
	for name, v := range holders() {
		for _, handler := range []slog.Handler{slog.NewTextHandler(&b, nil), slog.NewJSONHandler(&b, nil)} {
			b.Reset()
			l := slog.New(handler).With("with", v)
			l.Info("message", "key", v, slog.Group("group", slog.Any("in", v)))
			clean(t, name+" slog", b.String())
		}
		b.Reset()
		log.New(&b, "", 0).Println(v)
		clean(t, name+" log", b.String())
	}
	b.Reset()
	slog.New(slog.NewTextHandler(&b, nil)).Info("m", "key", driver.NewSecret(hunter))
	if !strings.Contains(b.String(), "key=(redacted)") {
		t.Errorf("logged as %s", b.String())
	}
}

func TestSecret_panic(t *testing.T) {
	defer func() { clean(t, "panic", fmt.Sprint(recover())) }()
	panic(errors.Join(errors.New("x"), fmt.Errorf("%v", hidden{driver.NewSecret(hunter)})))
}

func TestSecret(t *testing.T) {
	s, empty := driver.NewSecret(hunter), driver.NewSecret("")
	if s.Reveal() != hunter || empty.Reveal() != "" || (driver.Secret{}).Reveal() != "" {
		t.Error("Reveal does not give the value")
	}
	if s.IsZero() || !empty.IsZero() || !(driver.Secret{}).IsZero() {
		t.Error("IsZero is wrong")
	}
	for _, tc := range []struct {
		a, b driver.Secret
		want bool
	}{
		{s, driver.NewSecret(hunter), true},
		{s, driver.NewSecret(hunter + "x"), false}, {s, driver.NewSecret("pk_live_hunter2hunter3"), false},
		{s, empty, false}, {empty, s, false}, {empty, empty, false},
	} {
		if tc.a.Equal(tc.b) != tc.want {
			t.Errorf("%q equals %q: %t", tc.a.Reveal(), tc.b.Reveal(), !tc.want)
		}
	}
	if (named{empty}) != (named{}) {
		t.Error("an empty value is not the zero Secret")
	}
}
