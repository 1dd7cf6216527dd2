package simulator_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// tolerances are the oddities that every service may have.
func tolerances(t *testing.T, s Service) {
	c, store, _ := s.start(t)
	set := func(q simulator.Quirks) { store.Quirk(q) }

	set(simulator.Quirks{CreateOK: true})
	c.Do(http.StatusOK, s.Create("one"))
	set(simulator.Quirks{RevokeNoContent: true})
	c.Do(http.StatusNoContent, s.Revoke(store.Live()[0].ID))
	set(simulator.Quirks{UniqueNames: true})
	c.Do(http.StatusCreated, s.Create("two"))
	c.Do(http.StatusConflict, s.Create("two"))

	for _, test := range []struct {
		quirks  simulator.Quirks
		matches string
		absent  string
	}{
		{simulator.Quirks{}, `"last_used_at":null`, "added_later"},
		{simulator.Quirks{NullStrings: true}, `"last_used_at":"null"`, `_at":null`},
		{simulator.Quirks{OmitNulls: true}, `"created_at":"`, "last_used_at"},
		{simulator.Quirks{Times: simulator.TimesSeconds}, `"created_at":"[-0-9]+T\d\d:\d\d:\d\dZ"`, ""},
		{simulator.Quirks{Times: simulator.TimesMicros}, `"created_at":"[-0-9]+T\d\d:\d\d:\d\d\.\d{6}Z"`, ""},
		{simulator.Quirks{Times: simulator.TimesOffset}, `"created_at":"[^"]*\+00:00"`, ""},
		{simulator.Quirks{ExtraFields: true}, `"added_later":`, ""},
		{simulator.Quirks{NoCreatedAt: true}, `"name":"two"`, "created_at"},
		{simulator.Quirks{IDField: "identifier"}, `"identifier":"` + store.Live()[0].ID, ""},
	} {
		set(test.quirks)
		raw := c.Do(http.StatusOK, s.List()).Raw
		if !regexp.MustCompile(test.matches).MatchString(raw) {
			t.Errorf("%+v: the listing lacks %s: %s", test.quirks, test.matches, raw)
		}
		if test.absent != "" && strings.Contains(raw, test.absent) {
			t.Errorf("%+v: the listing has %s: %s", test.quirks, test.absent, raw)
		}
	}

	set(simulator.Quirks{})
	key := store.Mint("for requests")
	set(simulator.Quirks{OutOfCredit: true})
	c.Do(http.StatusPaymentRequired, s.List())
	set(simulator.Quirks{Forbidden: true})
	c.Do(http.StatusForbidden, s.Create("x"))
	c.As("nonsense").Do(http.StatusUnauthorized, s.List())
	set(simulator.Quirks{RequiredScope: "keys:write"})
	c.As(key.Value).Do(http.StatusForbidden, s.List())
	if err := store.Update(key.ID, func(r *simulator.Record) { r.Attributes["scopes"] = []string{"keys:write"} }); err != nil {
		t.Fatal(err)
	}
	c.As(key.Value).Do(http.StatusOK, s.List())
	if got := store.Quirks(); got != (simulator.Quirks{RequiredScope: "keys:write"}) {
		t.Errorf("the quirks are %+v", got)
	}
}

// shapes are the bodies of refusals, each on request.
func shapes(t *testing.T, s Service) {
	c, store, _ := s.start(t)
	blamesName := func(text string) bool { return strings.Contains(text, "name") }
	for shape, check := range map[simulator.Shape]func(a Answer) bool{
		simulator.ShapeMessage: func(a Answer) bool {
			return Text(a.JSON, "error") == "validation_error" && blamesName(Text(a.JSON, "message"))
		},
		simulator.ShapeDetail: func(a Answer) bool { return blamesName(Text(a.JSON, "detail")) },
		simulator.ShapeFields: func(a Answer) bool {
			return Text(a.JSON, "detail", 0, "loc", 0) == "body" && Text(a.JSON, "detail", 0, "loc", 1) == "name" && Text(a.JSON, "detail", 0, "msg") != ""
		},
		simulator.ShapeEnvelope: func(a Answer) bool {
			return Text(a.JSON, "error", "details", 0, "field") == "name" && Text(a.JSON, "error", "code") == "validation_error" &&
				Text(a.JSON, "meta", "request_id") == a.Header.Get("X-Request-Id")
		},
		simulator.ShapeHTML:  func(a Answer) bool { return strings.HasPrefix(a.Raw, "<") },
		simulator.ShapeEmpty: func(a Answer) bool { return a.Raw == "" },
	} {
		store.Quirk(simulator.Quirks{Errors: shape})
		if a := c.Do(http.StatusUnprocessableEntity, s.Create("")); !check(a) {
			t.Errorf("%s: the refusal is %s", shape, a.Raw)
		}
		if a := c.Do(http.StatusNotFound, s.Revoke("nobody")); shape == simulator.ShapeFields && Text(a.JSON, "detail") == "" {
			t.Errorf("%s: a refusal without fields is %s", shape, a.Raw)
		}
	}
}
