package keyring

// WithDefaults returns the options as New completes them.
func (o Options) WithDefaults() Options { return o.withDefaults() }

// Journal is how many own writes the Ring keeps for listings under way.
func (r *Ring) Journal() int {
	r.dir.mu.Lock()
	defer r.dir.mu.Unlock()
	return len(r.dir.journal)
}
