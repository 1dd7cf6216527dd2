package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/campaign/check"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// revokeNamed is a person who revokes the keys that an error names and the state does not have.
func (t *faultRun) revokeNamed(errs []string) {
	for _, k := range t.Store.Live() {
		if _, held := t.Held()[k.ID]; !held && strings.Contains(strings.Join(errs, "\n"), k.ID) {
			_ = t.Store.Revoke(k.ID) // it lives
		}
	}
}

// assess looks at what the disturbed command came to, before anything heals.
func (t *faultRun) assess(o *outcome, errs []string, took time.Duration, log []simulator.Exchange) {
	if n := len(log); n > mostRequests {
		o.Endless = append(o.Endless, fmt.Sprintf("%d requests", n))
	}
	if t.disturbance.heals && t.struck() && len(errs) > 0 {
		o.Failed = append(o.Failed, errs[0])
	}
	made := slices.ContainsFunc(log, func(e simulator.Exchange) bool { return e.Made != "" })
	if !t.disturbance.refusal || made {
		return
	}
	if took > mostWait {
		o.Doubted = append(o.Doubted, fmt.Sprintf("waited for %s", took))
	}
	for id := range t.Held() {
		if _, ok := keyring.ParseCreateWindow(id); ok {
			o.Doubted = append(o.Doubted, "the state holds "+id)
		}
	}
}

// check holds what is there after the last apply, whose errors are given, against
// the ledger.
func (t *faultRun) check(o *outcome, errs []string) {
	if len(errs) > 0 {
		o.Lost = append(o.Lost, "the clean apply fails: "+errs[0])
	} else {
		p := t.Plan(t.target())
		t.shown = append(t.shown, p.Diagnostics...)
		if !p.Empty() {
			o.Lost = append(o.Lost, fmt.Sprintf("the plan after the clean apply is not empty: %v %v", p.Actions, p.Diagnostics.Errors()))
		}
	}
	o.Verdict = check.Of(check.Case{
		Ledger: t.Store.Ledger(), Log: t.Store.Log(), Held: t.Held(), Adopted: t.adopted, Covered: t.covered,
	})
	o.Lost = append(o.Lost, t.values(len(errs) > 0)...)
	o.Leaks = t.leaks()
	if n := t.server.Strays(); n > 0 {
		o.Broken = append(o.Broken, fmt.Sprintf("%d requests followed a redirect to another origin", n))
	}
}
