package discovery

import (
	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// createByDiscoveryRequest is POST /v1/b2b/discovery/organizations/create.
type createByDiscoveryRequest struct {
	IntermediateSessionToken string            `json:"intermediate_session_token"`
	SessionDurationMinutes   *int              `json:"session_duration_minutes"`
	SessionCustomClaims      wire.CustomClaims `json:"session_custom_claims"`
	core.OrganizationInfo
	wire.SettingsGiven
	TelemetryID wire.Ignored[string] `json:"telemetry_id"`
}

// CreateOrganization creates an organization. The person who creates it becomes its
// administrator, and is signed in when no step is missing. A name that is not given is
// made from the person's address; how Stytch avoids a slug that is taken is not published.
// Source: https://stytch.com/docs/b2b/api/create-organization-via-discovery
func CreateOrganization(c *core.Request, in createByDiscoveryRequest) (*core.ExchangeSessionResponse, error) {
	i, err := c.IntermediateOf(in.IntermediateSessionToken)
	if err != nil {
		return nil, err
	}
	if i.IsLocal() {
		return nil, wire.Error("invalid_intermediate_session_token_for_organization")
	}
	a, err := c.Begin(nil, core.SignInRequest{SessionDurationMinutes: in.SessionDurationMinutes, SessionCustomClaims: in.SessionCustomClaims})
	if err != nil {
		return nil, err
	}
	if in.ClaimedEmailDomains != nil {
		return nil, wire.Error("claimed_email_domains_not_supported")
	}
	name := nameFromEmail(i.Email)
	if in.OrganizationName == nil {
		in.OrganizationName = &name
	}
	if in.OrganizationSlug == nil {
		slug := c.FreeSlug(*in.OrganizationName)
		in.OrganizationSlug = &slug
	}
	made, err := core.CreateOrganization(c, core.CreateOrganizationRequest{OrganizationInfo: in.OrganizationInfo, SettingsGiven: in.SettingsGiven})
	if err != nil {
		return nil, err
	}
	org, err := c.Organization(made.Organization.OrganizationID)
	if err != nil {
		return nil, err
	}
	if err := c.CheckAddress(org, i.Email, nil); err != nil {
		c.DeleteOrganization(org)
		return nil, err
	}
	m := c.NewMember(org, i.Email, state.StatusPending)
	m.Roles, m.Name = []string{wire.RoleAdmin}, i.Name
	c.StoreMember(m)
	a.Member, a.Intermediate = m, i
	if state.ProvesEmail(i.Factors) {
		c.VerifyEmail(m)
	}
	factors := make([]state.Factor, len(i.Factors))
	for n, f := range i.Factors {
		factors[n] = f.MovedTo(m)
		// A password proves no address, so the member signs in by another method first.
		factors[n].Unproven = f.Unproven || f.Kind == "password"
	}
	out, err := c.Conclude(a, factors)
	if err != nil {
		return nil, err
	}
	return &core.ExchangeSessionResponse{SignInResponse: out}, nil
}
