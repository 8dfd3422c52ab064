package mock

import (
	"slices"
	"time"
)

// loginOrSignupRequest is POST /v1/b2b/magic_links/email/login_or_signup.
// Template ids are ignored: this package has no templates.
type loginOrSignupRequest struct {
	OrganizationID          string  `json:"organization_id"`
	EmailAddress            string  `json:"email_address"`
	LoginRedirectURL        *string `json:"login_redirect_url"`
	SignupRedirectURL       *string `json:"signup_redirect_url"`
	PKCECodeChallenge       *string `json:"pkce_code_challenge"`
	Locale                  *string `json:"locale"`
	LoginExpirationMinutes  *int    `json:"login_expiration_minutes"`
	SignupExpirationMinutes *int    `json:"signup_expiration_minutes"`
}

// loginOrSignupAnswer is its answer.
type loginOrSignupAnswer struct {
	envelope
	MemberID      string           `json:"member_id"`
	MemberCreated bool             `json:"member_created"`
	Member        memberJSON       `json:"member"`
	Organization  organizationJSON `json:"organization"`
}

// How long links work, in minutes.
const (
	minLinkMinutes     = 5
	maxLinkMinutes     = 10080
	defaultLinkMinutes = 60
)

// emailLocales are the languages of e-mails.
var emailLocales = []string{"en", "es", "pt-br", "fr"}

// loginOrSignup sends a link to a member, or to somebody new whom the
// organization lets join by their e-mail domain.
// Source: https://stytch.com/docs/b2b/api/send-login-signup-email
func loginOrSignup(c *call, in loginOrSignupRequest) (*loginOrSignupAnswer, error) {
	org, err := c.organizationForMail(in.OrganizationID)
	if err != nil {
		return nil, err
	}
	if err := checkEmail(in.EmailAddress); err != nil {
		return nil, err
	}
	// Everything is checked before anything is stored, whichever link it will be.
	login, err := c.draft("login", in.LoginRedirectURL, in.LoginExpirationMinutes, defaultLinkMinutes, in.Locale)
	if err != nil {
		return nil, err
	}
	signup, err := c.draft("signup", in.SignupRedirectURL, in.SignupExpirationMinutes, defaultLinkMinutes, in.Locale)
	if err != nil {
		return nil, err
	}
	if err := checkChallenge(in.PKCECodeChallenge); err != nil {
		return nil, err
	}
	// Before provisioning: nobody joins through a method that would not let them in.
	m := c.memberByEmail(org, in.EmailAddress)
	if !org.Settings.permitsMethod(methodMagicLink, m) {
		return nil, refuse("operation_restricted_by_organization_auth_methods")
	}
	if err := c.limitMail(in.EmailAddress); err != nil {
		return nil, err
	}
	created := m == nil
	if created {
		if m, err = c.provision(org, in.EmailAddress); err != nil {
			return nil, err
		}
	}
	l := signup
	if m.Status == statusActive {
		l = login
	}
	l.MemberID, l.Challenge = m.ID, given(in.PKCECodeChallenge)
	c.mail(l)
	return &loginOrSignupAnswer{MemberID: m.ID, MemberCreated: created, Member: c.db.memberJSON(m), Organization: org.json()}, nil
}

// provision lets somebody new join by their e-mail domain, as pending.
func (c *call) provision(org *organization, email string) (*member, error) {
	switch {
	case org.ID == sandboxOrganization:
	case org.Settings.EmailJITProvisioning != restricted:
		return nil, refuse("email_jit_provisioning_not_allowed")
	case !slices.Contains(org.Settings.EmailAllowedDomains, domainOf(email)):
		return nil, refuse("invalid_email_for_jit_provisioning")
	}
	if err := c.admit(org, email, nil); err != nil {
		return nil, err
	}
	m := c.newMember(org, email, statusPending)
	c.keep(m)
	return m, nil
}

