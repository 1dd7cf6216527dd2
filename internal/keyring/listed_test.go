package keyring

import (
	"testing"
	"time"
)

// A listing that became complete while a call waited counts if that was before the
// request was sent. At the same moment it does not.
func TestListedKey_isBefore(t *testing.T) {
	at := time.Unix(1_000, 0)
	for name, tc := range map[string]struct {
		listing int
		at      time.Time
		start   requestStart
		want    bool
	}{
		"before the call":      {1, at, requestStart{listings: 1, local: at}, true},
		"before sending":       {2, at.Add(-1), requestStart{listings: 1, local: at}, true},
		"at the same moment":   {2, at, requestStart{listings: 1, local: at}, false},
		"later":                {2, at.Add(1), requestStart{listings: 1, local: at}, false},
		"unknown when sent":    {2, at, requestStart{listings: 1}, false},
		"nothing to exclude":   {1, at, requestStart{}, false},
		"before an early call": {1, at, requestStart{listings: 2}, true},
	} {
		if got := (listedKey{listing: tc.listing, at: tc.at}).isBefore(tc.start); got != tc.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
