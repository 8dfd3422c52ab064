package passwords

import (
	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// startDiscoveryResetRequest is POST
// /v1/b2b/passwords/discovery/email/reset/start.
type startDiscoveryResetRequest struct {
	EmailAddress                   string               `json:"email_address"`
	ResetPasswordRedirectURL       *string              `json:"reset_password_redirect_url"`
	DiscoveryRedirectURL           *string              `json:"discovery_redirect_url"`
	ResetPasswordExpirationMinutes *int                 `json:"reset_password_expiration_minutes"`
	PKCECodeChallenge              *string              `json:"pkce_code_challenge"`
	Locale                         *string              `json:"locale"`
	ResetPasswordTemplateID        wire.Ignored[string] `json:"reset_password_template_id"`
	VerifyEmailTemplateID          wire.Ignored[string] `json:"verify_email_template_id"`
}

// StartDiscoveryReset mails a link to set the password of an address.
// Source: https://stytch.com/docs/b2b/api/discovery-email-reset-start
func StartDiscoveryReset(c *core.Request, in startDiscoveryResetRequest) (*wire.StatusOnly, error) {
	if err := crossOrg(c); err != nil {
		return nil, err
	}
	if err := wire.CheckEmail(in.EmailAddress); err != nil {
		return nil, err
	}
	l, err := draftReset(c, in.ResetPasswordRedirectURL, in.ResetPasswordExpirationMinutes, in.PKCECodeChallenge, in.Locale)
	if err != nil {
		return nil, err
	}
	if err := c.CheckRedirect("discovery", in.DiscoveryRedirectURL); err != nil {
		return nil, err
	}
	l.Email, l.EmailID = in.EmailAddress, c.NewID("email")
	c.Mail(l)
	return new(wire.StatusOnly), nil
}

// discoveryResetRequest is POST /v1/b2b/passwords/discovery/email/reset.
type discoveryResetRequest struct {
	PasswordResetToken string  `json:"password_reset_token"`
	Password           string  `json:"password"`
	PKCECodeVerifier   *string `json:"pkce_code_verifier"`
}

// DiscoveryReset sets the password of an address, ends the sessions of all
// members who have it, and begins a discovery.
// Source: https://stytch.com/docs/b2b/api/discovery-email-reset
func DiscoveryReset(c *core.Request, in discoveryResetRequest) (*core.DiscoveryResponse, error) {
	if err := crossOrg(c); err != nil {
		return nil, err
	}
	l, err := resetLink(c, in.PasswordResetToken, in.PKCECodeVerifier)
	if err != nil {
		return nil, err
	}
	if err := checkStrength(in.Password, l.Email); err != nil {
		return nil, err
	}
	l.Spent = true
	setCrossOrgPassword(c, l.Email, NewPassword(c, in.Password))
	for _, m := range membersAt(c, l.Email) {
		c.State.EndSessions(m, nil)
	}
	out := c.AnswerDiscovery(&state.Intermediate{Email: l.Email, Factors: []state.Factor{passwordFactor(c)}})
	return &out, nil
}
