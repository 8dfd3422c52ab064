package mock

// exchangeIntermediateRequest is POST
// /v1/b2b/discovery/intermediate_sessions/exchange.
type exchangeIntermediateRequest struct {
	OrganizationID           string       `json:"organization_id"`
	IntermediateSessionToken string       `json:"intermediate_session_token"`
	SessionDurationMinutes   *int         `json:"session_duration_minutes"`
	SessionCustomClaims      customClaims `json:"session_custom_claims"`
	Locale                   *string      `json:"locale"`
}

// exchangeIntermediate signs somebody in to the organization that they chose. It
// accepts an invitation, and lets those join whom the organization lets join. An
// exchange that is not the last step answers with the same token.
// Source: https://stytch.com/docs/b2b/api/exchange-intermediate-session
func exchangeIntermediate(c *call, in exchangeIntermediateRequest) (*exchangeSessionAnswer, error) {
	i, err := c.intermediateOf(in.IntermediateSessionToken)
	if err != nil {
		return nil, err
	}
	org, err := c.organization(in.OrganizationID)
	if err != nil {
		return nil, err
	}
	if i.local() && c.db.member(i.MemberID).OrganizationID != org.ID {
		return nil, refuse("invalid_intermediate_session_token_for_organization")
	}
	life := signInRequest{SessionDurationMinutes: in.SessionDurationMinutes, SessionCustomClaims: in.SessionCustomClaims, Locale: in.Locale}
	m := c.memberByEmail(org, i.Email)
	// The rest of the request is looked at before anybody is made a member by it.
	a, err := c.begin(m, life)
	if err != nil {
		return nil, err
	}
	if m == nil {
		if m, err = c.provisionBy(org, i); err != nil {
			return nil, err
		}
		a.member = m
	}
	a.intermediate = i
	if provesEmail(i.Factors) {
		c.prove(m)
	}
	factors := make([]factor, len(i.Factors))
	for n, f := range i.Factors {
		factors[n] = f.movedTo(m)
	}
	out, err := c.conclude(a, factors)
	if err != nil {
		return nil, err
	}
	return &exchangeSessionAnswer{signInAnswer: out}, nil
}

// provisionBy lets somebody new join by the domain of an address that they have
// proven, or by a workspace that an OAuth provider says they are in.
func (c *call) provisionBy(org *organization, i *intermediate) (*member, error) {
	byTenant := i.Tenants.admittedTo(org)
	if !byTenant && !provesEmail(i.Factors) {
		return nil, refuse("email_verification_required")
	}
	if byTenant {
		if err := c.admit(org, i.Email, nil); err != nil {
			return nil, err
		}
		m := c.newMember(org, i.Email, statusPending)
		m.Name = i.Name
		c.keep(m)
		return m, nil
	}
	m, err := c.provision(org, i.Email)
	if err != nil {
		return nil, err
	}
	m.Name = i.Name
	return m, nil
}
