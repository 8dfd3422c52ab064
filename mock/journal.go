package mock

import (
	"slices"
	"time"

	"github.com/promptgrimoire/auth/mock/internal/core"
)

// Request is what the journal keeps of one request: enough to count and to
// explain, and nothing that could sign a person in. Bodies, queries and headers are
// not kept.
type Request struct {
	Method    string
	Endpoint  string // "POST /v1/b2b/sessions/authenticate"; empty if Stytch has no such endpoint
	Path      string // as sent, escaped, without the query
	Status    int    // zero if there was no answer
	ErrorType string // Stytch's error_type; empty on success
	RequestID string
	Faulted   bool // a fault rule applied
	At        time.Time
}

// Journal returns the requests so far, oldest first: at most the last 10,000.
func (s *Stytch) Journal() []Request {
	s.configure()
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.journal)
}

func (s *Stytch) note(entry Request) {
	entry.At = time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.journal = core.KeepLast(append(s.journal, entry))
}
