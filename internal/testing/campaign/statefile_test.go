package campaign

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/seal"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/campaign/scan"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// instance is what the state holds of one object.
type instance struct {
	Deposed    string `json:"deposed"`
	Status     string `json:"status"` // "tainted" or ""
	Attributes struct {
		ID       string  `json:"id"`
		Key      *string `json:"key"`
		Sealed   *string `json:"encrypted_key"`
		Retiring []struct {
			ID string `json:"id"`
		} `json:"retiring"`
	} `json:"attributes"`
}

// instances are what a state file holds; nothing if there is none.
func instances(name string) ([]instance, error) {
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(text) == 0 { // Terraform locks the file before it writes
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var state struct {
		Resources []struct {
			Instances []instance `json:"instances"`
		} `json:"resources"`
	}
	if err := json.Unmarshal(text, &state); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(name), err)
	}
	var all []instance
	for _, r := range state.Resources {
		all = append(all, r.Instances...)
	}
	return all, nil
}

// heldIDs are the ids that instances hold.
func heldIDs(all []instance) []string {
	var ids []string
	for _, i := range all {
		ids = append(ids, i.Attributes.ID)
		for _, old := range i.Attributes.Retiring {
			ids = append(ids, old.ID)
		}
	}
	return ids
}

// holds reports whether the state holds a key. While it is being written, it holds
// nothing that anybody can see.
func (s *stage) holds(id string) bool {
	all, err := instances(filepath.Join(s.work, stateName))
	return err == nil && slices.Contains(heldIDs(all), id)
}

// check compares the ledger with the state after an undisturbed apply. orphans are live
// keys that were created by the provider and that the state does not have.
func (s *stage) check() (orphans []simulator.Record, found findings, err error) {
	found = findings{}
	all, err := instances(filepath.Join(s.work, stateName))
	if err != nil {
		return nil, nil, err
	}
	ids := heldIDs(all)
	for _, r := range s.mine() {
		if !slices.Contains(ids, r.ID) {
			orphans = append(orphans, r)
		}
	}
	for _, id := range ids {
		if r, ok := s.store.Get(id); !ok || !r.Live() {
			found.add(lost, "the state holds %s, which is not alive", id)
		}
	}
	if len(all) != 1 || all[0].Status != "" || all[0].Deposed != "" {
		found.add(lost, "the state has %d objects instead of one that is neither tainted nor deposed", len(all))
	}
	for _, i := range all {
		if r, ok := s.store.Get(i.Attributes.ID); ok && !s.hasValue(i, r) {
			found.add(lost, "the state holds another value than that of %s", r.ID)
		}
	}
	for _, r := range s.store.Ledger() {
		if r.CreatedBy == simulator.Outside && r.RevokedBy == simulator.Admin && !s.reported[r.ID] {
			s.reported[r.ID] = true
			found.add(foreign, "%s, %q", r.ID, r.Name)
		}
	}
	return orphans, found, nil
}

// hasValue reports whether an instance has a key's value where the configuration wants it.
func (s *stage) hasValue(i instance, r simulator.Record) bool {
	a := i.Attributes
	switch {
	case s.storage == "":
		return a.Key != nil && *a.Key == r.Value
	case strings.HasPrefix(s.storage, "encrypt_to"):
		if a.Key != nil || a.Sealed == nil {
			return false
		}
		value, err := seal.Decrypt(*a.Sealed, []string{s.identity.String()})
		return err == nil && value == r.Value
	default:
		return a.Key == nil && a.Sealed == nil
	}
}

// search searches what a command has printed, and all files, for secrets, and removes the
// logs. Only values that the configuration wants in the state may be there, in plain text.
func (s *stage) search(printed []byte) ([]string, error) {
	ledger := s.store.Ledger()
	for _, r := range ledger[s.scanned:] {
		s.scanner.Add(r.Value)
	}
	s.scanned = len(ledger)
	hits := s.scanner.Find(printed)
	for i := range hits {
		hits[i].Where = "the screen"
	}
	logs, logged, err := s.scanner.Dir(s.logs)
	if err == nil && logs == 0 && !s.quiet {
		err = errors.New("nothing was logged, so that searching the log proves nothing")
	}
	_, saved, err2 := s.scanner.Dir(s.work)
	if err := errors.Join(err, err2, os.RemoveAll(s.logs), os.MkdirAll(s.logs, 0o700)); err != nil {
		return nil, err
	}
	saved = slices.DeleteFunc(saved, func(h scan.Hit) bool {
		isValue := h.Secret >= 2 // after the credential and the identity
		return s.storage == "" && isValue && h.Form == "plain" && (strings.HasPrefix(h.Where, stateName) || strings.HasPrefix(h.Where, planName+"!"))
	})
	var all []string
	for _, h := range slices.Concat(hits, logged, saved) {
		all = append(all, h.String())
	}
	return all, nil
}

// mend replaces a state file that Terraform was killed over while it wrote it by its
// backup, as a person would.
func (s *stage) mend() (torn bool, err error) {
	name := filepath.Join(s.work, stateName)
	if _, err := instances(name); err == nil {
		return false, nil
	}
	if _, err := os.Stat(name + ".backup"); err != nil {
		return true, os.Remove(name)
	}
	return true, os.Rename(name+".backup", name)
}
