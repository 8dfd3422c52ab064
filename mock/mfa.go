package mock

// mfaRequest is what the calls about second factors have in common: whom it is
// about, and what proves that they have given a first factor.
type mfaRequest struct {
	OrganizationID           string `json:"organization_id"`
	MemberID                 string `json:"member_id"`
	IntermediateSessionToken string `json:"intermediate_session_token"`
	SessionToken             string `json:"session_token"`
	SessionJWT               string `json:"session_jwt"`
}

// mfaSignInRequest is the same for the calls that end in a session.
type mfaSignInRequest struct {
	mfaRequest
	SessionDurationMinutes *int         `json:"session_duration_minutes"`
	SessionCustomClaims    customClaims `json:"session_custom_claims"`
}

// mfaAnswer is the answer of the calls with a second factor, which finish a
// sign-in or fail: nothing in it says that something is still owed.
type mfaAnswer struct {
	envelope
	MemberID      string           `json:"member_id"`
	Member        memberJSON       `json:"member"`
	Organization  organizationJSON `json:"organization"`
	SessionToken  string           `json:"session_token"`
	SessionJWT    string           `json:"session_jwt"`
	MemberSession *sessionJSON     `json:"member_session"`
	MemberDevice  any              `json:"member_device"`
}

// subject returns the member whom a call is about.
func (c *call) subject(in mfaRequest) (*member, error) {
	org, err := c.organization(in.OrganizationID)
	if err != nil {
		return nil, err
	}
	return c.member(org, in.MemberID)
}

// firstFactor returns what the member has proven already: exactly one of an
// unfinished sign-in and a live session, which must be theirs.
func (c *call) firstFactor(m *member, in mfaRequest) (attempt, error) {
	given := 0
	for _, token := range []string{in.IntermediateSessionToken, in.SessionToken, in.SessionJWT} {
		if token != "" {
			given++
		}
	}
	switch {
	case given == 0:
		return attempt{}, refuse("no_associated_session_passed_in")
	case given > 1:
		return attempt{}, refuse("too_many_session_arguments")
	}
	a, err := c.begin(m, signInRequest{
		SessionToken:             in.SessionToken,
		SessionJWT:               in.SessionJWT,
		IntermediateSessionToken: in.IntermediateSessionToken,
	})
	switch {
	case err != nil:
		return attempt{}, err
	case a.intermediate == nil && a.session == nil:
		return attempt{}, refuse("member_session_member_id_mismatch")
	case a.intermediate != nil && c.owesPrimary(m, a.intermediate.Factors) != nil:
		return attempt{}, refuse("action_available_only_once_primary_authentication_is_met")
	}
	return a, nil
}

// beginMFA is begin for a call with a second factor.
func (c *call) beginMFA(in mfaSignInRequest) (attempt, error) {
	m, err := c.subject(in.mfaRequest)
	if err != nil {
		return attempt{}, err
	}
	a, err := c.firstFactor(m, in.mfaRequest)
	if err != nil {
		return attempt{}, err
	}
	if a.life, err = sessionLife(in.SessionDurationMinutes); err != nil {
		return attempt{}, err
	}
	a.claims = in.SessionCustomClaims
	if _, err := a.claims.mergedInto(a.oldClaims()); err != nil {
		return attempt{}, err
	}
	return a, c.unlocked(m)
}

// finishMFA adds the second factor and answers with the session.
func (c *call) finishMFA(a attempt, proof factor) (mfaAnswer, error) {
	m := a.member
	m.Failures = 0
	out, err := c.finish(a, proof)
	if err != nil {
		return mfaAnswer{}, err
	}
	return mfaAnswer{
		MemberID:      m.ID,
		Member:        out.Member,
		Organization:  out.Organization,
		SessionToken:  out.SessionToken,
		SessionJWT:    out.SessionJWT,
		MemberSession: out.MemberSession,
	}, nil
}

// enrolment is what a second factor changes about the member besides.
type enrolment struct {
	SetMFAEnrollment string `json:"set_mfa_enrollment"`
	SetDefaultMFA    bool   `json:"set_default_mfa"`
}

func (in enrolment) check() error {
	switch in.SetMFAEnrollment {
	case "", "enroll", "unenroll":
		return nil
	}
	return refuseField("invalid_argument", "set_mfa_enrollment should be enroll or unenroll")
}

// enrol notes that the member has used a second factor. Where everybody needs
// one, having used it once enrols them.
// Source: https://stytch.com/docs/b2b/guides/mfa
func (c *call) enrol(m *member, in enrolment, method string) {
	if m.DefaultMFA == "" || in.SetDefaultMFA {
		m.DefaultMFA = method
	}
	switch {
	case c.db.org(m.OrganizationID).Settings.MFAPolicy == mfaForAll, in.SetMFAEnrollment == "enroll":
		m.MFAEnrolled = true
	case in.SetMFAEnrollment == "unenroll":
		m.MFAEnrolled = false
	}
}

// mayEnrol refuses to add or use a second factor for somebody who has one
// already, unless they have shown it: otherwise who has somebody's first factor
// could add a second of their own.
func (c *call) mayEnrol(m *member, in mfaRequest) error {
	if in.IntermediateSessionToken == "" && in.SessionToken == "" && in.SessionJWT == "" && !m.PhoneVerified && !m.hasTOTP() {
		return nil
	}
	_, err := c.firstFactor(m, in)
	return err
}
