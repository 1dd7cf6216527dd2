package expunct

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services/expunct/api"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/servicestest"
)

// pages is a listing as different servers might page it.
type pages struct {
	ids []string
	// most is the greatest page size; 0 for a server that knows no limit.
	most int
	// deaf servers ignore the offset.
	deaf bool
	// after is called once a page was made, to change what comes next.
	after func(p *pages, page int)
	made  int
}

func many(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("key_%04d", i)
	}
	return ids
}

func (p *pages) answer(r servicestest.Request) servicestest.Answer {
	number := func(name string, otherwise int) int {
		if n, err := strconv.Atoi(r.Query.Get(name)); err == nil {
			return n
		}
		return otherwise
	}
	offset, limit := min(number("offset", 0), len(p.ids)), number("limit", 50)
	if p.deaf {
		offset = 0
	}
	if p.most == 0 {
		limit = len(p.ids)
	} else {
		limit = min(limit, p.most)
	}
	rows := []map[string]any{}
	for _, id := range p.ids[offset:min(offset+limit, len(p.ids))] {
		rows = append(rows, map[string]any{"id": id, "name": "n", "prefix": "pk_live_abc...", "created_at": "2026-02-13T10:00:00Z", "last_used_at": nil})
	}
	p.made++
	if p.after != nil {
		p.after(p, p.made)
	}
	body, _ := json.Marshal(rows)
	return servicestest.OK(string(body))
}

func ids(keys []driver.Key) []string {
	var list []string
	for _, k := range keys {
		list = append(list, k.ID)
	}
	slices.Sort(list)
	return list
}

func TestList_everyWayOfPaging(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		n, most  int
		deaf     bool
		requests int
	}{
		{0, 100, false, 1},
		{1, 100, false, 2}, // how many rows a page has at most is not known
		{49, 100, false, 2},
		{50, 100, false, 2},
		{20, 20, false, 2}, // a server that sends less than it is asked for
		{21, 20, false, 2},
		{45, 20, false, 3},
		{3, 1, false, 4},
		{3, 2, false, 3},
		{100, 100, false, 2},
		{101, 100, false, 2},
		{199, 100, false, 3}, // two full pages
		{200, 100, false, 3},
		{120, 50, false, 3},
		{1000, 50, false, 21},
		{120, 0, true, 2}, // no paging at all
		{120, 0, false, 2},
		{50, 50, true, 2},
		{5, 0, true, 2},
	} {
		p := &pages{ids: many(c.n), most: c.most, deaf: c.deaf}
		s := servicestest.Serve(t, p.answer)
		got := ids(servicestest.ListAll(t, open(t, s), driver.StatusLive))
		if !slices.Equal(got, many(c.n)) && c.n > 0 || len(got) != c.n {
			t.Errorf("%+v: got %d keys", c, len(got))
		}
		if n := len(s.Requests()); n != c.requests {
			t.Errorf("%+v: %d requests", c, n)
		}
		if first := s.Requests()[0]; first.Query.Get("limit") != "100" || first.Query.Get("offset") != "0" {
			t.Errorf("first request asks %v", first.Query)
		}
	}
}

// Of a listing that has been longer the end is known without another request.
func TestList_shorterThanBefore(t *testing.T) {
	t.Parallel()
	p := &pages{ids: many(60), most: 20}
	s := servicestest.Serve(t, p.answer)
	svc := open(t, s)
	for n, requests := range map[int]int{60: 4} {
		if got := servicestest.ListAll(t, svc, driver.StatusLive); len(got) != n || len(s.Requests()) != requests {
			t.Errorf("got %d keys in %d requests", len(got), len(s.Requests()))
		}
	}
	p.ids = many(19)
	before := len(s.Requests())
	if got := servicestest.ListAll(t, svc, driver.StatusLive); len(got) != 19 || len(s.Requests()) != before+1 {
		t.Errorf("got %d keys in %d requests", len(got), len(s.Requests())-before)
	}
}

// Whether a page that comes again may be cut off.
func TestList_cut(t *testing.T) {
	t.Parallel()
	for n, cut := range map[int]bool{49: false, 50: true, 99: false, 100: true, 120: false} {
		svc := open(t, servicestest.Serve(t, (&pages{ids: many(n), deaf: true}).answer))
		first, err1 := svc.List(context.Background(), driver.Query{})
		second, err2 := svc.List(context.Background(), driver.Query{Cursor: first.Next})
		if err1 != nil || err2 != nil || second.MayHaveMore != cut || second.Next != "" {
			t.Errorf("%d: cut %t, next %v, %v, %v", n, second.MayHaveMore, second.Next, err1, err2)
		}
	}
}

