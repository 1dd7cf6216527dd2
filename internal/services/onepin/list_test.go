package onepin

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/servicestest"
)

// fakeListing is a listing as the API reference has it, and as it might be.
type fakeListing struct {
	total   int
	most    int // greatest page; 0 means 100
	noTotal bool
	next    func(offset int) string // nil: "null" at the end, else a link as documented
	grow    int                     // keys that appear after the first page
	claim   int                     // what the total is said to be, if not what it is
	silent  bool                    // next is missing
}

func (s *fakeListing) answer(r servicestest.Request) servicestest.Answer {
	offset, _ := strconv.Atoi(r.Query.Get("offset"))
	limit, _ := strconv.Atoi(r.Query.Get("limit"))
	if s.most > 0 {
		limit = min(limit, s.most)
	}
	if offset > 0 {
		s.total += s.grow
		s.grow = 0
	}
	var rows []string
	for i := offset; i < min(offset+limit, s.total); i++ {
		rows = append(rows, fmt.Sprintf(`{"id": "%04d", "name": "n", "revoked_at": "null"}`, i))
	}
	link := "null"
	if end := offset + limit; end < s.total {
		link = fmt.Sprintf(`"http://%s/api/v1/api-keys?offset=%d"`, r.Header.Get("X-Test-Host"), end)
		if s.next != nil {
			link = strconv.Quote(s.next(end))
		}
	}
	total := strconv.Itoa(cmp.Or(s.claim, s.total))
	if s.noTotal {
		total = "null"
	}
	if link = `"next": ` + link + `, `; s.silent {
		link = ""
	}
	return servicestest.OK(fmt.Sprintf(`{"data": [%s], "pagination": {"limit": %d, "total": %s, %s"prev": null}, "meta": {}}`,
		strings.Join(rows, ","), limit, total, link))
}

// serve makes links absolute, to the server's own address.
func (s *fakeListing) serve(t *testing.T) *servicestest.Server {
	t.Helper()
	var server *servicestest.Server
	server = servicestest.Serve(t, func(r servicestest.Request) servicestest.Answer {
		address, _ := url.Parse(server.URL)
		r.Header.Set("X-Test-Host", address.Host)
		return s.answer(r)
	})
	return server
}

func TestList_everyWayOfPaging(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		listing  fakeListing
		requests int
	}{
		{fakeListing{total: 0}, 1},
		{fakeListing{total: 100}, 1},
		{fakeListing{total: 101}, 2},
		{fakeListing{total: 250}, 3},
		{fakeListing{total: 250, most: 50}, 6},
		{fakeListing{total: 250, noTotal: true}, 3},
		{fakeListing{total: 250, grow: 60}, 4},  // the last page by the total is full, and says that there is more
		{fakeListing{total: 3, claim: 1000}, 2}, // the total contradicts that there is no next page
		{fakeListing{total: 3, claim: 1e10, silent: true}, 2},
		{fakeListing{total: 250, claim: 1e10}, 3}, // the last page is shorter than the others
		{fakeListing{total: 250, claim: 7}, 3},
		{fakeListing{total: 250, noTotal: true, silent: true}, 3}, // the last page is shorter than the others
		{fakeListing{total: 200, noTotal: true, silent: true}, 3},
		{fakeListing{total: 45, most: 20, noTotal: true, silent: true}, 3},
		{fakeListing{total: 40, most: 20, noTotal: true, silent: true}, 3},
		{fakeListing{total: 3, noTotal: true, silent: true}, 2},
		{fakeListing{total: 120, next: func(end int) string { return fmt.Sprintf("?offset=%d", end) }}, 2},
	} {
		s := c.listing.serve(t)
		keys := servicestest.ListAll(t, dial(t, s, nil), driver.StatusLive)
		if len(keys) != c.listing.total {
			t.Errorf("%+v: got %d keys", c.listing, len(keys))
		}
		if n := len(s.Requests()); n != c.requests {
			t.Errorf("%+v: %d requests", c.listing, n)
		}
	}
}

func TestList_status(t *testing.T) {
	t.Parallel()
	for status, want := range map[driver.Status]string{
		driver.StatusLive: "active", driver.StatusActive: "active", driver.StatusInactive: "revoked", driver.StatusAll: "all",
	} {
		s := servicestest.Always(t, servicestest.OK(`{"data": [{"id": "k", "name": "n", "active": false, "revoked_at": "2024-05-01T00:00:00Z"}], "pagination": {"total": 1}}`))
		page, err := dial(t, s, nil).List(context.Background(), driver.Query{Status: status})
		if err != nil || len(page.Keys) != 1 || page.Keys[0].Live() {
			t.Errorf("%q: every row is kept, got %+v, %v", status, page, err)
		}
		if got := s.Only(t).Query.Encode(); got != "limit=100&offset=0&status="+want {
			t.Errorf("%q: asked %s", status, got)
		}
	}
}

