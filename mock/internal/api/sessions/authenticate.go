// Package sessions answers /v1/b2b/sessions.
package sessions

import (
	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// sessionResponse is the response of sessions/authenticate.
type sessionResponse struct {
	wire.Envelope
	MemberSession wire.Session      `json:"member_session"`
	SessionToken  string            `json:"session_token"`
	SessionJWT    string            `json:"session_jwt"`
	Member        wire.Member       `json:"member"`
	Organization  wire.Organization `json:"organization"`
	Verdict       *verdict          `json:"verdict"`
}

// verdict is the answer to an authorization_check. A refusal is a 403, so a
// verdict that is there says yes.
type verdict struct {
	Authorized    bool     `json:"authorized"`
	GrantingRoles []string `json:"granting_roles"`
}

// authenticateSessionRequest is POST /v1/b2b/sessions/authenticate.
type authenticateSessionRequest struct {
	SessionToken           string              `json:"session_token"`
	SessionJWT             string              `json:"session_jwt"`
	SessionDurationMinutes *int                `json:"session_duration_minutes"`
	SessionCustomClaims    wire.CustomClaims   `json:"session_custom_claims"`
	AuthorizationCheck     *authorizationCheck `json:"authorization_check"`
}

type authorizationCheck struct {
	OrganizationID string `json:"organization_id"`
	ResourceID     string `json:"resource_id"`
	Action         string `json:"action"`
}

// Authenticate tells whose session it is and mints a new session_jwt,
// also for a JWT that has expired: this is how one is refreshed. The session's
// end stays where it is unless a duration is given, which may also shorten it.
// The token is in the answer even if only a JWT was sent; whether Stytch does so
// is not published.
// Source: https://stytch.com/docs/b2b/api/authenticate-session
func Authenticate(c *core.Request, in authenticateSessionRequest) (*sessionResponse, error) {
	s, err := c.SessionOf(in.SessionToken, in.SessionJWT)
	if err != nil {
		return nil, err
	}
	life, err := core.SessionLife(in.SessionDurationMinutes)
	if err != nil {
		return nil, err
	}
	if life > 0 && s.Impersonated() {
		return nil, wire.Error("session_not_mutable")
	}
	claims, err := in.SessionCustomClaims.MergedInto(s.Claims)
	if err != nil {
		return nil, err
	}
	var said *verdict
	if in.AuthorizationCheck != nil {
		// Before anything changes: a refusal leaves the session as it was.
		if said, err = authorize(c, s, *in.AuthorizationCheck); err != nil {
			return nil, err
		}
	}
	s.Claims, s.LastAccessedAt = claims, c.Now
	if life > 0 {
		s.ExpiresAt = c.Now.Add(life)
	}
	return &sessionResponse{
		MemberSession: c.State.SessionJSON(c.AsSeen(s)),
		SessionToken:  s.Token,
		SessionJWT:    c.Sign(c.AsSeen(s), c.ClockTime()),
		Member:        c.State.MemberJSON(c.State.Member(s.MemberID)),
		Organization:  c.State.Org(c.State.Member(s.MemberID).OrganizationID).JSON(),
		Verdict:       said,
	}, nil
}

// authorize answers an authorization_check by the session's roles.
// Source: https://stytch.com/docs/b2b/guides/rbac/authorization-checks
func authorize(c *core.Request, s *state.Session, check authorizationCheck) (*verdict, error) {
	if check.OrganizationID == "" || check.ResourceID == "" || check.Action == "" {
		return nil, wire.FieldError("invalid_argument", "authorization_check needs organization_id, resource_id and action")
	}
	// An organization that does not exist is not the session's either.
	org, err := c.Organization(check.OrganizationID)
	if err != nil || org.ID != c.State.Member(s.MemberID).OrganizationID {
		return nil, wire.Error("session_authorization_tenancy_error")
	}
	granting := c.PolicyOf(org).Granting(c.State.SessionRoles(s), check.ResourceID, check.Action)
	if len(granting) == 0 {
		return nil, wire.Error("session_authorization_error")
	}
	return &verdict{Authorized: true, GrantingRoles: granting}, nil
}

// sessionsResponse is the response of GET /v1/b2b/sessions.
type sessionsResponse struct {
	wire.Envelope
	MemberSessions []wire.Session `json:"member_sessions"`
}

// Get lists a member's live sessions, without their tokens.
// Source: https://stytch.com/docs/b2b/api/get-session
func Get(c *core.Request) (wire.Success, error) {
	for _, name := range []string{"organization_id", "member_id"} {
		if c.Query.Get(name) == "" {
			return nil, wire.FieldError("invalid_argument", name+" is missing")
		}
	}
	org, err := c.Organization(c.Query.Get("organization_id"))
	if err != nil {
		return nil, err
	}
	m, err := c.Member(org, c.Query.Get("member_id"))
	if err != nil {
		return nil, err
	}
	out := &sessionsResponse{MemberSessions: []wire.Session{}}
	for _, s := range liveSessions(c, m) {
		out.MemberSessions = append(out.MemberSessions, c.State.SessionJSON(c.AsSeen(s)))
	}
	return out, nil
}
