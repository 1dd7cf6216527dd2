package process

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

// held are the ids that instances hold.
func held(all []instance) []string {
	var ids []string
	for _, i := range all {
		ids = append(ids, i.Attributes.ID)
		for _, old := range i.Attributes.Retiring {
			ids = append(ids, old.ID)
		}
	}
	return ids
}

// holds reports whether the state holds a key. While it is being written, it
// holds nothing that anybody can see.
func (s *fixture) holds(id string) bool {
	all, err := instances(filepath.Join(s.work, stateName))
	return err == nil && slices.Contains(held(all), id)
}

// verdict is what is wrong after an undisturbed apply.
type verdict struct {
	orphans  []simulator.Record // live, made by the provider, held by nobody
	wrong    []string           // what the state says and is not so
	foreign  []string           // keys of others that the provider has revoked
	canaries []string           // secrets where they must not be
}

// check compares the ledger, the state and what has been written.
func (s *fixture) check() (verdict, error) {
	var v verdict
	all, err := instances(filepath.Join(s.work, stateName))
	if err != nil {
		return v, err
	}
	ids := held(all)
	for _, r := range s.mine() {
		if !slices.Contains(ids, r.ID) {
			v.orphans = append(v.orphans, r)
		}
	}
	for _, id := range ids {
		if r, found := s.store.Get(id); !found || !r.Live() {
			v.wrong = append(v.wrong, "the state holds "+id+", which is not alive")
		}
	}
	if len(all) != 1 || all[0].Status != "" || all[0].Deposed != "" {
		v.wrong = append(v.wrong, fmt.Sprintf("the state holds %d objects instead of a sound one", len(all)))
	}
	for _, i := range all {
		if r, found := s.store.Get(i.Attributes.ID); found && !s.right(i, r) {
			v.wrong = append(v.wrong, "the state holds another value than that of "+r.ID)
		}
	}
	for _, r := range s.store.Ledger() {
		if r.CreatedBy == simulator.Outside && r.RevokedBy == simulator.Admin && !s.lost[r.ID] {
			s.lost[r.ID] = true // and reported once
			v.foreign = append(v.foreign, fmt.Sprintf("%s, %q", r.ID, r.Name))
		}
	}
	return v, nil
}

// right reports whether an instance has a key's value as it was asked to keep it.
func (s *fixture) right(i instance, r simulator.Record) bool {
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

// search looks for secrets in what a command has printed and in all files, and
// removes the logs. Only values that the configuration wants in the state may
// stand there, as they are.
func (s *fixture) search(printed []byte) ([]string, error) {
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
		minted := h.Secret >= 2 // after the credential and the identity
		return s.storage == "" && minted && h.Form == "plain" && (strings.HasPrefix(h.Where, stateName) || strings.HasPrefix(h.Where, planName+"!"))
	})
	var all []string
	for _, h := range slices.Concat(hits, logged, saved) {
		all = append(all, h.String())
	}
	return all, nil
}

// planName is the file of saved plans.
const planName = "next.tfplan"
