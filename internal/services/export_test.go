package services

import "time"

// Expiry is when a token expires.
var Expiry = expiry

// NewBearer is a bearer that a program prints, within a limit.
func NewBearer(command []string, limit time.Duration) *Bearer {
	return &Bearer{command: command, limit: limit, Now: time.Now}
}
