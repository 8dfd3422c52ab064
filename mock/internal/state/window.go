package state

import "time"

// Window counts the calls in one interval of a rate limit.
type Window struct {
	Start time.Time `json:"start"`
	Calls int       `json:"calls"`
}
