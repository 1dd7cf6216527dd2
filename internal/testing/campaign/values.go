package main

import (
	"fmt"
	"maps"
	"slices"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/seal"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/campaign/scan"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// values holds the state against the ledger: every configured key is there, lives,
// and its value is the one that the service gave out. A state that a failed apply
// has left may lack keys.
func (t *faultRun) values(failed bool) []string {
	var wrong []string
	config := t.target()
	for _, at := range slices.Sorted(maps.Keys(config)) {
		i := t.State[at]
		if i == nil {
			if !failed {
				wrong = append(wrong, at+" is configured and not in the state")
			}
			continue
		}
		k, found := t.Store.Get(i.ID())
		switch {
		case !found || !k.Live():
			if !failed {
				wrong = append(wrong, fmt.Sprintf("%s holds %s, which does not live", at, i.ID()))
			}
		case !t.adopted[k.ID] && !t.hasValue(i, config[at], k):
			wrong = append(wrong, fmt.Sprintf("%s holds another value than the ledger has for %s", at, i.ID()))
		}
	}
	for at := range t.State {
		if _, wanted := config[at]; !wanted && !failed {
			wrong = append(wrong, at+" is in the state and was to be destroyed")
		}
	}
	return wrong
}

// hasValue reports whether the value is where the configuration wants it, and right.
func (t *faultRun) hasValue(i *protocol.Instance, block protocol.Block, k simulator.Record) bool {
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

// leaks looks for values and credentials in what was said, and in what the state
// holds besides the attributes that are for them.
func (t *faultRun) leaks() []string {
	secrets := []string{t.Store.Admin()}
	for _, k := range t.Store.Ledger() {
		if k.CreatedBy == simulator.Admin {
			secrets = append(secrets, k.Value)
		}
	}
	scanner := scan.New(secrets...)
	var found []string
	look := func(where string, data []byte) {
		for _, hit := range scanner.Find(data) {
			found = append(found, fmt.Sprintf("%s: %s", where, hit))
		}
	}
	look("diagnostics", []byte(t.shown.String()))
	for at, i := range t.State {
		for _, o := range append([]*protocol.Instance{i}, i.Deposed...) {
			look(at+", private state", o.Private())
			shown := o.Attributes()
			delete(shown, "key")
			look(at+", attributes", fmt.Append(nil, shown))
		}
	}
	return found
}
