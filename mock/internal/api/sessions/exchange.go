package sessions

import (
	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// exchangeSessionRequest is POST /v1/b2b/sessions/exchange.
type exchangeSessionRequest struct {
	OrganizationID string `json:"organization_id"`
	core.SignInRequest
}

// Exchange signs the person of a session in to another organization of
// theirs. They are recognised by their e-mail address; a person who is not in
// that organization is never added to it. The old session stays as it is, which
// is not published.
//
// Magic links by e-mail and, if both members have proven the same phone number,
// codes by SMS go along; passwords and SSO do not. OAuth does as well, in a form
// of its own.
// Source: https://stytch.com/docs/b2b/api/exchange-session
func Exchange(c *core.Request, in exchangeSessionRequest) (*core.ExchangeSessionResponse, error) {
	old, err := c.SessionOf(in.SessionToken, in.SessionJWT)
	if err != nil {
		return nil, err
	}
	if old.Impersonated() {
		return nil, wire.Error("session_not_mutable")
	}
	org, err := c.Organization(in.OrganizationID)
	if err != nil {
		return nil, err
	}
	m := c.MemberByEmail(org, c.State.Member(old.MemberID).Email)
	if m == nil {
		return nil, wire.Error("member_not_found")
	}
	factors := c.Transferable(old, m)
	if len(factors) == 0 {
		return nil, wire.Error("insufficient_factors_for_session_exchange")
	}
	a, err := c.Begin(m, core.SignInRequest{
		SessionDurationMinutes: in.SessionDurationMinutes,
		SessionCustomClaims:    in.SessionCustomClaims,
		Locale:                 in.Locale,
	})
	if err != nil {
		return nil, err
	}
	if m.ID == old.MemberID {
		a.Session = old // the same organization: nothing to switch to
	} else {
		a.Intermediate = c.NewIntermediate(m, factors)
	}
	c.VerifyEmail(m) // what proved the address there proves it here
	out, err := c.Finish(a, factors[0])
	if err != nil {
		return nil, err
	}
	return &core.ExchangeSessionResponse{SignInResponse: out}, nil
}
