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
	token     string
	email     string
	member    *member // nil if it began without an organization
	factors   []factor
	tenants   oauthTenants // what the OAuth provider said about workspaces
	name      string       // what an identity provider said about the person
	expiresAt time.Time
}

const intermediateLife = 10 * time.Minute

// newIntermediate remembers an unfinished sign-in of a member.
func (c *call) newIntermediate(m *member, factors []factor) *intermediate {
	return c.keepIntermediate(&intermediate{email: m.email, member: m, factors: factors})
}

func (c *call) keepIntermediate(i *intermediate) *intermediate {
	i.token, i.expiresAt = c.s.newOneTimeToken("intermediate_session_token"), c.now.Add(intermediateLife)
	put(&c.s.db.intermediates, i.token, i)
	return i
}

// intermediateOf returns the unfinished sign-in of a token.
func (c *call) intermediateOf(token string) (*intermediate, error) {
	if !wellFormed(token) {
		return nil, refuse("invalid_session_token")
	}
	i := c.s.db.intermediates[token]
	if i == nil || !c.now.Before(i.expiresAt) {
		return nil, refuse("intermediate_session_not_found")
	}
	return i, nil
}

// fits refuses an unfinished sign-in that is not this member's.
func (i *intermediate) fits(m *member) error {
	switch {
	case i.member != nil && i.member.org != m.org:
		return refuse("invalid_intermediate_session_token_for_organization")
	case i.member != nil && i.member != m, !sameEmail(i.email, m.email):
		return refuse("member_session_member_id_mismatch")
	}
	return nil
}

// local reports whether a factor counts in its own organization only: a password
// and a school's identity provider are the organization's, an address is the
// person's.
func (i *intermediate) local() bool {
	return slices.ContainsFunc(i.factors, func(f factor) bool { return f.kind == "sso" || f.kind == "password" && i.member != nil })
}

func (c *call) dropIntermediates(m *member) {
	for token, i := range c.s.db.intermediates {
		if i.member == m {
			delete(c.s.db.intermediates, token)
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
func (m *member) owesPrimary(factors []factor) *primaryRequired {
	permitted := slices.ContainsFunc(factors, func(f factor) bool { return m.org.settings.permitsMethod(f.method(), m) && !secondaryFactors[f.kind] })
	claimed := slices.ContainsFunc(factors, func(f factor) bool { return f.unproven })
	proven := slices.ContainsFunc(factors, func(f factor) bool { return !f.unproven && !secondaryFactors[f.kind] })
	if permitted && (!claimed || proven) {
		return nil
	}
	return &primaryRequired{AllowedAuthMethods: m.org.settings.AllowedAuthMethods}
}

// owesMFA returns what is owed if the organization or the member wants a second
// factor.
func (m *member) owesMFA(factors []factor) *mfaRequired {
	if m.org.settings.MFAPolicy != mfaForAll && !m.mfaEnrolled {
		return nil
	}
	if slices.ContainsFunc(factors, func(f factor) bool { return secondaryFactors[f.kind] }) {
		return nil
	}
	owed := new(mfaRequired)
	if m.phone != "" || m.hasTOTP() {
		owed.MemberOptions = &memberOptions{MFAPhoneNumber: m.phone}
		if m.hasTOTP() {
			owed.MemberOptions.TOTPRegistrationID = m.totp.id
		}
	}
	return owed
}

// initiate sends a code by SMS at once if that is the member's second factor.
func (c *call) initiate(m *member, owed *mfaRequired) {
	if m.isSMS() && m.org.settings.permitsMFA("sms_otp", m) {
		sent := "sms_otp"
		owed.SecondaryAuthInitiated = &sent
		c.sendSMS(m)
	}
}
