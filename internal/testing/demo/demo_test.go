package main

import (
	"bytes"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

func TestStory_expect(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	s := &story{out: &out}
	s.expect(true, "%d keys", 1)
	s.expect(false, "%d keys", 2)
	if want := "   ok    1 keys\n   FAIL  2 keys\n"; out.String() != want || s.failed != 1 {
		t.Errorf("printed %q with %d failures, want %q with 1", &out, s.failed, want)
	}
}

func TestKnows(t *testing.T) {
	t.Parallel()
	value, other := "value", "other"
	for name, test := range map[string]struct {
		key  *string
		by   string
		want bool
	}{
		"made, with its value":       {&value, simulator.Admin, true},
		"made, with another's value": {&other, simulator.Admin, false},
		"made, without a value":      {nil, simulator.Admin, false},
		"adopted, without a value":   {nil, simulator.Outside, true},
		"adopted, with a value":      {&value, simulator.Outside, false},
	} {
		if got := knows(held{Key: test.key}, simulator.Record{Value: value, CreatedBy: test.by}); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}
