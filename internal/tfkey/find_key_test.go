package tfkey

import (
	"fmt"
	"strings"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

func TestSimilarKeys(t *testing.T) {
	if got := similarKeys(nil, "x"); got != "There are no live keys." {
		t.Error(got)
	}
	var keys []driver.Key
	for i := range maxCandidates {
		keys = append(keys, driver.Key{ID: fmt.Sprintf("id-%02d", i), Name: fmt.Sprintf("key %c", 'a'+i)})
	}
	if got := similarKeys(keys, "key q"); !strings.HasPrefix(got, "The live keys are:\n  id-00 ") || strings.Count(got, "id-") != maxCandidates {
		t.Error(got)
	}
	keys = append(keys, driver.Key{ID: "wanted", Name: "Deploy from CI"})
	for _, wanted := range []string{"deploy from ci", "Deploy form CI", "wantde", "WANTED", "from CI"} {
		if got := similarKeys(keys, wanted); !strings.HasPrefix(got, "There are 21 live keys. Similar ones are:\n  wanted (") || strings.Count(got, "\n") != 2 {
			t.Errorf("%s: %s", wanted, got)
		}
	}
}