// A key that goes between two pages moves the others up, so that one would never
// be seen; the listing must not end as if it were complete.
func TestList_rowsThatShift(t *testing.T) {
	t.Parallel()
	for name, gone := range map[string]int{"before the anchor": 10, "the anchor itself": 99} {
		p := &pages{ids: many(150), most: 100, after: func(p *pages, page int) {
			if page == 1 {
				p.ids = slices.Delete(p.ids, gone, gone+1)
			}
		}}
		svc := open(t, servicestest.Serve(t, p.answer))
		page, err := svc.List(context.Background(), driver.Query{})
		if err != nil || page.Next == "" || page.Total != -1 {
			t.Fatalf("got %+v, %v", page, err)
		}
		_, err = svc.List(context.Background(), driver.Query{Cursor: page.Next})
		if e := servicestest.Failure(t, err); e.Kind != driver.KindMalformed || e.Code != "listing_shifted" {
			t.Errorf("%s: got %#v", name, e)
		}
	}
}

// A key that appears before the rows still to come hides none of them.
func TestList_rowsThatAreInserted(t *testing.T) {
	t.Parallel()
	for _, n := range []int{150, 198, 199, 200, 250, 400} {
		for _, made := range []int{1, 2, 50} {
			p := &pages{ids: many(n), most: 100, after: func(p *pages, page int) {
				if page == 1 {
					for i := range made {
						p.ids = slices.Insert(p.ids, 0, fmt.Sprint("key_new", i))
					}
				}
			}}
			got := ids(servicestest.ListAll(t, open(t, servicestest.Serve(t, p.answer)), driver.StatusAll))
			for _, id := range many(n) {
				if !slices.Contains(got, id) {
					t.Fatalf("%d keys, %d made meanwhile: of those that were there %s is missing", n, made, id)
				}
			}
		}
	}
}

func TestList_oddShapes(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`null`, `{}`, `{"data": []}`, `["k"]`, `[{"name": "nobody"}]`, `[{"id": "k"}, {"id": true}]`, ``, `<html></html>`} {
		_, err := open(t, servicestest.Always(t, servicestest.OK(body))).List(context.Background(), driver.Query{})
		if e := servicestest.Failure(t, err); e.Kind != driver.KindMalformed && e.Kind != driver.KindNotJSON {
			t.Errorf("%s: got %v", body, e)
		}
	}
}

func TestList_asksNothingInVain(t *testing.T) {
	t.Parallel()
	s := servicestest.Always(t, servicestest.OK(`[]`))
	if page, err := open(t, s).List(context.Background(), driver.Query{Status: driver.StatusInactive}); err != nil || len(page.Keys) > 0 {
		t.Errorf("revoked keys are forgotten, got %+v, %v", page, err)
	}
	for _, text := range []string{"x", "+1", "0:k", "-1:k", ":k", "01:k"} {
		_, err := open(t, s).List(context.Background(), driver.Query{Cursor: text})
		if e := servicestest.Failure(t, err); e.Effect != driver.EffectNone {
			t.Errorf("%s: got %v", text, e)
		}
	}
	if n := len(s.Requests()); n != 0 {
		t.Errorf("%d requests", n)
	}
}

func FuzzExpunctList(f *testing.F) {
	full, _ := json.Marshal(make([]api.Key, 50))
	f.Add(`[{"id": "key_1", "name": "a", "prefix": "pk_live_f8a...", "created_at": "2026-02-13T10:00:00Z", "last_used_at": null}]`, "")
	f.Add(`[{"id": "key_1"}, {"id": "key_2"}, {"id": "a:b c"}]`, "49:key_1")
	f.Add(string(full), "")
	f.Add(`null`, "1:")
	f.Add(`<html>`, ":")
	f.Fuzz(func(t *testing.T, body, at string) {
		page, err := servicestest.InMemory(t, Connect, map[string]string{"api_key": "k"}, servicestest.OK(body)).List(context.Background(), driver.Query{Cursor: at})
		if next := servicestest.CheckPage(t, page, err); next != "" && offset(next) <= offset(at) {
			t.Errorf("from %q to %q", at, next)
		}
	})
}

// Where the offset is not heeded and the page may be cut off, the keys on it are there,
// and none is called gone.
func TestList_offsetNotHeeded(t *testing.T) {
	t.Parallel()
	for n, proves := range map[int]bool{100: false, 50: false, 120: true, 30: true} {
		r := keyring.New(open(t, servicestest.Serve(t, (&pages{ids: many(n), deaf: true}).answer)), keyring.Options{})
		if _, found, err := r.Read(context.Background(), "key_0007", time.Time{}); err != nil || !found {
			t.Errorf("%d: found %t, %v", n, found, err)
		}
		_, found, err := r.Read(context.Background(), "nobody", time.Time{})
		if found || (err == nil) != proves {
			t.Errorf("%d: an unknown key: found %t, %v", n, found, err)
		}
		if keys, err := r.List(context.Background()); (err == nil) != proves || proves && len(keys) != n {
			t.Errorf("%d: %d keys, %v", n, len(keys), err)
		}
	}
}

// offset is the number that a cursor begins with.
func offset(cursor string) (n int) {
	_, _ = fmt.Sscanf(cursor, "%d", &n)
	return n
}
