package decoy_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/campaign/decoy"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// TestPlant: there are decoys of every kind, all live and all somebody else's.
func TestPlant(t *testing.T) {
	now := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	st, _ := simulator.NewStore(func() time.Time { return now }, func(st *simulator.Store) http.Handler {
		return st.Serve(simulator.Protocol{NewID: simulator.UUID, NewValue: simulator.UUID}, http.NotFoundHandler())
	})
	decoy.Plant(st, now, 0, "ci", 2000)
	names := map[string]int{}
	var sameSecond, future, old, used, unused int
	for _, k := range st.Live() {
		if k.CreatedBy != simulator.Outside {
			t.Fatalf("made by %s", k.CreatedBy)
		}
		if names[k.Name]++; k.Name != "ci" {
			continue
		}
		switch age := now.Sub(k.CreatedAt); {
		case age < 0:
			future++
		case age < time.Second:
			sameSecond++
		case age > time.Hour:
			old++
		}
		if k.LastUsedAt.IsZero() {
			unused++
		} else {
			used++
		}
	}
	if len(st.Live()) != 2000 || len(names) < 15 || sameSecond == 0 || future == 0 || old == 0 || used == 0 || unused == 0 {
		t.Errorf("%d names, of the same one %d: %d of the same second, %d of the future, %d old, %d used, %d unused", len(names), names["ci"], sameSecond, future, old, used, unused)
	}
}
