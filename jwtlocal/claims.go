package jwtlocal

import (
	"bytes"
	"hash/maphash"
	"slices"
	"sync/atomic"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/claims"
)

// rules are what the claims of a project's tokens must say. They are immutable.
type rules struct {
	project   string
	audiences []string // what aud may name besides the project
	issuers   []string
	// Prefixes of ids, which name their kind and environment ("member-test-…"). The
	// environment must be the project's, or a token of a test project could pass in a live
	// one.
	member, organization string
	sessions             []string // Stytch has written both forms
	leeway               time.Duration
	maxAge               time.Duration // zero: none
}

func newRules(projectID, environment, customURL string, c Config) rules {
	r := rules{
		project:      projectID,
		audiences:    slices.Clone(c.Audiences),
		issuers:      []string{"stytch.com/" + projectID},
		member:       "member-" + environment + "-",
		organization: "organization-" + environment + "-",
		sessions:     []string{"member-session-" + environment + "-", "session-" + environment + "-"},
		leeway:       c.leeway(),
		maxAge:       c.MaxAge,
	}
	if customURL != "" {
		r.issuers = append(r.issuers, customURL)
	}
	return r
}

// checkClaims checks everything about the claims that does not depend on the time of the
// check. Zero means that they are the claims of a session_jwt of this project.
func (r *rules) checkClaims(c *claims.Claims) Reason {
	switch {
	case !oneOf(c.Issuer, r.issuers):
		return ReasonIssuer
	case !r.acceptsAudience(c):
		return ReasonAudience
	}
	return r.checkKind(c)
}

// checkKind checks everything but the issuer and the audience.
func (r *rules) checkKind(c *claims.Claims) Reason {
	switch {
	case c.ClientID && c.Scope:
		return ReasonOtherToken // RFC 8725, 3.12
	case !c.HasSession || !hasForm(c.SessionID, r.sessions...):
		return ReasonSession
	case !c.HasOrganization || !hasForm(c.OrganizationID, r.organization):
		return ReasonOrganization
	case !hasForm(c.Subject, r.member):
		return ReasonSubject
	}
	return lifetime(c)
}

// lifetime checks that the times of a token do not contradict each other.
func lifetime(c *claims.Claims) Reason {
	life := c.Expires.Floor() - c.IssuedAt.Floor()
	switch {
	// A missing exp reads as 1970, so the life of the token is negative.
	case !c.IssuedAt.Present:
		return ReasonLifetime
	case life <= 0 || life > int64(maxLifetime/time.Second):
		return ReasonLifetime
	case c.NotBefore.Present && c.NotBefore.Ceil() > c.Expires.Floor():
		return ReasonLifetime
	case !c.EndsAt.IsZero() && c.EndsAt.Before(c.StartedAt):
		return ReasonLifetime
	}
	return 0
}

func oneOf(value []byte, allowed []string) bool {
	for _, a := range allowed {
		if string(value) == a {
			return true
		}
	}
	return false
}

// maxID bounds ids, which are kept in memory. Stytch's ids have about fifty bytes.
const maxID = 128

// hasForm reports whether id is one of the prefixes and at least one more character of the
// alphabet of Stytch's ids. The rest of an id has no structure that is checked.
func hasForm(id []byte, prefixes ...string) bool {
	for _, p := range prefixes {
		if !bytes.HasPrefix(id, []byte(p)) || len(id) == len(p) || len(id) > maxID {
			continue
		}
		for _, c := range id[len(p):] {
			if !inID[c] {
				return false
			}
		}
		return true
	}
	return false
}

const idAlphabet = "abcdefghijklmnopqrstuvwxyz0123456789-_ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// inID says which bytes are in idAlphabet.
var inID = func() (table [256]bool) {
	for _, c := range []byte(idAlphabet) {
		table[c] = true
	}
	return table
}()

// times are the moments that decide whether a token counts at a given time, in Unix
// seconds.
type times struct {
	issued    int64 // iat
	notBefore int64 // the later of iat and nbf
	end       int64 // the earlier of exp and the end of the session
}

func timesOf(c *claims.Claims) times {
	t := times{issued: c.IssuedAt.Floor(), notBefore: max(c.IssuedAt.Ceil(), c.NotBefore.Ceil()), end: c.Expires.Floor()}
	if !c.EndsAt.IsZero() {
		t.end = min(t.end, c.EndsAt.Unix())
	}
	return t
}

// checkTimes compares the times of a token with now. It uses the wall clock, so that a
// cached token ends on time even if the clock was set meanwhile. A token has ended at the
// second of its exp (RFC 7519, 4.1.4).
func (r *rules) checkTimes(t times, now time.Time) Reason {
	wall, leeway := now.UnixNano(), int64(r.leeway)
	const second = int64(time.Second)
	switch {
	case wall < t.notBefore*second-leeway:
		return ReasonNotYet
	case wall >= t.end*second+leeway:
		return ReasonExpired
	case r.maxAge > 0 && wall >= t.issued*second+int64(r.maxAge)+leeway:
		return ReasonTooOld
	}
	return 0
}

// sessionOf makes the session that accepted claims attest. It copies everything, so the
// session keeps no part of the token in memory.
func sessionOf(c *claims.Claims, strings *interner, sliding SlidingSession) (grimoireauth.Session, error) {
	ids := make([]byte, 0, 2*maxID)
	ids = append(ids, c.SessionID...)
	ids = append(ids, c.Subject...)
	both := string(ids)
	var factors []grimoireauth.Factor
	if len(c.Factors) > 0 {
		factors = make([]grimoireauth.Factor, len(c.Factors))
		for i, f := range c.Factors {
			factors[i] = grimoireauth.Factor(f)
		}
	}
	return grimoireauth.NewSession(grimoireauth.SessionFields{
		ID:               grimoireauth.SessionID(both[:len(c.SessionID)]),
		Member:           grimoireauth.MemberID(both[len(c.SessionID):]),
		Organization:     grimoireauth.OrganizationID(strings.intern(c.OrganizationID)),
		OrganizationSlug: strings.intern(c.Slug),
		Roles:            c.Roles,
		Factors:          factors,
		StartedAt:        c.StartedAt,
		LastAccessedAt:   c.AccessedAt,
		ExpiresAt:        c.EndsAt,
		EndsBy:           sliding.latestEnd(c.StartedAt, c.EndsAt),
		CustomClaims:     c.Custom,
	})
}

// interner returns one copy of equal strings: thousands of cached sessions name the same
// few roles, factors and organizations. A string that finds no slot replaces another one,
// which costs memory and never correctness, so the interner needs no lock and has a fixed
// size.
type interner struct {
	seed  maphash.Seed
	slots [512][4]atomic.Pointer[string]
}

// maxInterned keeps the interned strings below half a megabyte.
const maxInterned = 128

func (s *interner) intern(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if len(b) > maxInterned {
		return string(b)
	}
	hash := maphash.Bytes(s.seed, b)
	place := &s.slots[hash%uint64(len(s.slots))]
	for i := range place {
		known := place[i].Load()
		if known == nil {
			hash = uint64(i) << 32 // a free one is better than a random one
			break
		}
		if *known == string(b) {
			return *known
		}
	}
	text := string(b)
	place[(hash>>32)%uint64(len(place))].Store(&text)
	return text
}
