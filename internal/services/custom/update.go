package custom

import (
	"context"
	"maps"
	"slices"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
)

// Update implements driver.Updater.
func (s withUpdate) Update(ctx context.Context, id string, changes driver.Changes) (driver.Key, error) {
	c := *s.d.Update
	body := map[string]any{}
	if err := addArguments(body, changes.Attributes); err != nil {
		return driver.Key{}, s.conn.Reject(services.Update, err.Error())
	}
	if c.Arguments != nil { // the others have not changed
		maps.DeleteFunc(body, func(name string, _ any) bool { return !slices.Contains(c.Arguments, name) })
	}
	if changes.Name != nil {
		c.Name.set(body, *changes.Name)
	}
	answer, _, err := s.send(ctx, services.Update, c.Call, id, body, c.Encoding)
	if err != nil {
		return driver.Key{}, err
	}
	return s.readAfterUpdate(ctx, answer)
}

// readAfterUpdate reads the key with the declared get call, else from the listing.
func (s *service) readAfterUpdate(ctx context.Context, answer *services.Answer) (driver.Key, error) {
	id := answer.ID
	if s.d.Get != nil {
		return withGet{s}.Get(ctx, id)
	}
	query := driver.Query{}
	for seen := 0; seen < driver.MaxListed; {
		page, err := s.List(ctx, query)
		if err != nil {
			return driver.Key{}, err
		}
		if i := slices.IndexFunc(page.Keys, func(k driver.Key) bool { return k.ID == id }); i >= 0 {
			return page.Keys[i], nil
		}
		if query.Cursor = page.Next; page.Next == "" {
			break
		}
		seen += max(len(page.Keys), 1)
	}
	return driver.Key{}, answer.BadResponse("the key was changed, but the listing does not show it")
}
