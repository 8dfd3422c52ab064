package discovery

import (
	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// exchangeIntermediateRequest is POST
// /v1/b2b/discovery/intermediate_sessions/exchange.
type exchangeIntermediateRequest struct {
	OrganizationID           string               `json:"organization_id"`
	IntermediateSessionToken string               `json:"intermediate_session_token"`
	SessionDurationMinutes   *int                 `json:"session_duration_minutes"`
	SessionCustomClaims      wire.CustomClaims    `json:"session_custom_claims"`
	Locale                   *string              `json:"locale"`
	TelemetryID              wire.Ignored[string] `json:"telemetry_id"`
}

// ExchangeIntermediate signs a person in to the organization that they chose. It
// accepts an invitation, and provisions a member where the organization allows it. An
// exchange that is not the last step answers with the same token.
// Source: https://stytch.com/docs/b2b/api/exchange-intermediate-session
func ExchangeIntermediate(c *core.Request, in exchangeIntermediateRequest) (*core.ExchangeSessionResponse, error) {
	i, err := c.IntermediateOf(in.IntermediateSessionToken)
	if err != nil {
		return nil, err
	}
	org, err := c.Organization(in.OrganizationID)
	if err != nil {
		return nil, err
	}
	if i.IsLocal() && c.State.Member(i.MemberID).OrganizationID != org.ID {
		return nil, wire.Error("invalid_intermediate_session_token_for_organization")
	}
	life := core.SignInRequest{SessionDurationMinutes: in.SessionDurationMinutes, SessionCustomClaims: in.SessionCustomClaims, Locale: in.Locale}
	m := c.MemberByEmail(org, i.Email)
	// The rest of the request is checked before it makes a member.
	a, err := c.Begin(m, life)
	if err != nil {
		return nil, err
	}
	if m == nil {
		if m, err = provisionBy(c, org, i); err != nil {
			return nil, err
		}
		a.Member = m
	}
	a.Intermediate = i
	if state.ProvesEmail(i.Factors) {
		c.VerifyEmail(m)
	}
	factors := make([]state.Factor, len(i.Factors))
	for n, f := range i.Factors {
		factors[n] = f.MovedTo(m)
	}
	out, err := c.Conclude(a, factors)
	if err != nil {
		return nil, err
	}
	return &core.ExchangeSessionResponse{SignInResponse: out}, nil
}

// provisionBy lets a new member join by the domain of an address that they have
// proven, or by a workspace that an OAuth provider says they are in.
func provisionBy(c *core.Request, org *state.Organization, i *state.Intermediate) (*state.Member, error) {
	byTenant := i.Tenants.AdmittedTo(org)
	if !byTenant && !state.ProvesEmail(i.Factors) {
		return nil, wire.Error("email_verification_required")
	}
	if byTenant {
		if err := c.CheckAddress(org, i.Email, nil); err != nil {
			return nil, err
		}
		m := c.NewMember(org, i.Email, state.StatusPending)
		m.Name = i.Name
		c.StoreMember(m)
		return m, nil
	}
	m, err := c.Provision(org, i.Email)
	if err != nil {
		return nil, err
	}
	m.Name = i.Name
	return m, nil
}
