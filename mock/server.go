package mock

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"sync"
	"time"
)

// server is one project: its configuration, its keys and its state. The package mock
// makes it and sets its exported fields, which are read only afterwards.
type server struct {
	env         string // "test" or "live"
	projectID   string
	secret      string
	publicToken string
	policy      policy

	crossOrgPasswords bool
	rateLimits        bool
	lockAfter         int           // zero: nobody is locked out
	customDomain      string        // the issuer of session_jwts; empty: Stytch's own
	allowedRedirects  []string      // nil: every web URL
	tokenLife         time.Duration // of a session_jwt; zero: five minutes
	remote            bool          // other machines may connect

	random randomness // its seed is set once; it guards the rest itself

	// mu guards everything below. Handlers hold it from end to end, which makes
	// each call atomic: that is the isolation a test can rely on.
	mu      sync.Mutex
	base    string         // the URL with which links begin
	keys    []publishedKey // newest first
	nextKey int            // which key of its keyring comes next
	db      store
}

// remembered bounds the outbox and the journal, so that a demonstration that
// runs for weeks does not grow without end.
const remembered = 10_000

// keepLast forgets the oldest tenth when there is too much to remember.
func keepLast[T any](list []T) []T {
	if len(list) > remembered {
		return slices.Clone(list[remembered/10:])
	}
	return list
}

const uuidForm = `[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`

// The forms of a project's id and secret.
var (
	projectForm = regexp.MustCompile(`^project-(test|live)-` + uuidForm + `$`)
	secretForm  = regexp.MustCompile(`^secret-(test|live)-[A-Za-z0-9_=-]{16,}$`)
)

// isWebURL reports whether a text is an http or https URL with a host.
func isWebURL(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User == nil && u.Fragment == ""
}

// redirectURLs returns the registered URLs, and whether any URL will do.
func (s *server) redirectURLs() (urls []string, open bool) {
	if s.allowedRedirects == nil {
		return []string{"http://localhost:3000/authenticate"}, true
	}
	return s.allowedRedirects, false
}

func (s *server) jwtLife() time.Duration {
	if s.tokenLife == 0 {
		return 5 * time.Minute
	}
	return s.tokenLife
}

func (s *server) issuer() string {
	if s.customDomain != "" {
		return s.customDomain
	}
	return "stytch.com/" + s.projectID
}

// newCall is a call that the project itself makes now. The lock must be held.
func (s *server) newCall() *call {
	return &call{server: s, now: time.Now().UTC().Truncate(time.Microsecond)}
}

// arrange runs do as the project itself, with the lock held. An error is a
// mistake of the test that calls, and panics with what Stytch would have said.
func (s *server) arrange(what string, do func(*call) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := do(s.newCall())
	var r *refusal
	switch {
	case err == nil:
	case errors.As(err, &r):
		panic(fmt.Sprintf("mock: %s: %s: %s", what, r.kind, r.message))
	default:
		panic(fmt.Sprintf("mock: %s: %v", what, err))
	}
}
