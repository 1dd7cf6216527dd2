package keyring

// WithDefaults returns the options as New completes them.
func (o Options) WithDefaults() Options { return o.withDefaults() }
