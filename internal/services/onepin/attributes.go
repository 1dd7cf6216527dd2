package onepin

import (
	"fmt"
	"slices"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/oapi-codegen/nullable"
)

// The names of OnePin's own attributes of a key, as its API reference has them.
const (
	scopes      = "scopes"
	rateLimit   = "rate_limit_per_min"
	active      = "active"
	keyType     = "key_type"
	workspaceID = "workspace_id"
	createdBy   = "created_by"
	keyPrefix   = "key_prefix"
	keySuffix   = "key_suffix"
	preview     = "preview"
	updatedAt   = "updated_at"
)

// kinds are the kinds of their values, for [services.Row.Attributes].
var kinds = map[string]any{
	scopes: []string(nil), rateLimit: int64(0), active: false, keyType: "", workspaceID: "",
	createdBy: "", keyPrefix: "", keySuffix: "", preview: "", updatedAt: time.Time{},
}

// outgoing are attributes as requests have them; what is not set is not sent.
type outgoing struct {
	scopes    *[]string
	rateLimit nullable.Nullable[int64]
	active    *bool
	keyType   *string
}

// expand turns attributes into their wire form. Scopes carry no order, so theirs
// is always the same; unknown ones are the service's to refuse. A rate limit of
// nil is sent as null.
func expand(attributes driver.Attributes) (o outgoing, err error) {
	for name, value := range attributes {
		var ok bool
		switch name {
		case scopes:
			var list []string
			list, ok = value.([]string)
			list = append([]string{}, list...)
			slices.Sort(list)
			o.scopes = &list
		case rateLimit:
			var n int64
			if n, ok = value.(int64); ok {
				o.rateLimit.Set(n)
			} else if ok = value == nil; ok {
				o.rateLimit.SetNull()
			}
		case active:
			var on bool
			on, ok = value.(bool)
			o.active = &on
		case keyType:
			var kind string
			kind, ok = value.(string)
			o.keyType = &kind
		}
		if !ok {
			return outgoing{}, fmt.Errorf("%s cannot be set to %v", name, value)
		}
	}
	return o, nil
}
