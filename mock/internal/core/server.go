package core

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/webhook"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// PublicTokenOf returns the public token of a project, which its id decides: a
// browser's configuration and the links in e-mails stay good when a project is
// started again under its id, or restored from a snapshot.
func PublicTokenOf(env, projectID string) string {
	b := sha256.Sum256([]byte("public token of " + projectID))
	b[6] = b[6]&0x0f | 0x40 // RFC 9562, version 4
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("public-token-%s-%x-%x-%x-%x-%x", env, b[0:4], b[4:6], b[6:8], b[8:10], b[10:16])
}

// Server is one project: its configuration, its keys and its state. The package mock
// makes it and sets its exported fields, which are read only afterwards.
type Server struct {
	Env         string // "test" or "live"
	ProjectID   string
	Secret      string
	PublicToken string
	Policy      wire.Policy

	CrossOrgPasswords bool
	RateLimits        bool
	LockAfter         int           // zero: no member is locked out
	CustomDomain      string        // the issuer of session_jwts; empty: Stytch's own
	CustomAudience    string        // what session_jwts name in aud besides the project; empty: nothing
	AllowedRedirects  []string      // nil: every web URL
	TokenLife         time.Duration // of a session_jwt; zero: five minutes
	Remote            bool          // other machines may connect

	Random   Randomness       // its seed is set once; it guards the rest itself
	Webhooks []*webhook.Queue // one for each endpoint; they guard themselves

	// Mu guards everything below. Handlers hold it from end to end, which makes
	// each call atomic: that is the isolation a test can rely on.
	Mu      sync.Mutex
	Base    string         // the URL with which links begin
	Keys    []PublishedKey // newest first
	nextKey int            // which key of its keyring comes next
	State   state.State
}

// remembered bounds the outbox and the journal, so that a demonstration that
// runs for weeks does not grow without end.
const remembered = 10_000

// KeepLast forgets the oldest tenth when there is too much to remember.
func KeepLast[T any](list []T) []T {
	if len(list) > remembered {
		return slices.Clone(list[remembered/10:])
	}
	return list
}

const uuidForm = `[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`

// IDForm is the form of the ids of a kind, "<kind>-<env>-<uuid>".
func IDForm(kind, env string) *regexp.Regexp {
	return regexp.MustCompile("^" + kind + "-" + env + "-" + uuidForm + "$")
}

// The forms of a project's id and secret.
var (
	ProjectForm = regexp.MustCompile(`^project-(test|live)-` + uuidForm + `$`)
	SecretForm  = regexp.MustCompile(`^secret-(test|live)-[A-Za-z0-9_=-]{16,}$`)
)

// redirectURLs returns the registered URLs, and whether any URL will do.
func (s *Server) redirectURLs() (urls []string, open bool) {
	if s.AllowedRedirects == nil {
		return []string{"http://localhost:3000/authenticate"}, true
	}
	return s.AllowedRedirects, false
}

// JWTLife is how long a session_jwt lasts.
func (s *Server) JWTLife() time.Duration {
	if s.TokenLife == 0 {
		return 5 * time.Minute
	}
	return s.TokenLife
}

func (s *Server) issuer() string {
	if s.CustomDomain != "" {
		return s.CustomDomain
	}
	return "stytch.com/" + s.ProjectID
}

// NewCall is a call that the project itself makes now. The lock must be held.
func (s *Server) NewCall() *Request {
	return &Request{Server: s, Now: time.Now().UTC().Truncate(time.Microsecond), Source: SourceDashboard}
}

// Arrange runs do as the project itself, with the lock held. An error is a
// mistake of the test that calls, and panics with what Stytch would have said.
func (s *Server) Arrange(what string, do func(*Request) error) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	c := s.NewCall()
	err := do(c)
	c.finish()
	var r *wire.APIError
	switch {
	case err == nil:
	case errors.As(err, &r):
		panic(fmt.Sprintf("mock: %s: %s: %s", what, r.Type, r.Message))
	default:
		panic(fmt.Sprintf("mock: %s: %v", what, err))
	}
}
