package passwords

import (
	"time"

	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// resetMinutes is how long such a link works unless told otherwise.
const resetMinutes = 30

// startResetRequest is POST /v1/b2b/passwords/email/reset/start. Its PKCE field
// is called code_challenge, unlike everywhere else.
type startResetRequest struct {
	OrganizationID                 string               `json:"organization_id"`
	EmailAddress                   string               `json:"email_address"`
	ResetPasswordRedirectURL       *string              `json:"reset_password_redirect_url"`
	LoginRedirectURL               *string              `json:"login_redirect_url"`
	ResetPasswordExpirationMinutes *int                 `json:"reset_password_expiration_minutes"`
	CodeChallenge                  *string              `json:"code_challenge"`
	Locale                         *string              `json:"locale"`
	ResetPasswordTemplateID        wire.Ignored[string] `json:"reset_password_template_id"`
	VerifyEmailTemplateID          wire.Ignored[string] `json:"verify_email_template_id"`
}

// startResetResponse is its response, which has no organization.
type startResetResponse struct {
	wire.Envelope
	MemberID      string      `json:"member_id"`
	MemberEmailID string      `json:"member_email_id"`
	Member        wire.Member `json:"member"`
}

// StartReset mails a link to reset a password, also to a member who has none yet, and
// to a person who may become a member by their address.
// Source: https://stytch.com/docs/b2b/api/email-reset-start
func StartReset(c *core.Request, in startResetRequest) (*startResetResponse, error) {
	org, err := c.Organization(in.OrganizationID)
	if err != nil {
		return nil, err
	}
	if err := wire.CheckEmail(in.EmailAddress); err != nil {
		return nil, err
	}
	l, err := draftReset(c, in.ResetPasswordRedirectURL, in.ResetPasswordExpirationMinutes, in.CodeChallenge, in.Locale)
	if err != nil {
		return nil, err
	}
	if err := c.CheckRedirect("login", in.LoginRedirectURL); err != nil {
		return nil, err
	}
	m := c.MemberByEmail(org, in.EmailAddress)
	if !state.PermitsMethod(org.Settings, "password", m) {
		return nil, wire.Error("operation_restricted_by_organization_auth_methods")
	}
	if m == nil {
		if m, err = c.Provision(org, in.EmailAddress); err != nil {
			return nil, err
		}
	}
	l.MemberID = m.ID
	c.Mail(l)
	return &startResetResponse{MemberID: m.ID, MemberEmailID: m.EmailID, Member: c.State.MemberJSON(m)}, nil
}

func draftReset(c *core.Request, redirectURL *string, minutes *int, challenge, locale *string) (*state.Link, error) {
	l, err := c.Draft("password_reset", redirectURL, minutes, resetMinutes, locale)
	if err != nil {
		return nil, err
	}
	if err := core.CheckChallenge(challenge); err != nil {
		return nil, err
	}
	l.Challenge = core.Given(challenge)
	return l, nil
}

// resetRequest is POST /v1/b2b/passwords/email/reset.
type resetRequest struct {
	PasswordResetToken string  `json:"password_reset_token"`
	Password           string  `json:"password"`
	CodeVerifier       *string `json:"code_verifier"`
	core.SignInRequest
}

// resetResponse is its response.
type resetResponse struct {
	core.SignInResponse
	MemberEmailID string `json:"member_email_id"`
}

// Reset sets the password, ends all sessions of the member and signs them in:
// the link has proven the address.
// Source: https://stytch.com/docs/b2b/api/email-reset
func Reset(c *core.Request, in resetRequest) (*resetResponse, error) {
	l, err := resetLink(c, in.PasswordResetToken, in.CodeVerifier)
	if err != nil {
		return nil, err
	}
	if l.MemberID == "" {
		return nil, wire.Error("unable_to_auth_password_reset_token") // of a discovery
	}
	a, err := c.Begin(c.State.Member(l.MemberID), in.SignInRequest)
	if err != nil {
		return nil, err
	}
	if err := checkStrength(in.Password, l.Email); err != nil {
		return nil, err
	}
	l.Spent = true
	m := c.State.Member(l.MemberID)
	c.VerifyEmail(m)
	SetPassword(c, m, NewPassword(c, in.Password))
	c.State.EndSessions(m, nil)
	a.Session = nil // it ended with the others
	m.Failures, m.LockedAt = 0, time.Time{}
	out, err := c.Finish(a, passwordFactor(c))
	if err != nil {
		return nil, err
	}
	return &resetResponse{SignInResponse: out, MemberEmailID: l.EmailID}, nil
}

// resetLink returns the link of a reset token.
func resetLink(c *core.Request, token string, verifier *string) (*state.Link, error) {
	if !core.WellFormed(token) {
		return nil, wire.Error("invalid_token")
	}
	l := c.State.Links[token]
	if l == nil || l.Kind != "password_reset" || l.Spent || !c.Now.Before(l.ExpiresAt) || (l.MemberID != "" && c.State.Member(l.MemberID).Status == state.StatusDeleted) {
		// One type for all of them; which is Stytch's for an unknown one is not
		// published.
		return nil, wire.Error("unable_to_auth_password_reset_token")
	}
	if err := core.CheckVerifier(l.Challenge, verifier); err != nil {
		l.Spent = wire.AsError(err).Type == "pkce_mismatch"
		return nil, err
	}
	return l, nil
}

// requireResetRequest is POST /v1/b2b/passwords/email/require_reset.
type requireResetRequest struct {
	EmailAddress   string `json:"email_address"`
	OrganizationID string `json:"organization_id"`
	MemberID       string `json:"member_id"`
}

// requireResetResponse is its response.
type requireResetResponse struct {
	wire.Envelope
	MemberID     *string            `json:"member_id"`
	Member       *wire.Member       `json:"member"`
	Organization *wire.Organization `json:"organization"`
}

// RequireReset makes a password useless until it is reset. It is for passwords
// that belong to addresses.
// Source: https://stytch.com/docs/b2b/api/passwords-require-reset
func RequireReset(c *core.Request, in requireResetRequest) (*requireResetResponse, error) {
	if err := crossOrg(c); err != nil {
		return nil, err
	}
	if err := wire.CheckEmail(in.EmailAddress); err != nil {
		return nil, err
	}
	out := new(requireResetResponse)
	var m *state.Member
	if in.OrganizationID != "" {
		org, err := c.Organization(in.OrganizationID)
		if err != nil {
			return nil, err
		}
		if in.MemberID != "" {
			m, err = c.Member(org, in.MemberID)
		} else if m = c.MemberByEmail(org, in.EmailAddress); m == nil {
			err = wire.Error("member_not_found")
		}
		switch {
		case err != nil:
			return nil, err
		case !wire.SameEmail(m.Email, in.EmailAddress):
			return nil, wire.Error("member_not_found")
		}
		if err := c.Permit(org, m, "update.info.delete.password"); err != nil {
			return nil, err
		}
	} else if c.Caller != nil {
		return nil, wire.Error("session_authorization_tenancy_error")
	}
	p := c.State.Passwords[wire.FoldEmail(in.EmailAddress)]
	if p == nil {
		return nil, wire.Error("member_password_not_found")
	}
	p.MustReset = true
	for _, holder := range c.State.At(in.EmailAddress) {
		if holder.Password != nil && holder.Password.ID == p.ID {
			holder.Password.MustReset = true
		}
	}
	if m != nil {
		member, organization := c.State.MemberJSON(m), c.State.Org(m.OrganizationID).JSON()
		out.MemberID, out.Member, out.Organization = &m.ID, &member, &organization
	}
	return out, nil
}
