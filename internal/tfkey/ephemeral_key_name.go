package tfkey

import (
	"fmt"
	"strings"
	"time"
)

// The name of an ephemeral key at the service says until when it may live, in a form that the
// documentation promises: "<name> [ephemeral until <RFC 3339, UTC, seconds>]". A key of that
// form whose time has passed was not closed by its run.
const (
	expiryOpen  = " [ephemeral until "
	expiryClose = "]"
	expirySpan  = len(expiryOpen) + len(time.RFC3339) - len("07:00") + len(expiryClose)
)

// expiringName is the name of an ephemeral key.
func expiringName(name string, expires time.Time) string {
	return fmt.Sprintf("%s%s%s%s", name, expiryOpen, expires.UTC().Format(time.RFC3339), expiryClose)
}

// parseExpiringName reads exactly what expiringName writes.
func parseExpiringName(s string) (name string, expires time.Time, ok bool) {
	name, rest, ok := cutLast(s, expiryOpen)
	if !ok {
		return "", time.Time{}, false
	}
	stamp, ok := strings.CutSuffix(rest, expiryClose)
	expires, err := time.Parse(time.RFC3339, stamp)
	if !ok || err != nil || expiringName(name, expires) != s {
		return "", time.Time{}, false
	}
	return name, expires, true
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return "", "", false
	}
	return s[:i], s[i+len(sep):], true
}
