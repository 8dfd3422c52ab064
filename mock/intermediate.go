package mock

import (
	"slices"
	"time"
)

// intermediate is an unfinished sign-in: what was proven so far, for ten
// minutes. Its token is no session.
// Source: https://stytch.com/docs/b2b/guides/mfa
type intermediate struct {
	token     string
	member    *member
	factors   []factor
	expiresAt time.Time
}

const intermediateLife = 10 * time.Minute

// newIntermediate remembers an unfinished sign-in.
func (c *call) newIntermediate(m *member, factors []factor) *intermediate {
	i := &intermediate{token: newOneTimeToken(), member: m, factors: factors, expiresAt: c.now.Add(intermediateLife)}
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
// method that it allows.
func (m *member) owesPrimary(factors []factor) *primaryRequired {
	if slices.ContainsFunc(factors, func(f factor) bool { return m.org.settings.permitsMethod(f.method(), m) }) {
		return nil
	}
	return &primaryRequired{AllowedAuthMethods: m.org.settings.AllowedAuthMethods}
}

// owesMFA returns what is owed if the organization or the member wants a second
// factor. A code by SMS is on its way at once if that is the member's factor.
func (c *call) owesMFA(m *member, factors []factor) *mfaRequired {
	if m.org.settings.MFAPolicy != mfaForAll && !m.mfaEnrolled {
		return nil
	}
	if slices.ContainsFunc(factors, func(f factor) bool { return secondaryFactors[f.kind] }) {
		return nil
	}
	owed := new(mfaRequired)
	if m.phone != "" {
		owed.MemberOptions = &memberOptions{MFAPhoneNumber: m.phone}
	}
	if m.isSMS() && m.org.settings.permitsMFA("sms_otp", m) {
		sent := "sms_otp"
		owed.SecondaryAuthInitiated = &sent
		c.send(Message{Channel: "sms", Kind: "mfa", To: m.phone, Code: newCode()})
	}
	return owed
}
