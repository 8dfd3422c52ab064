// Package impersonation answers /v1/b2b/impersonation.
package impersonation

import (
	"time"

	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// How long a token and its session live.
// Source: https://stytch.com/docs/b2b/api/authenticate-impersonation-token
const (
	tokenLife   = 5 * time.Minute
	sessionLife = time.Hour
)

// Start makes a token with which a person of the workspace signs in as the member. At
// Stytch only the dashboard does so. A member who has never signed in is refused,
// because no session is theirs yet.
func Start(c *core.Request, memberID, impersonatorEmail string) (string, error) {
	m, err := c.KnownMember(memberID)
	if err != nil {
		return "", err
	}
	if m.Status != state.StatusActive {
		return "", wire.Error("member_impersonation_not_allowed")
	}
	token := c.NewImpersonationToken()
	state.Put(&c.State.Impersonations, token, &state.Impersonation{
		MemberID: m.ID, ImpersonatorID: c.NewID("workspace-user"), ImpersonatorEmail: impersonatorEmail, ExpiresAt: c.Now.Add(tokenLife),
	})
	return token, nil
}

// authenticateRequest is POST /v1/b2b/impersonation/authenticate.
type authenticateRequest struct {
	ImpersonationToken string `json:"impersonation_token"`
}

// authenticateResponse is its response. It has fewer fields than those of the other
// calls that end in a session.
type authenticateResponse struct {
	wire.Envelope
	MemberID                 string            `json:"member_id"`
	OrganizationID           string            `json:"organization_id"`
	Member                   wire.Member       `json:"member"`
	Organization             wire.Organization `json:"organization"`
	SessionToken             string            `json:"session_token"`
	SessionJWT               string            `json:"session_jwt"`
	MemberSession            wire.Session      `json:"member_session"`
	MemberAuthenticated      bool              `json:"member_authenticated"`
	IntermediateSessionToken string            `json:"intermediate_session_token"`
	MFARequired              any               `json:"mfa_required"`
}

// Authenticate uses up a token and begins a session of the member. It asks for no
// second factor: the person has none of the member's.
// Source: https://stytch.com/docs/b2b/api/authenticate-impersonation-token
func Authenticate(c *core.Request, in authenticateRequest) (*authenticateResponse, error) {
	if !core.WellFormed(in.ImpersonationToken) {
		return nil, wire.Error("invalid_token")
	}
	i := c.State.Impersonations[in.ImpersonationToken]
	if i == nil || i.Spent || !c.Now.Before(i.ExpiresAt) {
		return nil, wire.Error("unable_to_auth_impersonation_token")
	}
	m, err := c.KnownMember(i.MemberID)
	if err != nil {
		return nil, err
	}
	if m.Status != state.StatusActive {
		return nil, wire.Error("member_impersonation_not_allowed")
	}
	i.Spent = true
	factor := c.NewFactor(state.ImpersonatedKind, "impersonation", "impersonated_factor",
		"impersonator_id", i.ImpersonatorID, "impersonator_email_address", i.ImpersonatorEmail)
	s := c.NewSession(m, []state.Factor{factor}, sessionLife)
	return &authenticateResponse{
		MemberID:            m.ID,
		OrganizationID:      m.OrganizationID,
		Member:              c.State.MemberJSON(m),
		Organization:        c.State.Org(m.OrganizationID).JSON(),
		SessionToken:        s.Token,
		SessionJWT:          c.Sign(c.AsSeen(s), c.ClockTime()),
		MemberSession:       c.State.SessionJSON(c.AsSeen(s)),
		MemberAuthenticated: true,
	}, nil
}
