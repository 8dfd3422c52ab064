package core

import (
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// MFARequest is what the calls about second factors have in common: the member, and
// what proves that they have given a first factor.
type MFARequest struct {
	OrganizationID           string `json:"organization_id"`
	MemberID                 string `json:"member_id"`
	IntermediateSessionToken string `json:"intermediate_session_token"`
	SessionToken             string `json:"session_token"`
	SessionJWT               string `json:"session_jwt"`
}

// MFASignInRequest is the same for the calls that end in a session.
type MFASignInRequest struct {
	MFARequest
	SessionDurationMinutes *int                 `json:"session_duration_minutes"`
	SessionCustomClaims    wire.CustomClaims    `json:"session_custom_claims"`
	TelemetryID            wire.Ignored[string] `json:"telemetry_id"`
}

// MFAResponse is the response of the calls with a second factor, which finish a
// sign-in or fail: nothing in it says that something is still owed.
type MFAResponse struct {
	wire.Envelope
	MemberID      string            `json:"member_id"`
	Member        wire.Member       `json:"member"`
	Organization  wire.Organization `json:"organization"`
	SessionToken  string            `json:"session_token"`
	SessionJWT    string            `json:"session_jwt"`
	MemberSession *wire.Session     `json:"member_session"`
	MemberDevice  any               `json:"member_device"`
}

// firstFactor returns what the member has proven already: exactly one of a
// pending sign-in and a live session, which must be theirs.
func (c *Request) firstFactor(m *state.Member, in MFARequest) (Attempt, error) {
	given := 0
	for _, token := range []string{in.IntermediateSessionToken, in.SessionToken, in.SessionJWT} {
		if token != "" {
			given++
		}
	}
	switch {
	case given == 0:
		return Attempt{}, wire.Error("no_associated_session_passed_in")
	case given > 1:
		return Attempt{}, wire.Error("too_many_session_arguments")
	}
	a, err := c.Begin(m, SignInRequest{
		SessionToken:             in.SessionToken,
		SessionJWT:               in.SessionJWT,
		IntermediateSessionToken: in.IntermediateSessionToken,
	})
	switch {
	case err != nil:
		return Attempt{}, err
	case a.Intermediate == nil && a.Session == nil:
		return Attempt{}, wire.Error("member_session_member_id_mismatch")
	case a.Intermediate != nil && c.owesPrimary(m, a.Intermediate.Factors) != nil:
		return Attempt{}, wire.Error("action_available_only_once_primary_authentication_is_met")
	}
	return a, nil
}

// BeginMFA is begin for a call with a second factor.
func (c *Request) BeginMFA(in MFASignInRequest) (Attempt, error) {
	m, err := c.Subject(in.MFARequest)
	if err != nil {
		return Attempt{}, err
	}
	a, err := c.firstFactor(m, in.MFARequest)
	if err != nil {
		return Attempt{}, err
	}
	if a.Life, err = SessionLife(in.SessionDurationMinutes); err != nil {
		return Attempt{}, err
	}
	a.Claims = in.SessionCustomClaims
	if _, err := a.Claims.MergedInto(a.oldClaims()); err != nil {
		return Attempt{}, err
	}
	return a, c.CheckLock(m)
}

// FinishMFA adds the second factor and answers with the session.
func (c *Request) FinishMFA(a Attempt, proof state.Factor) (MFAResponse, error) {
	m := a.Member
	m.Failures = 0
	out, err := c.Finish(a, proof)
	if err != nil {
		return MFAResponse{}, err
	}
	return MFAResponse{
		MemberID:      m.ID,
		Member:        out.Member,
		Organization:  out.Organization,
		SessionToken:  out.SessionToken,
		SessionJWT:    out.SessionJWT,
		MemberSession: out.MemberSession,
	}, nil
}

// Enrollment is what a second factor changes about the member besides.
type Enrollment struct {
	SetMFAEnrollment string `json:"set_mfa_enrollment"`
	SetDefaultMFA    bool   `json:"set_default_mfa"`
}

// Check returns an error for an unknown set_mfa_enrollment.
func (in Enrollment) Check() error {
	switch in.SetMFAEnrollment {
	case "", "enroll", "unenroll":
		return nil
	}
	return wire.FieldError("invalid_argument", "set_mfa_enrollment should be enroll or unenroll")
}

// Enroll notes that the member has used a second factor. Where the organization
// requires one, having used it once enrolls them.
// Source: https://stytch.com/docs/b2b/guides/mfa
func (c *Request) Enroll(m *state.Member, in Enrollment, method string) {
	if m.DefaultMFA == "" || in.SetDefaultMFA {
		m.DefaultMFA = method
	}
	switch {
	case c.State.Org(m.OrganizationID).Settings.MFAPolicy == wire.MFAForAll, in.SetMFAEnrollment == "enroll":
		m.MFAEnrolled = true
	case in.SetMFAEnrollment == "unenroll":
		m.MFAEnrolled = false
	}
}

// CheckEnroll returns an error if the member has a second factor already and has not
// given it: otherwise a thief of the first factor could add a second one. Without a proof
// of the member's own, only active members can enroll.
func (c *Request) CheckEnroll(m *state.Member, in MFARequest) error {
	if in.IntermediateSessionToken == "" && in.SessionToken == "" && in.SessionJWT == "" {
		if err := CheckActive(m); err != nil {
			return err
		}
		if !m.PhoneVerified && !m.HasTOTP() {
			return nil
		}
	}
	_, err := c.firstFactor(m, in)
	return err
}

// CheckActive returns an error for a member who is not active: the project alone cannot
// attach a second factor to them. A member who signs in for the first time is not active
// either, and enrolls with their intermediate session.
// Source: https://stytch.com/docs/api-reference/b2b/api/errors/400 and
// https://stytch.com/docs/b2b/guides/mfa/backend
func CheckActive(m *state.Member) error {
	if m.Status != state.StatusActive {
		return wire.Error("action_available_only_for_active_members")
	}
	return nil
}
