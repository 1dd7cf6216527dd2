package keyring

import (
	"testing"
	"time"
)

// A listing that became complete while a call waited counts if that was before the
// request was sent. At the same moment it does not.
func TestWasKnown(t *testing.T) {
	at := time.Unix(1_000, 0)
	for name, tc := range map[string]struct {
		listing int
		at      time.Time
		sent    sent
		want    bool
	}{
		"before the call":      {1, at, sent{listings: 1, local: at}, true},
		"before sending":       {2, at.Add(-1), sent{listings: 1, local: at}, true},
		"at the same moment":   {2, at, sent{listings: 1, local: at}, false},
		"later":                {2, at.Add(1), sent{listings: 1, local: at}, false},
		"unknown when sent":    {2, at, sent{listings: 1}, false},
		"nothing to exclude":   {1, at, sent{}, false},
		"before an early call": {1, at, sent{listings: 2}, true},
	} {
		if got := (knownKey{listing: tc.listing, at: tc.at}).wasKnown(tc.sent); got != tc.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
