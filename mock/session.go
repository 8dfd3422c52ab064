package mock

import (
	"encoding/json"
	"slices"
	"time"
)

// session is a live member session. A session that has ended is forgotten:
// Stytch has one answer for unknown, expired and revoked.
type session struct {
	ID             string                     `json:"-"` // the key in the state
	Token          string                     `json:"session_token"`
	MemberID       string                     `json:"member_id"`
	StartedAt      time.Time                  `json:"started_at"`
	LastAccessedAt time.Time                  `json:"last_accessed_at"`
	ExpiresAt      time.Time                  `json:"expires_at"`
	Factors        []factor                   `json:"factors"`
	Granted        []string                   `json:"granted_roles,omitempty"` // of this session only, as an SSO connection grants them
	Claims         map[string]json.RawMessage `json:"custom_claims,omitempty"`
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

// sessionJSON is the session as Stytch sends it.
func (db *store) sessionJSON(s *session) sessionJSON {
	m := db.member(s.MemberID)
	out := sessionJSON{
		MemberSessionID:       s.ID,
		MemberID:              m.ID,
		StartedAt:             moment(s.StartedAt),
		LastAccessedAt:        moment(s.LastAccessedAt),
		ExpiresAt:             moment(s.ExpiresAt),
		AuthenticationFactors: []map[string]any{},
		OrganizationID:        m.OrganizationID,
		Roles:                 db.sessionRoles(s),
		OrganizationSlug:      db.org(m.OrganizationID).Slug,
	}
	if len(s.Claims) > 0 {
		out.CustomClaims = s.Claims
	}
	for _, f := range s.Factors {
		out.AuthenticationFactors = append(out.AuthenticationFactors, f.json())
	}
	return out
}

// sessionRoles are the roles in force: the member's as they are now, so that a
// promotion shows with the next answer, and those of this session: what an SSO
// connection grants counts only while the session holds a factor from it.
// Source: https://stytch.com/docs/b2b/guides/rbac/role-assignment
func (db *store) sessionRoles(s *session) []string {
	m := db.member(s.MemberID)
	roles := db.ownRoleIDs(m)
	granted := slices.Clone(s.Granted)
	for _, r := range m.SSO {
		if s.has(r.ConnectionID) {
			for _, g := range db.grants(r) {
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
func (s *session) has(connectionID string) bool {
	return slices.ContainsFunc(s.Factors, func(f factor) bool { return f.Kind == "sso" && f.Detail["provider_id"] == connectionID })
}

// newSession starts a session.
func (c *call) newSession(m *member, factors []factor, life time.Duration) *session {
	if life == 0 {
		life = defaultSession
	}
	s := &session{
		ID:             c.newID("member-session"),
		Token:          c.newSessionToken(),
		MemberID:       m.ID,
		StartedAt:      c.now,
		LastAccessedAt: c.now,
		ExpiresAt:      c.now.Add(life),
		Factors:        factors,
	}
	c.db.addSession(s)
	return s
}

// alive returns the session, or the one answer for sessions that are not.
func (c *call) alive(s *session) (*session, error) {
	if s == nil || !c.now.Before(s.ExpiresAt) {
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
		return c.alive(c.db.sessionByToken(token))
	case jwt != "":
		return c.sessionOfJWT(jwt)
	}
	return nil, refuse("no_session_arguments")
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
