package core

import (
	"slices"
	"time"

	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// SignInResponse is what the responses of all calls that can end in a session have
// in common. A sign-in that needs another step is answered with 200 too: with empty
// tokens, no session, and an intermediate_session_token for the next step.
// Source: https://stytch.com/docs/b2b/guides/mfa
type SignInResponse struct {
	wire.Envelope
	MemberID                          string            `json:"member_id"`
	OrganizationID                    string            `json:"organization_id"`
	Member                            wire.Member       `json:"member"`
	Organization                      wire.Organization `json:"organization"`
	SessionToken                      string            `json:"session_token"`
	SessionJWT                        string            `json:"session_jwt"`
	MemberSession                     *wire.Session     `json:"member_session"`
	MemberAuthenticated               bool              `json:"member_authenticated"`
	IntermediateSessionToken          string            `json:"intermediate_session_token"`
	IntermediateSessionTokenExpiresAt *wire.Timestamp   `json:"intermediate_session_token_expires_at"`
	MFARequired                       *mfaRequired      `json:"mfa_required"`
	PrimaryRequired                   *PrimaryRequired  `json:"primary_required"`
	MemberDevice                      any               `json:"member_device"`
}

// SignInRequest is what the calls that can end in a session have in common.
type SignInRequest struct {
	SessionToken             string               `json:"session_token"`
	SessionJWT               string               `json:"session_jwt"`
	IntermediateSessionToken string               `json:"intermediate_session_token"`
	SessionDurationMinutes   *int                 `json:"session_duration_minutes"`
	SessionCustomClaims      wire.CustomClaims    `json:"session_custom_claims"`
	Locale                   *string              `json:"locale"`
	TelemetryID              wire.Ignored[string] `json:"telemetry_id"`
}

// SignInLocales are the languages of an SMS that follows.
var SignInLocales = []string{
	"en", "es", "pt-br", "fr", "it", "de-DE", "zh-Hans", "ca-ES",
	"ja", "ru", "nl", "pl", "tr", "fa", "vi", "cs",
}

// Attempt is a sign-in whose request has been checked: the rest depends on the proof
// alone.
type Attempt struct {
	Member       *state.Member
	Session      *state.Session      // a live one of the same member, to be updated
	Intermediate *state.Intermediate // a pending sign-in of the same member
	Life         time.Duration
	Claims       wire.CustomClaims
}

// Begin checks everything about a sign-in but its proof, so that a one-time
// token is not used up by a request that is wrong anyway. The member is nil while
// it is not certain that there will be one; then the request may not name a
// session.
func (c *Request) Begin(m *state.Member, in SignInRequest) (Attempt, error) {
	out := Attempt{Member: m, Claims: in.SessionCustomClaims}
	if in.Locale != nil && !slices.Contains(SignInLocales, *in.Locale) {
		return Attempt{}, wire.Error("invalid_locale")
	}
	var err error
	if out.Life, err = SessionLife(in.SessionDurationMinutes); err != nil {
		return Attempt{}, err
	}
	if in.SessionToken != "" || in.SessionJWT != "" {
		if in.IntermediateSessionToken != "" {
			return Attempt{}, wire.Error("invalid_session_fields")
		}
		// A dead session makes the call fail: Stytch is known to do so when it lists
		// organizations, and for this call nothing is known.
		s, err := c.SessionOf(in.SessionToken, in.SessionJWT)
		if err != nil {
			return Attempt{}, err
		}
		if m != nil && s.MemberID == m.ID { // another member's session is ignored
			if s.Impersonated() {
				// A proof of the impersonator's would make it the member's own.
				return Attempt{}, wire.Error("session_not_mutable")
			}
			out.Session = s
		}
	}
	if in.IntermediateSessionToken != "" {
		i, err := c.IntermediateOf(in.IntermediateSessionToken)
		if err != nil {
			return Attempt{}, err
		}
		if m == nil {
			return Attempt{}, wire.Error("member_session_member_id_mismatch")
		}
		if err := c.CheckSubject(i, m); err != nil {
			return Attempt{}, err
		}
		out.Intermediate = i
	}
	if _, err := out.Claims.MergedInto(out.oldClaims()); err != nil {
		return Attempt{}, err
	}
	return out, nil
}

func (a Attempt) oldClaims() wire.CustomClaims {
	if a.Session == nil {
		return nil
	}
	return a.Session.Claims
}

// Finish turns a good proof into a session, or into a pending sign-in if the
// organization requires more. A missing primary method comes before a second factor.
func (c *Request) Finish(a Attempt, proof state.Factor) (SignInResponse, error) {
	return c.Conclude(a, state.WithFactor(a.given(), proof))
}

// given are the factors that were proven before this call. They count with what
// is proven now.
func (a Attempt) given() []state.Factor {
	switch {
	case a.Session != nil:
		return a.Session.Factors
	case a.Intermediate != nil:
		return a.Intermediate.Factors
	}
	return nil
}

// Conclude is Finish for factors that are all proven already.
func (c *Request) Conclude(a Attempt, factors []state.Factor) (SignInResponse, error) {
	m := a.Member
	primary := c.owesPrimary(m, factors)
	var second *mfaRequired
	if primary == nil && a.Session == nil { // a live session of the member needs no second factor again
		if second = c.owesMFA(m, factors); second != nil {
			c.sendSecondFactor(m, second)
		}
	}
	if primary != nil || second != nil {
		return c.respondPending(a, factors, primary, second), nil
	}

	s := a.Session
	if s == nil {
		s = c.NewSession(m, factors, a.Life)
	} else {
		s.Factors, s.LastAccessedAt = factors, c.Now
		if a.Life > 0 {
			s.ExpiresAt = c.Now.Add(a.Life)
		}
	}
	// Begin has tried this, so an error here is a mistake of this package.
	var err error
	if s.Claims, err = a.Claims.MergedInto(s.Claims); err != nil {
		return SignInResponse{}, err
	}
	if a.Intermediate != nil {
		c.State.DropIntermediate(a.Intermediate)
	}
	c.Register(m, factors)
	c.Activate(m)
	session := c.State.SessionJSON(c.AsSeen(s))
	return SignInResponse{
		MemberID:            m.ID,
		OrganizationID:      m.OrganizationID,
		Member:              c.State.MemberJSON(m),
		Organization:        c.State.Org(m.OrganizationID).JSON(),
		SessionToken:        s.Token,
		SessionJWT:          c.Sign(c.AsSeen(s), c.ClockTime()),
		MemberSession:       &session,
		MemberAuthenticated: true,
	}, nil
}

// respondPending answers a sign-in that needs another step. The duration and the
// claims in the request are ignored; the member stays pending or invited. A
// sign-in that was unfinished before keeps its token.
func (c *Request) respondPending(a Attempt, factors []state.Factor, primary *PrimaryRequired, second *mfaRequired) SignInResponse {
	i := a.Intermediate
	if i == nil {
		i = c.NewIntermediate(a.Member, factors)
	} else {
		i.Factors = factors
	}
	expires := wire.Timestamp(i.ExpiresAt.Add(c.ahead))
	return SignInResponse{
		MemberID:                          a.Member.ID,
		OrganizationID:                    a.Member.OrganizationID,
		Member:                            c.State.MemberJSON(a.Member),
		Organization:                      c.State.Org(a.Member.OrganizationID).JSON(),
		IntermediateSessionToken:          i.Token,
		IntermediateSessionTokenExpiresAt: &expires,
		MFARequired:                       second,
		PrimaryRequired:                   primary,
	}
}
