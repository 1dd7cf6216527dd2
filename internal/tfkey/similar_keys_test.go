package tfkey

import (
	"fmt"
	"strings"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

func TestDistance(t *testing.T) {
	for _, tc := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"a", "", 1}, {"", "abc", 3}, {"kitten", "sitting", 3}, {"flaw", "lawn", 2},
		{"same", "same", 0}, {"über", "uber", 1}, {"ab", "ba", 2},
	} {
		if got := distance(tc.a, tc.b); got != tc.want {
			t.Errorf("from %q to %q: %d, want %d", tc.a, tc.b, got, tc.want)
		}
		if got := distance(tc.b, tc.a); got != tc.want {
			t.Errorf("from %q to %q: %d, want %d", tc.b, tc.a, got, tc.want)
		}
	}
}

func TestNearest(t *testing.T) {
	if got := similarKeys(nil, "x"); got != "There are no live keys at all." {
		t.Error(got)
	}
	var keys []driver.Key
	for i := range maxCandidates {
		keys = append(keys, driver.Key{ID: fmt.Sprintf("id-%02d", i), Name: fmt.Sprintf("key %c", 'a'+i)})
	}
	if got := similarKeys(keys, "key q"); !strings.HasPrefix(got, "The live keys are: id-00 ") || strings.Count(got, "id-") != maxCandidates {
		t.Error(got)
	}
	keys = append(keys, driver.Key{ID: "wanted", Name: "Deploy from CI"})
	for _, wanted := range []string{"deploy from ci", "Deploy form CI", "wantde", "WANTED"} {
		if got := similarKeys(keys, wanted); !strings.HasPrefix(got, "There are 21 live keys, of which these are most like it: wanted (") || strings.Count(got, "created") != maxNearest {
			t.Errorf("%s: %s", wanted, got)
		}
	}
}
