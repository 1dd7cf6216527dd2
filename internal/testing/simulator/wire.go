package simulator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// period is a duration in JSON: "1.5s", as people write it.
type period time.Duration

// MarshalText implements encoding.TextMarshaler.
func (p period) MarshalText() ([]byte, error) { return []byte(time.Duration(p).String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (p *period) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("a duration such as \"1.5s\": %w", err)
	}
	*p = period(d)
	return nil
}

// plainFault and its like are the types without their JSON methods.
type (
	plainFault  Fault
	plainQuirks Quirks
	plainLimit  Limit
)

// wireFault and its like shadow the duration of what they embed.
type (
	wireLimit struct {
		plainLimit
		Window period `json:"window"`
	}
	wireFault struct {
		plainFault
		Delay period `json:"delay,omitzero"`
	}
	wireQuirks struct {
		plainQuirks
		ListingLag period `json:"listing_lag,omitzero"`
	}
)

// MarshalJSON implements json.Marshaler; durations are text such as "1.5s".
func (f Fault) MarshalJSON() ([]byte, error) {
	return json.Marshal(wireFault{plainFault(f), period(f.Delay)})
}

// UnmarshalJSON implements json.Unmarshaler.
func (f *Fault) UnmarshalJSON(text []byte) error {
	var wire wireFault
	err := decodeStrict(bytes.NewReader(text), &wire)
	*f = Fault(wire.plainFault)
	f.Delay = time.Duration(wire.Delay)
	return err
}

// MarshalJSON implements json.Marshaler; durations are text such as "1.5s".
func (q Quirks) MarshalJSON() ([]byte, error) {
	return json.Marshal(wireQuirks{plainQuirks(q), period(q.ListingLag)})
}

// UnmarshalJSON implements json.Unmarshaler.
func (q *Quirks) UnmarshalJSON(text []byte) error {
	var wire wireQuirks
	err := decodeStrict(bytes.NewReader(text), &wire)
	*q = Quirks(wire.plainQuirks)
	q.ListingLag = time.Duration(wire.ListingLag)
	return err
}

// MarshalJSON implements json.Marshaler; durations are text such as "1m".
func (l Limit) MarshalJSON() ([]byte, error) {
	return json.Marshal(wireLimit{plainLimit(l), period(l.Window)})
}

// UnmarshalJSON implements json.Unmarshaler.
func (l *Limit) UnmarshalJSON(text []byte) error {
	var wire wireLimit
	err := decodeStrict(bytes.NewReader(text), &wire)
	*l = Limit(wire.plainLimit)
	l.Window = time.Duration(wire.Window)
	return err
}

// decodeStrict refuses fields that do not exist: a misspelt fault would never
// happen, and nobody would know why.
func decodeStrict(r io.Reader, into any) error {
	decoder := json.NewDecoder(r)
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}
