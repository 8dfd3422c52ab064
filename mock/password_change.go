package mock

import "time"

// resetExistingRequest is POST /v1/b2b/passwords/existing_password/reset.
type resetExistingRequest struct {
	OrganizationID   string `json:"organization_id"`
	EmailAddress     string `json:"email_address"`
	ExistingPassword string `json:"existing_password"`
	NewPassword      string `json:"new_password"`
	signInRequest
}

// resetExisting changes the password of somebody who knows it, and ends all
// their sessions.
// Source: https://stytch.com/docs/b2b/api/existing-password-reset
func resetExisting(c *call, in resetExistingRequest) (*exchangeSessionAnswer, error) {
	org, m, err := c.memberForPassword(in.OrganizationID, in.EmailAddress)
	if err != nil {
		return nil, err
	}
	if !org.Settings.permitsMethod("password", m) {
		return nil, refuse("operation_restricted_by_organization_auth_methods")
	}
	a, err := c.begin(m, in.signInRequest)
	if err != nil {
		return nil, err
	}
	if err := c.checkPassword(m, m.Password, in.ExistingPassword); err != nil {
		return nil, err
	}
	if in.NewPassword == in.ExistingPassword {
		return nil, refuse("cannot_reset_password_with_existing_password")
	}
	if err := checkStrength(in.NewPassword, m.Email); err != nil {
		return nil, err
	}
	c.setPassword(m, c.newPassword(in.NewPassword))
	c.db.endSessions(func(s *session) bool { return s.MemberID == m.ID })
	a.session = nil
	out, err := c.finish(a, c.passwordFactor())
	if err != nil {
		return nil, err
	}
	return &exchangeSessionAnswer{signInAnswer: out}, nil
}

// resetBySessionRequest is POST /v1/b2b/passwords/session/reset.
type resetBySessionRequest struct {
	OrganizationID         string       `json:"organization_id"`
	Password               string       `json:"password"`
	SessionToken           string       `json:"session_token"`
	SessionJWT             string       `json:"session_jwt"`
	SessionDurationMinutes *int         `json:"session_duration_minutes"`
	SessionCustomClaims    customClaims `json:"session_custom_claims"`
	Locale                 *string      `json:"locale"`
}

// resetBySessionAnswer is its answer: that of a sign-in without two of its
// fields, which these hide.
type resetBySessionAnswer struct {
	signInAnswer
	OrganizationID  *string          `json:"organization_id,omitempty"`
	PrimaryRequired *primaryRequired `json:"primary_required,omitempty"`
}

// freshFactor is how recently somebody must have signed in to set a password.
const freshFactor = 5 * time.Minute

// resetBySession sets the password of somebody who has just signed in, and ends
// their other sessions.
// Source: https://stytch.com/docs/b2b/api/session-reset
func resetBySession(c *call, in resetBySessionRequest) (*resetBySessionAnswer, error) {
	org, err := c.organization(in.OrganizationID)
	if err != nil {
		return nil, err
	}
	current, err := c.sessionOf(in.SessionToken, in.SessionJWT)
	if err != nil {
		return nil, err
	}
	m := c.db.member(current.MemberID)
	switch {
	case m.OrganizationID != org.ID:
		return nil, refuse("member_does_not_exist_in_organization")
	case !org.Settings.permitsMethod("password", m):
		return nil, refuse("operation_restricted_by_organization_auth_methods")
	case !current.recent(c.now, freshFactor):
		return nil, refuse("session_too_old_to_reset_password")
	}
	a, err := c.begin(m, signInRequest{
		SessionToken: in.SessionToken, SessionJWT: in.SessionJWT, Locale: in.Locale,
		SessionDurationMinutes: in.SessionDurationMinutes, SessionCustomClaims: in.SessionCustomClaims,
	})
	if err != nil {
		return nil, err
	}
	if err := checkStrength(in.Password, m.Email); err != nil {
		return nil, err
	}
	c.setPassword(m, c.newPassword(in.Password))
	c.db.endSessions(func(s *session) bool { return s.MemberID == m.ID && s != current })
	out, err := c.finish(a, c.passwordFactor())
	if err != nil {
		return nil, err
	}
	return &resetBySessionAnswer{signInAnswer: out}, nil
}
