package provider

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
)

// TestFaults: all faults of a service's settings are reported at once, and each once.
func TestFaults(t *testing.T) {
	t.Setenv("HOME", t.TempDir()) // without a credentials file of OnePin's CLI
	for name, test := range map[string]struct {
		service  string
		settings map[string]string
		command  map[string][]string
		want     []string // a part of each message, in the order of the settings
	}{
		"right":                      {"expunct", map[string]string{"api_key": "k"}, nil, nil},
		"one fault":                  {"expunct", map[string]string{"api_key": "k", "base_url": "http://example.com"}, nil, []string{"base_url"}},
		"credential and address":     {"expunct", map[string]string{"api_key": "a b", "base_url": "http://example.com"}, nil, []string{"api_key", "base_url"}},
		"no credential, and address": {"expunct", map[string]string{"base_url": "http://example.com"}, nil, []string{"base_url", "no credential is set"}},
		"three":                      {"pioneer", map[string]string{"api_key": "a b", "session_token": "c d", "base_url": "http://example.com"}, nil, []string{"api_key", "session_token", "base_url"}},
		"two credentials, and address": {"onepin", map[string]string{"token": "t", "base_url": "http://example.com"},
			map[string][]string{"token_command": {"print"}}, []string{"base_url", "both set"}},
	} {
		i := slices.IndexFunc(Services(), func(s services.Service) bool { return s.Key.Name == test.service })
		cfg := services.Config{Settings: map[string]string{}, Source: map[string]string{}, Lists: map[string][]string{}}
		maps.Copy(cfg.Lists, test.command)
		for _, setting := range Services()[i].Settings {
			cfg.Settings[setting.Name], cfg.Source[setting.Name] = setting.Resolve(test.settings[setting.Name], func(string) string { return "" })
		}
		got := faults(Services()[i], cfg)
		ok := len(got) == len(test.want)
		for j := 0; ok && j < len(got); j++ {
			ok = strings.Contains(text(got[j]), test.want[j])
		}
		if !ok {
			t.Errorf("%s: %v, want %q", name, got, test.want)
		}
	}
}

// text is a fault as a person reads it.
func text(e *driver.Error) string {
	for _, f := range e.Fields {
		return f.Message
	}
	return e.Message
}
