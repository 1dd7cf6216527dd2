package services

import "sync/atomic"

// PageSizes remembers how long the pages of one server are.
type PageSizes struct{ largest atomic.Int64 }

// Full reports whether no page so far was longer than this one, so that another may
// follow it. How many rows a server sends at most is documented reliably nowhere.
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
