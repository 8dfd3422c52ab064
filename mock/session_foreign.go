package mock

import (
	"fmt"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// externalToken stands for a credential that somebody else issued and that this
// project takes for a session.
type externalToken struct {
	Kind     string    `json:"kind"`
	MemberID string    `json:"member_id"`
	IssuedAt time.Time `json:"issued_at"`
	Spent    bool      `json:"spent,omitempty"`
}

// The kinds of tokens of others, by the endpoint that takes them:
// sessions/exchange_access_token, sessions/attest and sessions/migrate.
const (
	AccessToken      = "access_token"       // of a Connected App with full_access
	TrustedAuthToken = "trusted_auth_token" // signed by a third party
	ExternalSession  = "session_token"      // of the system that the project migrates from
)

// TrustedProfile is the profile_id that sessions/attest takes with a
// TrustedAuthToken.
const TrustedProfile = "trusted-auth-token-profile-test-00000000-0000-4000-8000-000000000001"

// accessTokenLife is how old an access token may be when it is exchanged.
// Source: https://stytch.com/docs/b2b/api/exchange-access-token
const accessTokenLife = 5 * time.Minute

// ForeignToken returns a token of one of these kinds for a member. The mock has
// no Connected Apps and fetches nothing; that it has been issued is all that is
// known about it. It panics if there is no such member or kind.
func (s *Stytch) ForeignToken(member grimoireauth.MemberID, kind string) grimoireauth.Secret {
	var token string
	s.arrange("ForeignToken", func(c *call) error {
		m, err := c.knownMember(member)
		if err != nil {
			return err
		}
		if kind != AccessToken && kind != TrustedAuthToken && kind != ExternalSession {
			return fmt.Errorf("there is no kind %q", kind)
		}
		token = s.core.randomText("foreign_token", 33)
		put(&c.db.Externals, token, &externalToken{Kind: kind, MemberID: m.ID, IssuedAt: c.now})
		return nil
	})
	return grimoireauth.NewSecret(token)
}

// foreignOf returns what a token stands for, or nil.
func (c *call) foreignOf(token, kind string) *externalToken {
	t := c.db.Externals[token]
	if t == nil || t.Kind != kind || t.Spent || c.db.member(t.MemberID).Status == statusDeleted {
		return nil
	}
	return t
}

// foreignAnswer is the answer of the calls that make a session of such a token:
// there is no intermediate session in it.
type foreignAnswer struct {
	mfaAnswer
}

// admitForeign makes the session. A token of somebody else's cannot owe anything,
// so second factors are not asked for.
func (c *call) admitForeign(m *member, in signInRequest, proof factor) (*foreignAnswer, error) {
	a, err := c.begin(m, in)
	if err != nil {
		return nil, err
	}
	s := a.session
	if s == nil {
		s = c.newSession(m, nil, a.life)
	} else if a.life > 0 {
		s.ExpiresAt = c.now.Add(a.life)
	}
	s.Factors, s.LastAccessedAt = withFactor(s.Factors, proof), c.now
	if s.Claims, err = a.claims.mergedInto(s.Claims); err != nil {
		return nil, err
	}
	c.activate(m)
	shown := c.db.sessionJSON(c.seen(s))
	return &foreignAnswer{mfaAnswer{
		MemberID: m.ID, Member: c.db.memberJSON(m), Organization: c.db.org(m.OrganizationID).json(),
		SessionToken: s.Token, SessionJWT: c.sign(c.seen(s), c.clock()), MemberSession: &shown,
	}}, nil
}

// exchangeAccessTokenRequest is POST /v1/b2b/sessions/exchange_access_token.
type exchangeAccessTokenRequest struct {
	AccessToken            string       `json:"access_token"`
	SessionDurationMinutes *int         `json:"session_duration_minutes"`
	SessionCustomClaims    customClaims `json:"session_custom_claims"`
}

// exchangeAccessToken makes a session of a Connected App's access token, once.
// Source: https://stytch.com/docs/b2b/api/exchange-access-token
func exchangeAccessToken(c *call, in exchangeAccessTokenRequest) (*foreignAnswer, error) {
	t := c.foreignOf(in.AccessToken, AccessToken)
	switch {
	case t == nil:
		return nil, refuse("oauth_access_token_exchange_token_invalid_grant")
	case c.now.Sub(t.IssuedAt) >= accessTokenLife:
		return nil, refuse("oauth_access_token_exchange_token_too_old")
	}
	proof := c.newFactor("oauth", "oauth_access_token_exchange", "oauth_access_token_exchange_factor", "client_id", c.newID("connected-app"))
	out, err := c.admitForeign(c.db.member(t.MemberID), signInRequest{SessionDurationMinutes: in.SessionDurationMinutes, SessionCustomClaims: in.SessionCustomClaims}, proof)
	if err == nil {
		t.Spent = true
	}
	return out, err
}

// attestRequest is POST /v1/b2b/sessions/attest.
type attestRequest struct {
	ProfileID              string       `json:"profile_id"`
	Token                  string       `json:"token"`
	OrganizationID         string       `json:"organization_id"`
	SessionDurationMinutes *int         `json:"session_duration_minutes"`
	SessionCustomClaims    customClaims `json:"session_custom_claims"`
	SessionToken           string       `json:"session_token"`
	SessionJWT             string       `json:"session_jwt"`
}

// attest makes a session of a token that a trusted third party signed.
// Source: https://stytch.com/docs/b2b/guides/trusted-auth-tokens
func attest(c *call, in attestRequest) (*foreignAnswer, error) {
	if in.ProfileID != TrustedProfile {
		return nil, refuse("trusted_token_profile_not_found")
	}
	t := c.foreignOf(in.Token, TrustedAuthToken)
	if t == nil {
		return nil, refuse("invalid_trusted_auth_token")
	}
	if in.OrganizationID != "" {
		org, err := c.organization(in.OrganizationID)
		switch {
		case err != nil:
			return nil, err
		case org.ID != c.db.member(t.MemberID).OrganizationID:
			return nil, refuse("invalid_token_organization_id_claim")
		}
	}
	return c.admitForeign(c.db.member(t.MemberID), signInRequest{
		SessionToken: in.SessionToken, SessionJWT: in.SessionJWT,
		SessionDurationMinutes: in.SessionDurationMinutes, SessionCustomClaims: in.SessionCustomClaims,
	}, c.newFactor("trusted_auth_token", "trusted_token_exchange", "trusted_auth_token_factor", "token_id", c.newUUID("trusted-auth-token")))
}

// migrateSessionRequest is POST /v1/b2b/sessions/migrate.
type migrateSessionRequest struct {
	SessionToken           string       `json:"session_token"`
	OrganizationID         string       `json:"organization_id"`
	SessionDurationMinutes *int         `json:"session_duration_minutes"`
	SessionCustomClaims    customClaims `json:"session_custom_claims"`
}

// migratedAnswer is its answer, which has no device.
type migratedAnswer struct {
	envelope
	MemberID      string           `json:"member_id"`
	Member        memberJSON       `json:"member"`
	Organization  organizationJSON `json:"organization"`
	SessionToken  string           `json:"session_token"`
	SessionJWT    string           `json:"session_jwt"`
	MemberSession *sessionJSON     `json:"member_session"`
}

// migrateSession takes over a session of another system. Its member must exist.
// Source: https://stytch.com/docs/b2b/api/migrate-session
func migrateSession(c *call, in migrateSessionRequest) (*migratedAnswer, error) {
	org, err := c.organization(in.OrganizationID)
	if err != nil {
		return nil, err
	}
	t := c.foreignOf(in.SessionToken, ExternalSession)
	switch {
	case t == nil:
		return nil, refuse("migrate_from_external_unexpected_response")
	case c.db.member(t.MemberID).OrganizationID != org.ID:
		return nil, refuse("member_not_found")
	}
	out, err := c.admitForeign(c.db.member(t.MemberID), signInRequest{SessionDurationMinutes: in.SessionDurationMinutes, SessionCustomClaims: in.SessionCustomClaims},
		c.newFactor("imported", "imported_auth0", ""))
	if err != nil {
		return nil, err
	}
	return &migratedAnswer{
		MemberID: out.MemberID, Member: out.Member, Organization: out.Organization,
		SessionToken: out.SessionToken, SessionJWT: out.SessionJWT, MemberSession: out.MemberSession,
	}, nil
}