// draft is a link that lacks only its member.
func (c *call) draft(kind string, redirectURL *string, minutes *int, usual int, locale *string) (*link, error) {
	to, err := c.chooseRedirect(kind, redirectURL)
	if err != nil {
		return nil, err
	}
	if minutes != nil {
		if *minutes < minLinkMinutes || *minutes > maxLinkMinutes {
			return nil, refuse("invalid_expiration")
		}
		usual = *minutes
	}
	if locale != nil && !slices.Contains(emailLocales, *locale) {
		return nil, refuse("invalid_locale")
	}
	return &link{Kind: kind, RedirectURL: to, ExpiresAt: c.now.Add(time.Duration(usual) * time.Minute)}, nil
}

// inviteRequest is POST /v1/b2b/magic_links/email/invite.
type inviteRequest struct {
	OrganizationID          string   `json:"organization_id"`
	EmailAddress            string   `json:"email_address"`
	InviteRedirectURL       *string  `json:"invite_redirect_url"`
	InvitedByMemberID       string   `json:"invited_by_member_id"`
	Name                    *string  `json:"name"`
	TrustedMetadata         metadata `json:"trusted_metadata"`
	UntrustedMetadata       metadata `json:"untrusted_metadata"`
	Locale                  *string  `json:"locale"`
	Roles                   []string `json:"roles"`
	InviteExpirationMinutes *int     `json:"invite_expiration_minutes"`
}

// invite puts somebody on the list as invited and sends them a link. Inviting
// again sends another one. There is no PKCE: the invited person's browser did
// not ask for anything.
// Source: https://stytch.com/docs/b2b/api/send-invite-email
func invite(c *call, in inviteRequest) (*memberAnswer, error) {
	org, err := c.organizationForMail(in.OrganizationID)
	if err != nil {
		return nil, err
	}
	if err := c.permit(org, nil, "create"); err != nil {
		return nil, err
	}
	if c.caller != nil && in.TrustedMetadata != nil {
		return nil, refuse("cannot_update_trusted_metadata")
	}
	if err := checkEmail(in.EmailAddress); err != nil {
		return nil, err
	}
	l, err := c.draft("invite", in.InviteRedirectURL, in.InviteExpirationMinutes, maxLinkMinutes, in.Locale)
	if err != nil {
		return nil, err
	}
	if in.InvitedByMemberID != "" {
		if _, err := c.member(org, in.InvitedByMemberID); err != nil {
			return nil, err
		}
	}
	// An active member is answered as such even where invitations are closed: it is
	// the more useful of two true answers.
	m := c.memberByEmail(org, in.EmailAddress)
	if m != nil && m.Status == statusActive {
		return nil, refuse("duplicate_member_email")
	}
	set := org.Settings
	if set.EmailInvites == notAllowed ||
		(set.EmailInvites == restricted && !slices.Contains(set.EmailAllowedDomains, domainOf(in.EmailAddress))) {
		return nil, refuse("invalid_email_for_invites")
	}
	if err := c.limitMail(in.EmailAddress); err != nil {
		return nil, err
	}
	// A copy again, so that a refused role or a metadata that is too large leaves an
	// earlier invitation as it was.
	var invited member
	if m == nil {
		if err := c.admit(org, in.EmailAddress, nil); err != nil {
			return nil, err
		}
		invited = *c.newMember(org, in.EmailAddress, statusInvited)
	} else {
		invited = *m
	}
	if in.Name != nil {
		invited.Name = *in.Name
	}
	if err := c.describe(&invited, in.TrustedMetadata, in.UntrustedMetadata, in.Roles); err != nil {
		return nil, err
	}
	invited.Status, invited.UpdatedAt = statusInvited, c.now
	if m == nil {
		m = &invited
		c.keep(m)
	} else {
		*m = invited
	}
	l.MemberID = m.ID
	c.mail(l)
	return c.answerMember(m), nil
}
