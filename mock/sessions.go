package mock

// sessionAnswer is the answer of sessions/authenticate.
type sessionAnswer struct {
	envelope
	MemberSession sessionJSON      `json:"member_session"`
	SessionToken  string           `json:"session_token"`
	SessionJWT    string           `json:"session_jwt"`
	Member        memberJSON       `json:"member"`
	Organization  organizationJSON `json:"organization"`
	Verdict       *verdict         `json:"verdict"`
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
	SessionCustomClaims    customClaims        `json:"session_custom_claims"`
	AuthorizationCheck     *authorizationCheck `json:"authorization_check"`
}

type authorizationCheck struct {
	OrganizationID string `json:"organization_id"`
	ResourceID     string `json:"resource_id"`
	Action         string `json:"action"`
}

// authenticateSession tells whose session it is and mints a new session_jwt,
// also for a JWT that has expired: this is how one is refreshed. The session's
// end stays where it is unless a duration is given, which may also shorten it.
// The token is in the answer even if only a JWT was sent; whether Stytch does so
// is not published.
// Source: https://stytch.com/docs/b2b/api/authenticate-session
func authenticateSession(c *call, in authenticateSessionRequest) (*sessionAnswer, error) {
	s, err := c.sessionOf(in.SessionToken, in.SessionJWT)
	if err != nil {
		return nil, err
	}
	life, err := sessionLife(in.SessionDurationMinutes)
	if err != nil {
		return nil, err
	}
	claims, err := in.SessionCustomClaims.mergedInto(s.Claims)
	if err != nil {
		return nil, err
	}
	var said *verdict
	if in.AuthorizationCheck != nil {
		// Before anything changes: a refusal leaves the session as it was.
		if said, err = c.authorize(s, *in.AuthorizationCheck); err != nil {
			return nil, err
		}
	}
	s.Claims, s.LastAccessedAt = claims, c.now
	if life > 0 {
		s.ExpiresAt = c.now.Add(life)
	}
	return &sessionAnswer{
		MemberSession: c.db.sessionJSON(c.seen(s)),
		SessionToken:  s.Token,
		SessionJWT:    c.sign(c.seen(s), c.clock()),
		Member:        c.db.memberJSON(c.db.member(s.MemberID)),
		Organization:  c.db.org(c.db.member(s.MemberID).OrganizationID).json(),
		Verdict:       said,
	}, nil
}

// authorize answers an authorization_check by the session's roles.
// Source: https://stytch.com/docs/b2b/guides/rbac/authorization-checks
func (c *call) authorize(s *session, check authorizationCheck) (*verdict, error) {
	if check.OrganizationID == "" || check.ResourceID == "" || check.Action == "" {
		return nil, refuseField("invalid_argument", "authorization_check needs organization_id, resource_id and action")
	}
	// An organization that does not exist is not the session's either.
	org, err := c.organization(check.OrganizationID)
	if err != nil || org.ID != c.db.member(s.MemberID).OrganizationID {
		return nil, refuse("session_authorization_tenancy_error")
	}
	granting := c.policyOf(org).granting(c.db.sessionRoles(s), check.ResourceID, check.Action)
	if len(granting) == 0 {
		return nil, refuse("session_authorization_error")
	}
	return &verdict{Authorized: true, GrantingRoles: granting}, nil
}

// sessionsAnswer is the answer of GET /v1/b2b/sessions.
type sessionsAnswer struct {
	envelope
	MemberSessions []sessionJSON `json:"member_sessions"`
}

// getSessions lists a member's live sessions, without their tokens.
// Source: https://stytch.com/docs/b2b/api/get-session
func getSessions(c *call) (stamped, error) {
	for _, name := range []string{"organization_id", "member_id"} {
		if c.query.Get(name) == "" {
			return nil, refuseField("invalid_argument", name+" is missing")
		}
	}
	org, err := c.organization(c.query.Get("organization_id"))
	if err != nil {
		return nil, err
	}
	m, err := c.member(org, c.query.Get("member_id"))
	if err != nil {
		return nil, err
	}
	out := &sessionsAnswer{MemberSessions: []sessionJSON{}}
	for _, s := range c.liveSessions(m) {
		out.MemberSessions = append(out.MemberSessions, c.db.sessionJSON(c.seen(s)))
	}
	return out, nil
}
