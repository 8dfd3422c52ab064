// Package magiclinks answers /v1/b2b/magic_links.
package magiclinks

import (
	"slices"

	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// loginOrSignupRequest is POST /v1/b2b/magic_links/email/login_or_signup.
// Template ids are ignored: this package has no templates.
type loginOrSignupRequest struct {
	OrganizationID          string               `json:"organization_id"`
	EmailAddress            string               `json:"email_address"`
	LoginRedirectURL        *string              `json:"login_redirect_url"`
	SignupRedirectURL       *string              `json:"signup_redirect_url"`
	PKCECodeChallenge       *string              `json:"pkce_code_challenge"`
	Locale                  *string              `json:"locale"`
	LoginExpirationMinutes  *int                 `json:"login_expiration_minutes"`
	SignupExpirationMinutes *int                 `json:"signup_expiration_minutes"`
	LoginTemplateID         wire.Ignored[string] `json:"login_template_id"`
	SignupTemplateID        wire.Ignored[string] `json:"signup_template_id"`
}

// LoginOrSignup sends a link to a member, or to a new one whose e-mail domain the
// organization admits.
// Source: https://stytch.com/docs/b2b/api/send-login-signup-email
func LoginOrSignup(c *core.Request, in loginOrSignupRequest) (*core.LoginOrSignupResponse, error) {
	org, err := c.OrganizationForMail(in.OrganizationID)
	if err != nil {
		return nil, err
	}
	if err := wire.CheckEmail(in.EmailAddress); err != nil {
		return nil, err
	}
	// Everything is checked before anything is stored, whichever link it will be.
	login, err := c.Draft("login", in.LoginRedirectURL, in.LoginExpirationMinutes, core.DefaultLinkMinutes, in.Locale)
	if err != nil {
		return nil, err
	}
	signup, err := c.Draft("signup", in.SignupRedirectURL, in.SignupExpirationMinutes, core.DefaultLinkMinutes, in.Locale)
	if err != nil {
		return nil, err
	}
	if err := core.CheckChallenge(in.PKCECodeChallenge); err != nil {
		return nil, err
	}
	// Before provisioning: a method that is not allowed makes no member.
	m := c.MemberByEmail(org, in.EmailAddress)
	if !state.PermitsMethod(org.Settings, wire.MethodMagicLink, m) {
		return nil, wire.Error("operation_restricted_by_organization_auth_methods")
	}
	if err := c.LimitMail(in.EmailAddress); err != nil {
		return nil, err
	}
	created := m == nil
	if created {
		if m, err = c.Provision(org, in.EmailAddress); err != nil {
			return nil, err
		}
	}
	l := signup
	if m.Status == state.StatusActive {
		l = login
	}
	l.MemberID, l.Challenge = m.ID, core.Given(in.PKCECodeChallenge)
	c.Mail(l)
	return &core.LoginOrSignupResponse{MemberID: m.ID, MemberCreated: created, Member: c.State.MemberJSON(m), Organization: org.JSON()}, nil
}

// inviteRequest is POST /v1/b2b/magic_links/email/invite.
type inviteRequest struct {
	OrganizationID          string               `json:"organization_id"`
	EmailAddress            string               `json:"email_address"`
	InviteRedirectURL       *string              `json:"invite_redirect_url"`
	InvitedByMemberID       string               `json:"invited_by_member_id"`
	Name                    *string              `json:"name"`
	TrustedMetadata         wire.Metadata        `json:"trusted_metadata"`
	UntrustedMetadata       wire.Metadata        `json:"untrusted_metadata"`
	Locale                  *string              `json:"locale"`
	Roles                   []string             `json:"roles"`
	InviteExpirationMinutes *int                 `json:"invite_expiration_minutes"`
	InviteTemplateID        wire.Ignored[string] `json:"invite_template_id"`
}

// Invite makes an invited member and sends them a link. Inviting
// again sends another one. There is no PKCE: the invited person's browser did
// not ask for anything.
// Source: https://stytch.com/docs/b2b/api/send-invite-email
func Invite(c *core.Request, in inviteRequest) (*core.MemberResponse, error) {
	org, err := c.OrganizationForMail(in.OrganizationID)
	if err != nil {
		return nil, err
	}
	if err := c.Permit(org, nil, "create"); err != nil {
		return nil, err
	}
	if c.Caller != nil && in.TrustedMetadata != nil {
		return nil, wire.Error("cannot_update_trusted_metadata")
	}
	if err := wire.CheckEmail(in.EmailAddress); err != nil {
		return nil, err
	}
	l, err := c.Draft("invite", in.InviteRedirectURL, in.InviteExpirationMinutes, core.MaxLinkMinutes, in.Locale)
	if err != nil {
		return nil, err
	}
	if in.InvitedByMemberID != "" {
		if _, err := c.Member(org, in.InvitedByMemberID); err != nil {
			return nil, err
		}
	}
	// An active member is answered as such even where invitations are closed: it is
	// the more useful of two true answers.
	m := c.MemberByEmail(org, in.EmailAddress)
	if m != nil && m.Status == state.StatusActive {
		return nil, wire.Error("duplicate_member_email")
	}
	set := org.Settings
	if set.EmailInvites == wire.NotAllowed ||
		(set.EmailInvites == wire.Restricted && !slices.Contains(set.EmailAllowedDomains, wire.DomainOf(in.EmailAddress))) {
		return nil, wire.Error("invalid_email_for_invites")
	}
	if err := c.LimitMail(in.EmailAddress); err != nil {
		return nil, err
	}
	// A copy again, so that a refused role or a metadata that is too large leaves an
	// earlier invitation as it was.
	var invited state.Member
	if m == nil {
		if err := c.CheckAddress(org, in.EmailAddress, nil); err != nil {
			return nil, err
		}
		invited = *c.NewMember(org, in.EmailAddress, state.StatusInvited)
	} else {
		invited = *m
	}
	if in.Name != nil {
		invited.Name = *in.Name
	}
	if err := c.SetDetails(&invited, in.TrustedMetadata, in.UntrustedMetadata, in.Roles); err != nil {
		return nil, err
	}
	invited.Status = state.StatusInvited
	if m == nil {
		m = &invited
		c.StoreMember(m)
	} else {
		*m = invited
		c.MemberChanged(m)
	}
	l.MemberID = m.ID
	c.Mail(l)
	return c.MemberResponseOf(m), nil
}
