package pioneer

import (
	"strings"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// lastDigits is the field that shows the end of a value, on servers since 2026-07-15.
const lastDigits = "api_key_last_digits"

// The names of Pioneer's own attributes of a key.
const (
	teamID       = "team_id"
	expiresAt    = driver.FieldExpiresAt
	usageTokens  = "usage_tokens"
	usageCost    = "usage_cost"
	requestCount = "request_count"
)

// kinds are the kinds of their values, for [services.Row.Attributes].
var kinds = map[string]any{teamID: "", expiresAt: time.Time{}, usageTokens: int64(0), usageCost: 0.0, requestCount: int64(0)}

// filling are the characters that stand for the hidden part of a value.
const filling = ".*•…"

// hint reads a masked value, such as pio_sk_ab12…9f8e. How values are masked, and
// in which field, is not documented: the field that shows most counts, without the
// characters in place of the hidden part.
func hint(masked ...string) driver.Hint {
	var best driver.Hint
	for _, text := range masked {
		h := driver.Hint{Prefix: text}
		if first := strings.IndexAny(text, filling); first >= 0 {
			h = driver.Hint{Prefix: text[:first], Suffix: ending(text)}
		}
		if len(h.Prefix)+len(h.Suffix) > len(best.Prefix)+len(best.Suffix) {
			best = h
		}
	}
	return best
}

// ending is the end of a value, without the characters in place of the hidden part.
func ending(text string) string {
	text = strings.TrimSpace(text)
	return strings.TrimLeft(text[max(0, strings.LastIndexAny(text, filling)):], filling)
}
