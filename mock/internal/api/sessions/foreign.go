package sessions

import (
	"time"

	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// TrustedProfile is the profile_id that sessions/attest takes with a
// TrustedAuthToken.
const TrustedProfile = "trusted-auth-token-profile-test-00000000-0000-4000-8000-000000000001"

// accessTokenLife is how old an access token may be when it is exchanged.
// Source: https://stytch.com/docs/b2b/api/exchange-access-token
const accessTokenLife = 5 * time.Minute

// foreignToken returns what a token stands for, or nil.
func foreignToken(c *core.Request, token, kind string) *state.ForeignToken {
	t := c.State.ForeignTokens[token]
	if t == nil || t.Kind != kind || t.Spent || c.State.Member(t.MemberID).Status == state.StatusDeleted {
		return nil
	}
	return t
}

// foreignResponse is the response of the calls that make a session of such a token:
// there is no intermediate session in it.
type foreignResponse struct {
	core.MFAResponse
}

// foreignSession makes the session. The token of another issuer owes no second
// factor.
func foreignSession(c *core.Request, m *state.Member, in core.SignInRequest, proof state.Factor) (*foreignResponse, error) {
	a, err := c.Begin(m, in)
	if err != nil {
		return nil, err
	}
	s := a.Session
	if s == nil {
		s = c.NewSession(m, nil, a.Life)
	} else if a.Life > 0 {
		s.ExpiresAt = c.Now.Add(a.Life)
	}
	s.Factors, s.LastAccessedAt = state.WithFactor(s.Factors, proof), c.Now
	if s.Claims, err = a.Claims.MergedInto(s.Claims); err != nil {
		return nil, err
	}
	c.Activate(m)
	shown := c.State.SessionJSON(c.AsSeen(s))
	return &foreignResponse{core.MFAResponse{
		MemberID: m.ID, Member: c.State.MemberJSON(m), Organization: c.State.Org(m.OrganizationID).JSON(),
		SessionToken: s.Token, SessionJWT: c.Sign(c.AsSeen(s), c.ClockTime()), MemberSession: &shown,
	}}, nil
}

// exchangeAccessTokenRequest is POST /v1/b2b/sessions/exchange_access_token.
type exchangeAccessTokenRequest struct {
	AccessToken            string               `json:"access_token"`
	SessionDurationMinutes *int                 `json:"session_duration_minutes"`
	SessionCustomClaims    wire.CustomClaims    `json:"session_custom_claims"`
	TelemetryID            wire.Ignored[string] `json:"telemetry_id"`
}

// ExchangeAccessToken makes a session of a Connected App's access token, once.
// Source: https://stytch.com/docs/b2b/api/exchange-access-token
func ExchangeAccessToken(c *core.Request, in exchangeAccessTokenRequest) (*foreignResponse, error) {
	t := foreignToken(c, in.AccessToken, state.AccessToken)
	switch {
	case t == nil:
		return nil, wire.Error("oauth_access_token_exchange_token_invalid_grant")
	case c.Now.Sub(t.IssuedAt) >= accessTokenLife:
		return nil, wire.Error("oauth_access_token_exchange_token_too_old")
	}
	proof := c.NewFactor("oauth", "oauth_access_token_exchange", "oauth_access_token_exchange_factor", "client_id", c.NewID("connected-app"))
	out, err := foreignSession(c, c.State.Member(t.MemberID), core.SignInRequest{SessionDurationMinutes: in.SessionDurationMinutes, SessionCustomClaims: in.SessionCustomClaims}, proof)
	if err == nil {
		t.Spent = true
	}
	return out, err
}

// attestRequest is POST /v1/b2b/sessions/attest.
type attestRequest struct {
	ProfileID              string               `json:"profile_id"`
	Token                  string               `json:"token"`
	OrganizationID         string               `json:"organization_id"`
	SessionDurationMinutes *int                 `json:"session_duration_minutes"`
	SessionCustomClaims    wire.CustomClaims    `json:"session_custom_claims"`
	SessionToken           string               `json:"session_token"`
	SessionJWT             string               `json:"session_jwt"`
	TelemetryID            wire.Ignored[string] `json:"telemetry_id"`
}

// Attest makes a session of a token that a trusted third party signed.
// Source: https://stytch.com/docs/b2b/guides/trusted-auth-tokens
func Attest(c *core.Request, in attestRequest) (*foreignResponse, error) {
	if in.ProfileID != TrustedProfile {
		return nil, wire.Error("trusted_token_profile_not_found")
	}
	t := foreignToken(c, in.Token, state.TrustedAuthToken)
	if t == nil {
		return nil, wire.Error("invalid_trusted_auth_token")
	}
	if in.OrganizationID != "" {
		org, err := c.Organization(in.OrganizationID)
		switch {
		case err != nil:
			return nil, err
		case org.ID != c.State.Member(t.MemberID).OrganizationID:
			return nil, wire.Error("invalid_token_organization_id_claim")
		}
	}
	return foreignSession(c, c.State.Member(t.MemberID), core.SignInRequest{
		SessionToken: in.SessionToken, SessionJWT: in.SessionJWT,
		SessionDurationMinutes: in.SessionDurationMinutes, SessionCustomClaims: in.SessionCustomClaims,
	}, c.NewFactor("trusted_auth_token", "trusted_token_exchange", "trusted_auth_token_factor", "token_id", c.NewUUID("trusted-auth-token")))
}

// migrateSessionRequest is POST /v1/b2b/sessions/migrate.
type migrateSessionRequest struct {
	SessionToken           string            `json:"session_token"`
	OrganizationID         string            `json:"organization_id"`
	SessionDurationMinutes *int              `json:"session_duration_minutes"`
	SessionCustomClaims    wire.CustomClaims `json:"session_custom_claims"`
}

// migratedResponse is its response, which has no device.
type migratedResponse struct {
	wire.Envelope
	MemberID      string            `json:"member_id"`
	Member        wire.Member       `json:"member"`
	Organization  wire.Organization `json:"organization"`
	SessionToken  string            `json:"session_token"`
	SessionJWT    string            `json:"session_jwt"`
	MemberSession *wire.Session     `json:"member_session"`
}

// Migrate takes over a session of another system. Its member must exist.
// Source: https://stytch.com/docs/b2b/api/migrate-session
func Migrate(c *core.Request, in migrateSessionRequest) (*migratedResponse, error) {
	org, err := c.Organization(in.OrganizationID)
	if err != nil {
		return nil, err
	}
	t := foreignToken(c, in.SessionToken, state.ExternalSession)
	switch {
	case t == nil:
		return nil, wire.Error("migrate_from_external_unexpected_response")
	case c.State.Member(t.MemberID).OrganizationID != org.ID:
		return nil, wire.Error("member_not_found")
	}
	out, err := foreignSession(c, c.State.Member(t.MemberID), core.SignInRequest{SessionDurationMinutes: in.SessionDurationMinutes, SessionCustomClaims: in.SessionCustomClaims},
		c.NewFactor("imported", "imported_auth0", ""))
	if err != nil {
		return nil, err
	}
	return &migratedResponse{
		MemberID: out.MemberID, Member: out.Member, Organization: out.Organization,
		SessionToken: out.SessionToken, SessionJWT: out.SessionJWT, MemberSession: out.MemberSession,
	}, nil
}
