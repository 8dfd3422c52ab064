package mock

import (
	"time"
)

// tokenTypePassword is the stytch_token_type of a link to reset a password.
const tokenTypePassword = "multi_tenant_passwords"

// resetMinutes is how long such a link works unless told otherwise.
const resetMinutes = 30

// startResetRequest is POST /v1/b2b/passwords/email/reset/start. Its PKCE field
// is called code_challenge, unlike everywhere else.
type startResetRequest struct {
	OrganizationID                 string  `json:"organization_id"`
	EmailAddress                   string  `json:"email_address"`
	ResetPasswordRedirectURL       *string `json:"reset_password_redirect_url"`
	LoginRedirectURL               *string `json:"login_redirect_url"`
	ResetPasswordExpirationMinutes *int    `json:"reset_password_expiration_minutes"`
	CodeChallenge                  *string `json:"code_challenge"`
	Locale                         *string `json:"locale"`
}

// startResetAnswer is its answer, which has no organization.
type startResetAnswer struct {
	envelope
	MemberID      string     `json:"member_id"`
	MemberEmailID string     `json:"member_email_id"`
	Member        memberJSON `json:"member"`
}

// startReset mails a link to reset a password, also to somebody who has none yet
// or is not a member yet but may become one by their address.
// Source: https://stytch.com/docs/b2b/api/email-reset-start
func startReset(c *call, in startResetRequest) (*startResetAnswer, error) {
	org, err := c.organization(in.OrganizationID)
	if err != nil {
		return nil, err
	}
	if err := checkEmail(in.EmailAddress); err != nil {
		return nil, err
	}
	l, err := c.draftReset(in.ResetPasswordRedirectURL, in.ResetPasswordExpirationMinutes, in.CodeChallenge, in.Locale)
	if err != nil {
		return nil, err
	}
	m := c.memberByEmail(org, in.EmailAddress)
	if !org.Settings.permitsMethod("password", m) {
		return nil, refuse("operation_restricted_by_organization_auth_methods")
	}
	if m == nil {
		if m, err = c.provision(org, in.EmailAddress); err != nil {
			return nil, err
		}
	}
	l.MemberID = m.ID
	c.mail(l)
	return &startResetAnswer{MemberID: m.ID, MemberEmailID: m.EmailID, Member: c.db.memberJSON(m)}, nil
}

func (c *call) draftReset(redirectURL *string, minutes *int, challenge, locale *string) (*link, error) {
	l, err := c.draft("password_reset", redirectURL, minutes, resetMinutes, locale)
	if err != nil {
		return nil, err
	}
	if err := checkChallenge(challenge); err != nil {
		return nil, err
	}
	l.Challenge = given(challenge)
	return l, nil
}

// resetRequest is POST /v1/b2b/passwords/email/reset.
type resetRequest struct {
	PasswordResetToken string  `json:"password_reset_token"`
	Password           string  `json:"password"`
	CodeVerifier       *string `json:"code_verifier"`
	signInRequest
}

// resetAnswer is its answer.
type resetAnswer struct {
	signInAnswer
	MemberEmailID string `json:"member_email_id"`
}

// reset sets the password, ends all sessions of the member and signs them in:
// the link has proven the address.
// Source: https://stytch.com/docs/b2b/api/email-reset
func reset(c *call, in resetRequest) (*resetAnswer, error) {
	l, err := c.resetLink(in.PasswordResetToken, in.CodeVerifier)
	if err != nil {
		return nil, err
	}
	if l.MemberID == "" {
		return nil, refuse("unable_to_auth_password_reset_token") // of a discovery
	}
	a, err := c.begin(c.db.member(l.MemberID), in.signInRequest)
	if err != nil {
		return nil, err
	}
	if err := checkStrength(in.Password, l.Email); err != nil {
		return nil, err
	}
	l.Spent = true
	m := c.db.member(l.MemberID)
	c.prove(m)
	c.setPassword(m, c.newPassword(in.Password))
	c.db.endSessions(func(s *session) bool { return s.MemberID == m.ID })
	a.session = nil // it ended with the others
	m.Failures, m.LockedAt = 0, time.Time{}
	out, err := c.finish(a, c.passwordFactor())
	if err != nil {
		return nil, err
	}
	return &resetAnswer{signInAnswer: out, MemberEmailID: l.EmailID}, nil
}

// resetLink returns the link of a reset token.
func (c *call) resetLink(token string, verifier *string) (*link, error) {
	if !wellFormed(token) {
		return nil, refuse("invalid_token")
	}
	l := c.db.Links[token]
	if l == nil || l.Kind != "password_reset" || l.Spent || !c.now.Before(l.ExpiresAt) || (l.MemberID != "" && c.db.member(l.MemberID).Status == statusDeleted) {
		// One type for all of them; which is Stytch's for an unknown one is not
		// published.
		return nil, refuse("unable_to_auth_password_reset_token")
	}
	if err := checkVerifier(l.Challenge, verifier); err != nil {
		l.Spent = asRefusal(err).kind == "pkce_mismatch"
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

// requireResetAnswer is its answer.
type requireResetAnswer struct {
	envelope
	MemberID     *string           `json:"member_id"`
	Member       *memberJSON       `json:"member"`
	Organization *organizationJSON `json:"organization"`
}

// requireReset makes a password useless until it is reset. It is for passwords
// that belong to addresses.
// Source: https://stytch.com/docs/b2b/api/passwords-require-reset
func requireReset(c *call, in requireResetRequest) (*requireResetAnswer, error) {
	if err := c.crossOrg(); err != nil {
		return nil, err
	}
	if err := checkEmail(in.EmailAddress); err != nil {
		return nil, err
	}
	out := new(requireResetAnswer)
	var m *member
	if in.OrganizationID != "" {
		org, err := c.organization(in.OrganizationID)
		if err != nil {
			return nil, err
		}
		if in.MemberID != "" {
			m, err = c.member(org, in.MemberID)
		} else if m = c.memberByEmail(org, in.EmailAddress); m == nil {
			err = refuse("member_not_found")
		}
		switch {
		case err != nil:
			return nil, err
		case !sameEmail(m.Email, in.EmailAddress):
			return nil, refuse("member_not_found")
		}
		if err := c.permit(org, m, "update.info.delete.password"); err != nil {
			return nil, err
		}
	} else if c.caller != nil {
		return nil, refuse("session_authorization_tenancy_error")
	}
	p := c.db.Passwords[foldEmail(in.EmailAddress)]
	if p == nil {
		return nil, refuse("member_password_not_found")
	}
	p.MustReset = true
	for _, holder := range c.db.Members {
		if holder.Password != nil && holder.Password.ID == p.ID {
			holder.Password.MustReset = true
		}
	}
	if m != nil {
		member, organization := c.db.memberJSON(m), c.db.org(m.OrganizationID).json()
		out.MemberID, out.Member, out.Organization = &m.ID, &member, &organization
	}
	return out, nil
}
