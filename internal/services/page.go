package services

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"sync/atomic"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// ReadPage reads the keys of a listing's page from an array in an answer, one after
// the other: what the rows take up in memory is several times what is kept of them,
// so they must not be there all at once. Total is -1 in what it returns.
func ReadPage(c Call, resp *http.Response, array json.RawMessage, flatten func(*Row) (driver.Key, error)) (driver.Page, error) {
	rows := json.NewDecoder(bytes.NewReader(array))
	if begin, err := rows.Token(); err != nil || begin != json.Delim('[') {
		return driver.Page{}, c.Unusable(resp, "the answer holds no list of keys")
	}
	page := driver.Page{Total: -1, Bytes: len(array)}
	for rows.More() {
		if len(page.Keys) == driver.MaxListed {
			return driver.Page{}, driver.TooLong(fmt.Sprintf("it has more than %d keys on one page", driver.MaxListed))
		}
		var row Row
		if err := rows.Decode(&row); err != nil {
			return driver.Page{}, c.undecoded(resp, array, err)
		}
		key, err := flatten(&row)
		if err != nil {
			return driver.Page{}, c.Unusable(resp, fmt.Sprintf("key %d of a page of the listing: %v", len(page.Keys)+1, err))
		}
		page.Keys = append(page.Keys, key)
	}
	return page, nil
}

// PageSizes remembers how long the pages of one server are. It knows none at first.
type PageSizes struct{ largest atomic.Int64 }

// Full reports whether no page was longer than one of so many rows, so that another
// may follow it: how many rows a server sends at most is only known from what it has
// sent.
func (s *PageSizes) Full(rows int) bool {
	for {
		largest := s.largest.Load()
		if int64(rows) < largest {
			return false
		}
		if s.largest.CompareAndSwap(largest, int64(rows)) {
			return rows > 0
		}
	}
}
