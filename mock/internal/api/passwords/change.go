package passwords

import (
	"time"

	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// resetExistingRequest is POST /v1/b2b/passwords/existing_password/reset.
type resetExistingRequest struct {
	OrganizationID   string `json:"organization_id"`
	EmailAddress     string `json:"email_address"`
	ExistingPassword string `json:"existing_password"`
	NewPassword      string `json:"new_password"`
	core.SignInRequest
}

// ResetExisting changes a password for a member who knows it, and ends all
// their sessions.
// Source: https://stytch.com/docs/b2b/api/existing-password-reset
func ResetExisting(c *core.Request, in resetExistingRequest) (*core.ExchangeSessionResponse, error) {
	org, m, err := memberForPassword(c, in.OrganizationID, in.EmailAddress)
	if err != nil {
		return nil, err
	}
	if !state.PermitsMethod(org.Settings, "password", m) {
		return nil, wire.Error("operation_restricted_by_organization_auth_methods")
	}
	a, err := c.Begin(m, in.SignInRequest)
	if err != nil {
		return nil, err
	}
	if err := checkPassword(c, m, m.Password, in.ExistingPassword); err != nil {
		return nil, err
	}
	if in.NewPassword == in.ExistingPassword {
		return nil, wire.Error("cannot_reset_password_with_existing_password")
	}
	if err := checkStrength(in.NewPassword, m.Email); err != nil {
		return nil, err
	}
	SetPassword(c, m, NewPassword(c, in.NewPassword))
	c.State.EndSessions(m, nil)
	a.Session = nil
	out, err := c.Finish(a, passwordFactor(c))
	if err != nil {
		return nil, err
	}
	return &core.ExchangeSessionResponse{SignInResponse: out}, nil
}

// resetBySessionRequest is POST /v1/b2b/passwords/session/reset.
type resetBySessionRequest struct {
	OrganizationID         string               `json:"organization_id"`
	Password               string               `json:"password"`
	SessionToken           string               `json:"session_token"`
	SessionJWT             string               `json:"session_jwt"`
	SessionDurationMinutes *int                 `json:"session_duration_minutes"`
	SessionCustomClaims    wire.CustomClaims    `json:"session_custom_claims"`
	Locale                 *string              `json:"locale"`
	TelemetryID            wire.Ignored[string] `json:"telemetry_id"`
}

// resetBySessionResponse is its response: that of a sign-in without two of its
// fields, which these hide.
type resetBySessionResponse struct {
	core.SignInResponse
	OrganizationID  *string               `json:"organization_id,omitempty"`
	PrimaryRequired *core.PrimaryRequired `json:"primary_required,omitempty"`
}

// freshFactor is how recently a member must have signed in to set a password.
const freshFactor = 5 * time.Minute

// ResetBySession sets the password of a member who has just signed in, and ends
// their other sessions.
// Source: https://stytch.com/docs/b2b/api/session-reset
func ResetBySession(c *core.Request, in resetBySessionRequest) (*resetBySessionResponse, error) {
	org, err := c.Organization(in.OrganizationID)
	if err != nil {
		return nil, err
	}
	current, err := c.SessionOf(in.SessionToken, in.SessionJWT)
	if err != nil {
		return nil, err
	}
	m := c.State.Member(current.MemberID)
	switch {
	case m.OrganizationID != org.ID:
		return nil, wire.Error("member_does_not_exist_in_organization")
	case !state.PermitsMethod(org.Settings, "password", m):
		return nil, wire.Error("operation_restricted_by_organization_auth_methods")
	case !recent(current, c.Now, freshFactor):
		return nil, wire.Error("session_too_old_to_reset_password")
	}
	a, err := c.Begin(m, core.SignInRequest{
		SessionToken: in.SessionToken, SessionJWT: in.SessionJWT, Locale: in.Locale,
		SessionDurationMinutes: in.SessionDurationMinutes, SessionCustomClaims: in.SessionCustomClaims,
	})
	if err != nil {
		return nil, err
	}
	if err := checkStrength(in.Password, m.Email); err != nil {
		return nil, err
	}
	SetPassword(c, m, NewPassword(c, in.Password))
	c.State.EndSessions(m, func(s *state.Session) bool { return s != current })
	out, err := c.Finish(a, passwordFactor(c))
	if err != nil {
		return nil, err
	}
	return &resetBySessionResponse{SignInResponse: out}, nil
}
