package mock

// startDiscoveryResetRequest is POST
// /v1/b2b/passwords/discovery/email/reset/start.
type startDiscoveryResetRequest struct {
	EmailAddress                   string  `json:"email_address"`
	ResetPasswordRedirectURL       *string `json:"reset_password_redirect_url"`
	DiscoveryRedirectURL           *string `json:"discovery_redirect_url"`
	ResetPasswordExpirationMinutes *int    `json:"reset_password_expiration_minutes"`
	PKCECodeChallenge              *string `json:"pkce_code_challenge"`
	Locale                         *string `json:"locale"`
}

// startDiscoveryReset mails a link to set the password of an address.
// Source: https://stytch.com/docs/b2b/api/discovery-email-reset-start
func startDiscoveryReset(c *call, in startDiscoveryResetRequest) (*statusOnly, error) {
	if err := c.crossOrg(); err != nil {
		return nil, err
	}
	if err := checkEmail(in.EmailAddress); err != nil {
		return nil, err
	}
	l, err := c.draftReset(in.ResetPasswordRedirectURL, in.ResetPasswordExpirationMinutes, in.PKCECodeChallenge, in.Locale)
	if err != nil {
		return nil, err
	}
	l.Email, l.EmailID = in.EmailAddress, c.newID("email")
	c.mail(l)
	return new(statusOnly), nil
}

// discoveryResetRequest is POST /v1/b2b/passwords/discovery/email/reset.
type discoveryResetRequest struct {
	PasswordResetToken string  `json:"password_reset_token"`
	Password           string  `json:"password"`
	PKCECodeVerifier   *string `json:"pkce_code_verifier"`
}

// discoveryReset sets the password of an address, ends the sessions of everybody
// who has it, and begins a discovery.
// Source: https://stytch.com/docs/b2b/api/discovery-email-reset
func discoveryReset(c *call, in discoveryResetRequest) (*discoveryAnswer, error) {
	if err := c.crossOrg(); err != nil {
		return nil, err
	}
	l, err := c.resetLink(in.PasswordResetToken, in.PKCECodeVerifier)
	if err != nil {
		return nil, err
	}
	if err := checkStrength(in.Password, l.Email); err != nil {
		return nil, err
	}
	l.Spent = true
	c.setCrossOrgPassword(l.Email, c.newPassword(in.Password))
	c.db.endSessions(func(s *session) bool { return sameEmail(c.db.member(s.MemberID).Email, l.Email) })
	out := c.answerDiscovery(&intermediate{Email: l.Email, Factors: []factor{c.passwordFactor()}})
	return &out, nil
}
