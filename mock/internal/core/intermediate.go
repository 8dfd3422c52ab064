package core

import (
	"slices"
	"time"

	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

const intermediateLife = 10 * time.Minute

// NewIntermediate remembers a pending sign-in of a member.
func (c *Request) NewIntermediate(m *state.Member, factors []state.Factor) *state.Intermediate {
	return c.KeepIntermediate(&state.Intermediate{Email: m.Email, MemberID: m.ID, Factors: factors})
}

// KeepIntermediate gives a pending sign-in its token and remembers it.
func (c *Request) KeepIntermediate(i *state.Intermediate) *state.Intermediate {
	i.Token, i.ExpiresAt = c.newOneTimeToken("intermediate_session_token"), c.Now.Add(intermediateLife)
	c.State.AddIntermediate(i)
	return i
}

// IntermediateOf returns the pending sign-in of a token.
func (c *Request) IntermediateOf(token string) (*state.Intermediate, error) {
	if !WellFormed(token) {
		return nil, wire.Error("invalid_session_token")
	}
	i := c.State.Intermediates[token]
	if i == nil || !c.Now.Before(i.ExpiresAt) {
		return nil, wire.Error("intermediate_session_not_found")
	}
	return i, nil
}

// CheckSubject returns an error if the pending sign-in is not this member's.
func (c *Request) CheckSubject(i *state.Intermediate, m *state.Member) error {
	switch {
	case i.MemberID != "" && c.State.Member(i.MemberID).OrganizationID != m.OrganizationID:
		return wire.Error("invalid_intermediate_session_token_for_organization")
	case i.MemberID != "" && i.MemberID != m.ID, !wire.SameEmail(i.Email, m.Email):
		return wire.Error("member_session_member_id_mismatch")
	}
	return nil
}

// PrimaryRequired says which primary methods the organization wants one of.
type PrimaryRequired struct {
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
// that does not vouch for addresses lets a stranger claim any address.
func (c *Request) owesPrimary(m *state.Member, factors []state.Factor) *PrimaryRequired {
	set := c.State.Org(m.OrganizationID).Settings
	permitted := slices.ContainsFunc(factors, func(f state.Factor) bool {
		return state.PermitsMethod(set, f.Method(), m) && !state.SecondaryFactors[f.Kind]
	})
	claimed := slices.ContainsFunc(factors, func(f state.Factor) bool { return f.Unproven })
	proven := slices.ContainsFunc(factors, func(f state.Factor) bool { return !f.Unproven && !state.SecondaryFactors[f.Kind] })
	if permitted && (!claimed || proven) {
		return nil
	}
	return &PrimaryRequired{AllowedAuthMethods: set.AllowedAuthMethods}
}

// owesMFA returns what is owed if the organization or the member wants a second
// factor.
func (c *Request) owesMFA(m *state.Member, factors []state.Factor) *mfaRequired {
	if c.State.Org(m.OrganizationID).Settings.MFAPolicy != wire.MFAForAll && !m.MFAEnrolled {
		return nil
	}
	if slices.ContainsFunc(factors, func(f state.Factor) bool { return state.SecondaryFactors[f.Kind] }) {
		return nil
	}
	owed := new(mfaRequired)
	if m.Phone != "" || m.HasTOTP() {
		owed.MemberOptions = &memberOptions{MFAPhoneNumber: m.Phone}
		if m.HasTOTP() {
			owed.MemberOptions.TOTPRegistrationID = m.TOTP.ID
		}
	}
	return owed
}

// sendSecondFactor sends a code by SMS at once if that is the member's second factor.
func (c *Request) sendSecondFactor(m *state.Member, owed *mfaRequired) {
	if m.IsSMS() && state.PermitsMFA(c.State.Org(m.OrganizationID).Settings, "sms_otp", m) {
		sent := "sms_otp"
		owed.SecondaryAuthInitiated = &sent
		c.SendSMS(m)
	}
}
