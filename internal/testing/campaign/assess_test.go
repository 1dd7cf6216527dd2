package campaign

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/seal"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/campaign/scan"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// The most that a command needs.
const (
	mostRequests = 300             // with several pages, while a key is searched for
	mostWait     = 5 * time.Second // for an answer that says that nothing was done
)

// revokeNamed is a person who revokes the keys that an error names and the state does not have.
func (t *run) revokeNamed(errs []string) {
	for _, k := range t.Store.Live() {
		if _, held := t.Held()[k.ID]; !held && strings.Contains(strings.Join(errs, "\n"), k.ID) {
			_ = t.Store.Revoke(k.ID) // it lives
		}
	}
}

// assess checks the disturbed command, before the next one heals anything.
func (t *run) assess(found findings, errs []string, took time.Duration, log []simulator.Exchange) {
	if n := len(log); n > mostRequests {
		found.add(endless, "%d requests", n)
	}
	leavesOpen := slices.ContainsFunc(log, func(e simulator.Exchange) bool { // a 5xx on these does
		return e.Fault == simulator.FaultStatus && (e.Operation == simulator.OpCreate || e.Operation == simulator.OpRotate)
	})
	if t.disturbance.heals && !leavesOpen && t.struck() && len(errs) > 0 {
		found.add(wrongFailed, "%s", errs[0])
	}
	made := slices.ContainsFunc(log, func(e simulator.Exchange) bool { return e.Made != "" })
	if !t.disturbance.refusal || made {
		return
	}
	if took > mostWait {
		found.add(doubted, "waited for %s", took)
	}
	for id := range t.Held() {
		if _, ok := keyring.ParseCreateWindow(id); ok {
			found.add(doubted, "the state holds %s", id)
		}
	}
}

// check compares the ledger with what there is after the last apply, whose errors are
// given.
func (t *run) check(found findings, errs []string) {
	if len(errs) > 0 {
		found.add(lost, "the clean apply fails: %s", errs[0])
	} else {
		p := t.Plan(t.target())
		t.shown = append(t.shown, p.Diagnostics...)
		if !p.Empty() {
			found.add(lost, "the plan after the clean apply is not empty: %v %v", p.Actions, p.Diagnostics.Errors())
		}
	}
	maps.Copy(found, checkLedger(ledgerCase{ledger: t.Store.Ledger(), log: t.Store.Log(), held: t.Held(), adopted: t.adopted, windows: t.windows}))
	t.checkValues(found, len(errs) > 0)
	t.checkSecrets(found)
	if n := t.server.Strays(); n > 0 {
		found.add(broken, "%d requests followed a redirect to another origin", n)
	}
}

// checkValues compares the state with the ledger: every configured key is there, lives,
// and has the value that the service has created. After a failed apply the state may
// lack keys.
func (t *run) checkValues(found findings, failed bool) {
	config := t.target()
	for _, at := range slices.Sorted(maps.Keys(config)) {
		i := t.State[at]
		if i == nil {
			if !failed {
				found.add(lost, "%s is configured and not in the state", at)
			}
			continue
		}
		k, ok := t.Store.Get(i.ID())
		switch {
		case !ok || !k.Live():
			if !failed {
				found.add(lost, "%s holds %s, which does not live", at, i.ID())
			}
		case !t.adopted[k.ID] && !t.hasValue(i, config[at], k):
			found.add(lost, "%s holds another value than the ledger has for %s", at, i.ID())
		}
	}
	for at := range t.State {
		if _, wanted := config[at]; !wanted && !failed {
			found.add(lost, "%s is in the state and was to be destroyed", at)
		}
	}
}

// hasValue reports whether the right value is where the configuration wants it.
func (t *run) hasValue(i *protocol.Instance, block protocol.Block, k simulator.Record) bool {
	plain, armored := i.Attribute("key"), i.Attribute("encrypted_key")
	switch {
	case block.Attributes["store_key"] == false:
		return plain == nil && armored == nil
	case block.Attributes["encrypt_to"] != nil:
		text, _ := armored.(string)
		opened, err := seal.Decrypt(text, []string{t.reader.String()})
		return err == nil && opened == k.Value && plain == nil
	default:
		return plain == k.Value && armored == nil
	}
}

// checkSecrets searches messages, and the state but for the attributes that are for
// values, for values and credentials.
func (t *run) checkSecrets(found findings) {
	secrets := []string{t.Store.Admin()}
	for _, k := range t.Store.Ledger() {
		if k.CreatedBy == simulator.Admin {
			secrets = append(secrets, k.Value)
		}
	}
	scanner := scan.New(secrets...)
	search := func(where string, data []byte) {
		for _, hit := range scanner.Find(data) {
			found.add(leaked, "%s: %s", where, hit)
		}
	}
	search("diagnostics", []byte(t.shown.String()))
	for at, i := range t.State {
		for _, o := range append([]*protocol.Instance{i}, i.Deposed...) {
			search(at+", private state", o.Private())
			shown := o.Attributes()
			delete(shown, "key")
			search(at+", attributes", fmt.Append(nil, shown))
		}
	}
}
