package mock

import (
	"slices"
	"strings"
)

// exchangeSessionRequest is POST /v1/b2b/sessions/exchange.
type exchangeSessionRequest struct {
	OrganizationID string `json:"organization_id"`
	signInRequest
}

// exchangeSessionAnswer is its answer: that of a sign-in without the
// organization's id beside the organization.
type exchangeSessionAnswer struct {
	signInAnswer
	OrganizationID *string `json:"organization_id,omitempty"` // hides the one of signInAnswer
}

// exchangeSession signs the person of a session in to another organization of
// theirs. They are recognised by their e-mail address; somebody who is not in
// that organization is never added to it. The old session stays as it is, which
// is not published.
//
// Magic links by e-mail and, if both members have proven the same phone number,
// codes by SMS go along; passwords and SSO do not. OAuth does as well, in a form
// of its own.
// Source: https://stytch.com/docs/b2b/api/exchange-session
func exchangeSession(c *call, in exchangeSessionRequest) (*exchangeSessionAnswer, error) {
	old, err := c.sessionOf(in.SessionToken, in.SessionJWT)
	if err != nil {
		return nil, err
	}
	org, err := c.organization(in.OrganizationID)
	if err != nil {
		return nil, err
	}
	m := c.memberByEmail(org, c.db.member(old.MemberID).Email)
	if m == nil {
		return nil, refuse("member_not_found")
	}
	factors := c.transferable(old, m)
	if len(factors) == 0 {
		return nil, refuse("insufficient_factors_for_session_exchange")
	}
	a, err := c.begin(m, signInRequest{
		SessionDurationMinutes: in.SessionDurationMinutes,
		SessionCustomClaims:    in.SessionCustomClaims,
		Locale:                 in.Locale,
	})
	if err != nil {
		return nil, err
	}
	if m.ID == old.MemberID {
		a.session = old // the same organization: nothing to switch to
	} else {
		a.intermediate = c.newIntermediate(m, factors)
	}
	c.prove(m) // what proved the address there proves it here
	out, err := c.finish(a, factors[0])
	if err != nil {
		return nil, err
	}
	return &exchangeSessionAnswer{signInAnswer: out}, nil
}

// exchangeable are the OAuth providers whose factors have a form for another
// organization.
// Source: the delivery methods of https://stytch.com/docs/b2b/api/session-object
var exchangeable = []string{"google", "hubspot", "slack", "github"}

// transferable are the factors of a session that count in another organization.
// Only a first factor can carry a sign-in there.
func (c *call) transferable(old *session, m *member) []factor {
	if m.ID == old.MemberID {
		return old.Factors
	}
	var first, second []factor
	for _, f := range old.Factors {
		switch {
		case f.Kind == "magic_link" && sameEmail(f.Detail["email_address"], m.Email):
			moved := f
			moved.Detail = map[string]string{"email_id": m.EmailID, "email_address": m.Email}
			first = append(first, moved)
		case f.Kind == "oauth" && c.db.member(old.MemberID).Verified && slices.Contains(exchangeable, strings.TrimSuffix(f.method(), "_oauth")):
			// It names no address, so it goes with one that the member has proven: an
			// address that somebody has just been given proves nothing elsewhere. The
			// provider's tokens stay behind.
			provider := strings.TrimSuffix(f.method(), "_oauth")
			moved := f
			moved.OAuth = nil
			moved.Delivery, moved.DetailName = "oauth_exchange_"+provider, provider+"_oauth_exchange_factor"
			moved.Detail = map[string]string{"email_id": m.EmailID}
			first = append(first, moved)
		case f.Kind == "otp" && c.db.member(old.MemberID).PhoneVerified && m.PhoneVerified && m.Phone == c.db.member(old.MemberID).Phone:
			moved := f
			moved.Detail = map[string]string{"phone_id": m.PhoneID, "phone_number": m.Phone}
			second = append(second, moved)
		}
	}
	if len(first) == 0 {
		return nil
	}
	return append(first, second...)
}
