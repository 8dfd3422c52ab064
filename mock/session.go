package mock

import (
	"encoding/json"
	"slices"
	"time"
)

// session is a live member session. A session that has ended is forgotten:
// Stytch has one answer for unknown, expired and revoked.
type session struct {
	id, token                            string
	member                               *member
	startedAt, lastAccessedAt, expiresAt time.Time
	factors                              []factor
	granted                              []string // roles of this session only, as an SSO connection grants them
	claims                               map[string]json.RawMessage
}

// The bounds of session_duration_minutes, and what applies without it.
// Source: https://stytch.com/docs/b2b/api/authenticate-session
const (
	minSessionMinutes = 5
	maxSessionMinutes = 527040
	defaultSession    = time.Hour
)

// sessionJSON is the MemberSession object with every field that is not optional.
// Source: https://stytch.com/docs/b2b/api/session-object
type sessionJSON struct {
	MemberSessionID       string                     `json:"member_session_id"`
	MemberID              string                     `json:"member_id"`
	StartedAt             moment                     `json:"started_at"`
	LastAccessedAt        moment                     `json:"last_accessed_at"`
	ExpiresAt             moment                     `json:"expires_at"`
	AuthenticationFactors []map[string]any           `json:"authentication_factors"`
	OrganizationID        string                     `json:"organization_id"`
	Roles                 []string                   `json:"roles"`
	OrganizationSlug      string                     `json:"organization_slug"`
	CustomClaims          map[string]json.RawMessage `json:"custom_claims"`
}

func (s *session) json() sessionJSON {
	out := sessionJSON{
		MemberSessionID:       s.id,
		MemberID:              s.member.id,
		StartedAt:             moment(s.startedAt),
		LastAccessedAt:        moment(s.lastAccessedAt),
		ExpiresAt:             moment(s.expiresAt),
		AuthenticationFactors: []map[string]any{},
		OrganizationID:        s.member.org.id,
		Roles:                 s.roles(),
		OrganizationSlug:      s.member.org.slug,
	}
	if len(s.claims) > 0 {
		out.CustomClaims = s.claims
	}
	for _, f := range s.factors {
		out.AuthenticationFactors = append(out.AuthenticationFactors, f.json())
	}
	return out
}

// roles are the roles in force: the member's as they are now, so that a
// promotion shows with the next answer, and those of this session: what an SSO
// connection grants counts only while the session holds a factor from it.
// Source: https://stytch.com/docs/b2b/guides/rbac/role-assignment
func (s *session) roles() []string {
	roles := s.member.ownRoleIDs()
	granted := slices.Clone(s.granted)
	for _, r := range s.member.sso {
		if s.has(r.connection) {
			for _, g := range r.grants() {
				granted = append(granted, g.role)
			}
		}
	}
	for _, id := range granted {
		if !slices.Contains(roles, id) {
			roles = append(roles, id)
		}
	}
	return roles
}

// has reports whether a factor of the session is from the SSO connection.
func (s *session) has(connection *connection) bool {
	return slices.ContainsFunc(s.factors, func(f factor) bool { return f.kind == "sso" && f.detail["provider_id"] == connection.id })
}

// newSession starts a session.
func (c *call) newSession(m *member, factors []factor, life time.Duration) *session {
	if life == 0 {
		life = defaultSession
	}
	s := &session{
		id:             c.s.newID("member-session"),
		token:          c.s.newSessionToken(),
		member:         m,
		startedAt:      c.now,
		lastAccessedAt: c.now,
		expiresAt:      c.now.Add(life),
		factors:        factors,
	}
	put(&c.s.db.sessions, s.id, s)
	put(&c.s.db.tokens, s.token, s)
	return s
}

// alive returns the session, or the one answer for sessions that are not.
func (c *call) alive(s *session) (*session, error) {
	if s == nil || !c.now.Before(s.expiresAt) {
		return nil, refuse("session_not_found")
	}
	return s, nil
}

// sessionOf returns the live session of a token or a JWT: exactly one of them.
// A JWT may have expired; that is how it is refreshed.
func (c *call) sessionOf(token, jwt string) (*session, error) {
	switch {
	case token != "" && jwt != "":
		return nil, refuse("too_many_session_arguments")
	case token != "":
		if !wellFormed(token) {
			return nil, refuse("invalid_session_token")
		}
		return c.alive(c.s.db.tokens[token])
	case jwt != "":
		return c.sessionOfJWT(jwt)
	}
	return nil, refuse("no_session_arguments")
}

// endSessions ends all sessions that match.
func (c *call) endSessions(ends func(*session) bool) {
	for id, s := range c.s.db.sessions {
		if ends(s) {
			delete(c.s.db.sessions, id)
			delete(c.s.db.tokens, s.token)
		}
	}
}

// sessionLife reads session_duration_minutes; zero means that it is absent.
func sessionLife(minutes *int) (time.Duration, error) {
	switch {
	case minutes == nil:
		return 0, nil
	case *minutes < minSessionMinutes || *minutes > maxSessionMinutes:
		return 0, refuse("invalid_session_duration_minutes")
	}
	return time.Duration(*minutes) * time.Minute, nil
}
