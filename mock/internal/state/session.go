package state

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// Session is a live member session. A session that has ended is forgotten:
// Stytch has one answer for unknown, expired and revoked.
type Session struct {
	ID             string                     `json:"-"` // the key in the state
	Token          string                     `json:"session_token"`
	MemberID       string                     `json:"member_id"`
	StartedAt      time.Time                  `json:"started_at"`
	LastAccessedAt time.Time                  `json:"last_accessed_at"`
	ExpiresAt      time.Time                  `json:"expires_at"`
	Factors        []Factor                   `json:"factors"`
	Granted        []string                   `json:"granted_roles,omitempty"` // of this session only, as an SSO connection grants them
	Claims         map[string]json.RawMessage `json:"custom_claims,omitempty"`
}

// SessionJSON is the session as Stytch sends it.
func (db *State) SessionJSON(s *Session) wire.Session {
	m := db.Member(s.MemberID)
	out := wire.Session{
		MemberSessionID:       s.ID,
		MemberID:              m.ID,
		StartedAt:             wire.Timestamp(s.StartedAt),
		LastAccessedAt:        wire.Timestamp(s.LastAccessedAt),
		ExpiresAt:             wire.Timestamp(s.ExpiresAt),
		AuthenticationFactors: []map[string]any{},
		OrganizationID:        m.OrganizationID,
		Roles:                 db.SessionRoles(s),
		OrganizationSlug:      db.Org(m.OrganizationID).Slug,
	}
	if len(s.Claims) > 0 {
		out.CustomClaims = s.Claims
	}
	for _, f := range s.Factors {
		out.AuthenticationFactors = append(out.AuthenticationFactors, f.json())
	}
	return out
}

// SessionRoles are the roles in force: the member's as they are now, so that a
// promotion shows with the next answer, and those of this session: what an SSO
// connection grants counts only while the session holds a factor from it.
// Source: https://stytch.com/docs/b2b/guides/rbac/role-assignment
func (db *State) SessionRoles(s *Session) []string {
	m := db.Member(s.MemberID)
	roles := db.ownRoleIDs(m)
	granted := slices.Clone(s.Granted)
	for _, r := range m.SSO {
		if s.Has(r.ConnectionID) {
			for _, g := range db.GrantedRoles(r) {
				granted = append(granted, g.Role)
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

// Has reports whether a factor of the session is from the SSO connection.
func (s *Session) Has(connectionID string) bool {
	return slices.ContainsFunc(s.Factors, func(f Factor) bool { return f.Kind == "sso" && f.Detail["provider_id"] == connectionID })
}
