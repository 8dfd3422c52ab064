package mock

import (
	"slices"
	"time"
)

// intermediate is an unfinished sign-in: what was proven so far, for ten
// minutes. Its token is no session. Its subject is an e-mail address; one that
// began in an organization is bound to the member there.
// Source: https://stytch.com/docs/b2b/guides/mfa
type intermediate struct {
	Token     string       `json:"-"` // the key in the state
	Email     string       `json:"email_address"`
	MemberID  string       `json:"member_id,omitempty"` // empty if it began without an organization
	Factors   []factor     `json:"factors"`
	Tenants   oauthTenants `json:"oauth_tenants,omitzero"` // what the OAuth provider said about workspaces
	Name      string       `json:"name,omitempty"`         // what an identity provider said about the person
	ExpiresAt time.Time    `json:"expires_at"`
}

const intermediateLife = 10 * time.Minute

// newIntermediate remembers an unfinished sign-in of a member.
func (c *call) newIntermediate(m *member, factors []factor) *intermediate {
	return c.keepIntermediate(&intermediate{Email: m.Email, MemberID: m.ID, Factors: factors})
}

func (c *call) keepIntermediate(i *intermediate) *intermediate {
	i.Token, i.ExpiresAt = c.newOneTimeToken("intermediate_session_token"), c.now.Add(intermediateLife)
	put(&c.db.Intermediates, i.Token, i)
	return i
}

// intermediateOf returns the unfinished sign-in of a token.
func (c *call) intermediateOf(token string) (*intermediate, error) {
	if !wellFormed(token) {
		return nil, refuse("invalid_session_token")
	}
	i := c.db.Intermediates[token]
	if i == nil || !c.now.Before(i.ExpiresAt) {
		return nil, refuse("intermediate_session_not_found")
	}
	return i, nil
}

// fits refuses an unfinished sign-in that is not this member's.
func (c *call) fits(i *intermediate, m *member) error {
	switch {
	case i.MemberID != "" && c.db.member(i.MemberID).OrganizationID != m.OrganizationID:
		return refuse("invalid_intermediate_session_token_for_organization")
	case i.MemberID != "" && i.MemberID != m.ID, !sameEmail(i.Email, m.Email):
		return refuse("member_session_member_id_mismatch")
	}
	return nil
}

// local reports whether a factor counts in its own organization only: a password
// and a school's identity provider are the organization's, an address is the
// person's.
func (i *intermediate) local() bool {
	return slices.ContainsFunc(i.Factors, func(f factor) bool { return f.Kind == "sso" || f.Kind == "password" && i.MemberID != "" })
}

func (c *call) dropIntermediates(m *member) {
	for token, i := range c.db.Intermediates {
		if i.MemberID == m.ID {
			delete(c.db.Intermediates, token)
		}
	}
}

// primaryRequired says which primary methods the organization wants one of.
type primaryRequired struct {
	AllowedAuthMethods []string `json:"allowed_auth_methods"`
}

// mfaRequired says that a second factor is owed, and which are enrolled.
type mfaRequired struct {
	MemberOptions          *memberOptions `json:"member_options"`
	SecondaryAuthInitiated *string        `json:"secondary_auth_initiated"`
}

type memberOptions struct {
	MFAPhoneNumber     string `json:"mfa_phone_number"`
	TOTPRegistrationID string `json:"totp_registration_id"`
}

// owesPrimary returns what the organization wants if none of the factors is of a
// method that it allows, or if none of them proves the address: an OAuth provider
// that does not vouch for addresses lets anybody claim any.
func (c *call) owesPrimary(m *member, factors []factor) *primaryRequired {
	set := c.db.org(m.OrganizationID).Settings
	permitted := slices.ContainsFunc(factors, func(f factor) bool {
		return set.permitsMethod(f.method(), m) && !secondaryFactors[f.Kind]
	})
	claimed := slices.ContainsFunc(factors, func(f factor) bool { return f.Unproven })
	proven := slices.ContainsFunc(factors, func(f factor) bool { return !f.Unproven && !secondaryFactors[f.Kind] })
	if permitted && (!claimed || proven) {
		return nil
	}
	return &primaryRequired{AllowedAuthMethods: set.AllowedAuthMethods}
}

// owesMFA returns what is owed if the organization or the member wants a second
// factor.
func (c *call) owesMFA(m *member, factors []factor) *mfaRequired {
	if c.db.org(m.OrganizationID).Settings.MFAPolicy != mfaForAll && !m.MFAEnrolled {
		return nil
	}
	if slices.ContainsFunc(factors, func(f factor) bool { return secondaryFactors[f.Kind] }) {
		return nil
	}
	owed := new(mfaRequired)
	if m.Phone != "" || m.hasTOTP() {
		owed.MemberOptions = &memberOptions{MFAPhoneNumber: m.Phone}
		if m.hasTOTP() {
			owed.MemberOptions.TOTPRegistrationID = m.TOTP.ID
		}
	}
	return owed
}

// initiate sends a code by SMS at once if that is the member's second factor.
func (c *call) initiate(m *member, owed *mfaRequired) {
	if m.isSMS() && c.db.org(m.OrganizationID).Settings.permitsMFA("sms_otp", m) {
		sent := "sms_otp"
		owed.SecondaryAuthInitiated = &sent
		c.sendSMS(m)
	}
}