func TestList_refusesLinksToElsewhere(t *testing.T) {
	t.Parallel()
	for _, link := range []string{"https://evil.example/api/v1/api-keys?offset=100", "http://127.0.0.1:1/api/v1/api-keys", "//evil.example/x"} {
		listing := fakeListing{total: 250, next: func(int) string { return link }}
		s := listing.serve(t)
		_, err := dial(t, s, nil).List(context.Background(), driver.Query{})
		if e := servicestest.Failure(t, err); e.Kind != driver.KindMalformed || !strings.Contains(e.Message, "link") {
			t.Errorf("%s: got %v", link, e)
		}
		s.Only(t)
	}
}

func TestList_oddShapes(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"pagination": {"total": 0}}`, `{"data": null, "pagination": {"total": 0}}`, `[]`, `null`, `{}`, ``, `<html></html>`,
		`{"data": [{"name": "n"}]}`, `{"data": [{"id": "k"}, {"id": null}]}`, `{"data": {}}`, `{"data": [7]}`,
	} {
		_, err := dial(t, servicestest.Always(t, servicestest.OK(body)), nil).List(context.Background(), driver.Query{})
		if e := servicestest.Failure(t, err); e.Kind != driver.KindMalformed && e.Kind != driver.KindNotJSON {
			t.Errorf("%s: got %v", body, e)
		}
	}
}

// A page that comes shorter than others, but names a next one, is not the last.
func TestList_shortPage(t *testing.T) {
	t.Parallel()
	listing := fakeListing{total: 250}
	s := servicestest.Serve(t, func(r servicestest.Request) servicestest.Answer {
		if r.Query.Get("offset") == "99" {
			r.Query.Set("limit", "30")
		}
		r.Header.Set("X-Test-Host", "localhost")
		return listing.answer(r)
	})
	listing.next = func(end int) string { return fmt.Sprintf("?offset=%d", end) }
	if keys := servicestest.ListAll(t, dial(t, s, nil), driver.StatusLive); len(keys) != 250 {
		t.Errorf("got %d keys", len(keys))
	}
	if n := len(s.Requests()); n != 4 {
		t.Errorf("%d requests", n)
	}
}

// What an odd record has beside its id is read as far as possible.
func TestList_oddRecords(t *testing.T) {
	t.Parallel()
	body := `{"data": [{"id": 7, "name": "n", "created_at": 1770976800, "last_used_at": "2026-02-13", "active": "yes"},
		{"id": "k", "revoked_at": "at some time"}, {"id": "k2", "name": {"first": "x"}}], "pagination": {"total": "many", "next": null}}`
	page, err := dial(t, servicestest.Always(t, servicestest.OK(body)), nil).List(context.Background(), driver.Query{})
	if err != nil || len(page.Keys) != 3 || page.Next != "" || page.Total != -1 {
		t.Fatalf("got %+v, %v", page, err)
	}
	for i, want := range []string{"active", "revoked_at", "name"} {
		if k := page.Keys[i]; len(k.Unreadable) != 1 || k.Unreadable[0] != want {
			t.Errorf("got %+v", k)
		}
	}
	if k := page.Keys[0]; k.ID != "7" || k.CreatedAt.Unix() != 1770976800 || k.Disabled {
		t.Errorf("got %+v", k)
	}
}

func FuzzOnePinList(f *testing.F) {
	f.Add(`{"data": [{"id": "k", "name": "n", "revoked_at": "null", "rate_limit_per_min": null}], "pagination": {"limit": 100, "total": 250, "next": "/x"}}`, "")
	f.Add(`{"data": [{"id": "k"}], "pagination": {"next": "http://onepin.invalid/y"}}`, "99:k")
	f.Add(`{"data": [], "pagination": {"total": -1}}`, "100:")
	f.Add(`{"data": null}`, "+")
	f.Add(`<html>`, "0")
	f.Fuzz(func(t *testing.T, body, at string) {
		page, err := servicestest.InMemory(t, Connect, map[string]string{"token": "op_live_k"}, servicestest.OK(body)).List(context.Background(), driver.Query{Cursor: at})
		if next := servicestest.CheckPage(t, page, err); next != "" && offset(next) <= offset(at) {
			t.Fatalf("from %q to %q", at, next)
		}
	})
}

// offset is the number that a cursor begins with.
func offset(cursor string) (n int) {
	_, _ = fmt.Sscanf(cursor, "%d", &n)
	return n
}
