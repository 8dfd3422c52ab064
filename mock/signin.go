package mock

import (
	"slices"
	"time"
)

// signInAnswer is what the answers of all calls that can end in a session have
// in common. One that does not end in a session is a 200 as well: with empty
// tokens, no session, and an intermediate_session_token to go on with.
// Source: https://stytch.com/docs/b2b/guides/mfa
type signInAnswer struct {
	envelope
	MemberID                          string           `json:"member_id"`
	OrganizationID                    string           `json:"organization_id"`
	Member                            memberJSON       `json:"member"`
	Organization                      organizationJSON `json:"organization"`
	SessionToken                      string           `json:"session_token"`
	SessionJWT                        string           `json:"session_jwt"`
	MemberSession                     *sessionJSON     `json:"member_session"`
	MemberAuthenticated               bool             `json:"member_authenticated"`
	IntermediateSessionToken          string           `json:"intermediate_session_token"`
	IntermediateSessionTokenExpiresAt *moment          `json:"intermediate_session_token_expires_at"`
	MFARequired                       *mfaRequired     `json:"mfa_required"`
	PrimaryRequired                   *primaryRequired `json:"primary_required"`
	MemberDevice                      any              `json:"member_device"`
}

// signInRequest is what the calls that can end in a session have in common.
type signInRequest struct {
	SessionToken             string       `json:"session_token"`
	SessionJWT               string       `json:"session_jwt"`
	IntermediateSessionToken string       `json:"intermediate_session_token"`
	SessionDurationMinutes   *int         `json:"session_duration_minutes"`
	SessionCustomClaims      customClaims `json:"session_custom_claims"`
	Locale                   *string      `json:"locale"`
}

// signInLocales are the languages of an SMS that follows.
var signInLocales = []string{
	"en", "es", "pt-br", "fr", "it", "de-DE", "zh-Hans", "ca-ES",
	"ja", "ru", "nl", "pl", "tr", "fa", "vi", "cs",
}

// attempt is a sign-in whose request is in order: what goes on is decided by the
// proof alone.
type attempt struct {
	member       *member
	session      *session      // a live one of the same member, to be updated
	intermediate *intermediate // an unfinished sign-in of the same member
	life         time.Duration
	claims       customClaims
}

// begin checks everything about a sign-in but its proof, so that a one-time
// token is not used up by a request that is wrong anyway. The member is nil while
// it is not certain that there will be one; then the request may not name a
// session.
func (c *call) begin(m *member, in signInRequest) (attempt, error) {
	out := attempt{member: m, claims: in.SessionCustomClaims}
	if in.Locale != nil && !slices.Contains(signInLocales, *in.Locale) {
		return attempt{}, refuse("invalid_locale")
	}
	var err error
	if out.life, err = sessionLife(in.SessionDurationMinutes); err != nil {
		return attempt{}, err
	}
	if in.SessionToken != "" || in.SessionJWT != "" {
		if in.IntermediateSessionToken != "" {
			return attempt{}, refuse("invalid_session_fields")
		}
		// A dead session makes the call fail: Stytch is known to do so when it lists
		// organizations, and for this call nothing is known.
		s, err := c.sessionOf(in.SessionToken, in.SessionJWT)
		if err != nil {
			return attempt{}, err
		}
		if m != nil && s.MemberID == m.ID { // somebody else's session is ignored
			out.session = s
		}
	}
	if in.IntermediateSessionToken != "" {
		i, err := c.intermediateOf(in.IntermediateSessionToken)
		if err != nil {
			return attempt{}, err
		}
		if m == nil {
			return attempt{}, refuse("member_session_member_id_mismatch")
		}
		if err := c.fits(i, m); err != nil {
			return attempt{}, err
		}
		out.intermediate = i
	}
	if _, err := out.claims.mergedInto(out.oldClaims()); err != nil {
		return attempt{}, err
	}
	return out, nil
}

func (a attempt) oldClaims() customClaims {
	if a.session == nil {
		return nil
	}
	return a.session.Claims
}

// finish turns a good proof into a session, or into an unfinished sign-in if the
// organization wants more. A primary method is owed before a second factor is.
func (c *call) finish(a attempt, proof factor) (signInAnswer, error) {
	return c.conclude(a, withFactor(a.given(), proof))
}

// given are the factors that were proven before this call. They count with what
// is proven now.
func (a attempt) given() []factor {
	switch {
	case a.session != nil:
		return a.session.Factors
	case a.intermediate != nil:
		return a.intermediate.Factors
	}
	return nil
}

// conclude is finish for factors that are all proven already.
func (c *call) conclude(a attempt, factors []factor) (signInAnswer, error) {
	m := a.member
	primary := c.owesPrimary(m, factors)
	var second *mfaRequired
	if primary == nil && a.session == nil { // a live session of the member needs no second factor again
		if second = c.owesMFA(m, factors); second != nil {
			c.initiate(m, second)
		}
	}
	if primary != nil || second != nil {
		return c.unfinished(a, factors, primary, second), nil
	}

	s := a.session
	if s == nil {
		s = c.newSession(m, factors, a.life)
	} else {
		s.Factors, s.LastAccessedAt = factors, c.now
		if a.life > 0 {
			s.ExpiresAt = c.now.Add(a.life)
		}
	}
	// begin has tried this, so it does not fail; an error here would be ours.
	var err error
	if s.Claims, err = a.claims.mergedInto(s.Claims); err != nil {
		return signInAnswer{}, err
	}
	if a.intermediate != nil {
		delete(c.db.Intermediates, a.intermediate.Token)
	}
	c.register(m, factors)
	c.activate(m)
	session := c.db.sessionJSON(c.seen(s))
	return signInAnswer{
		MemberID:            m.ID,
		OrganizationID:      m.OrganizationID,
		Member:              c.db.memberJSON(m),
		Organization:        c.db.org(m.OrganizationID).json(),
		SessionToken:        s.Token,
		SessionJWT:          c.sign(c.seen(s), c.clock()),
		MemberSession:       &session,
		MemberAuthenticated: true,
	}, nil
}

// unfinished answers a sign-in that needs another step. The duration and the
// claims in the request are for nothing; the member stays pending or invited. A
// sign-in that was unfinished before keeps its token.
func (c *call) unfinished(a attempt, factors []factor, primary *primaryRequired, second *mfaRequired) signInAnswer {
	i := a.intermediate
	if i == nil {
		i = c.newIntermediate(a.member, factors)
	} else {
		i.Factors = factors
	}
	expires := moment(i.ExpiresAt.Add(c.ahead))
	return signInAnswer{
		MemberID:                          a.member.ID,
		OrganizationID:                    a.member.OrganizationID,
		Member:                            c.db.memberJSON(a.member),
		Organization:                      c.db.org(a.member.OrganizationID).json(),
		IntermediateSessionToken:          i.Token,
		IntermediateSessionTokenExpiresAt: &expires,
		MFARequired:                       second,
		PrimaryRequired:                   primary,
	}
}
