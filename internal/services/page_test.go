package services_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/servicestest"
)

// However many rows a small answer unpacks to, only so many are read.
func TestPage_tooLong(t *testing.T) { // by itself, because it measures memory
	flatten := func(object *services.Object) (k driver.Key, err error) {
		k.ID, err = object.ID("id")
		return k, err
	}
	answer, err := offline.Check(tryIt, response(200, "application/json", ""), nil)
	if err != nil {
		t.Fatal(err)
	}
	rows := func(n int) []byte { return []byte("[" + strings.Repeat(`{"id":1},`, n-1) + `{"id":1}]`) }
	keys, err := services.ReadKeys(answer, rows(1000), flatten)
	if err != nil || len(keys) != 1000 {
		t.Errorf("got %d keys, %v", len(keys), err)
	}
	array := rows(7_000_000) // 63 MiB
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err = services.ReadKeys(answer, array, flatten)
	runtime.ReadMemStats(&after)
	if e := servicestest.Failure(t, err); e.Kind != driver.KindTooLarge {
		t.Errorf("got %v", e)
	}
	if took := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 600 {
		t.Errorf("took %d MiB in all", took)
	}
	runtime.KeepAlive(array)
}

// Full is of no use without what a server has sent before.
func TestPageSizes(t *testing.T) {
	t.Parallel()
	var s services.PageSizes
	for _, step := range []struct {
		rows int
		full bool
	}{{0, false}, {20, true}, {20, true}, {19, false}, {50, true}, {20, false}, {0, false}} {
		if got := s.Full(step.rows); got != step.full {
			t.Errorf("%d rows: full %t", step.rows, got)
		}
	}
}
