package core

import (
	"slices"
	"time"

	"github.com/promptgrimoire/auth/mock/internal/state"
)

// NewFactor is a proof given now. Details come as name and value in turn.
func (c *Request) NewFactor(kind, delivery, detailName string, detail ...string) state.Factor {
	f := state.Factor{Kind: kind, Delivery: delivery, Last: c.Now, CreatedAt: c.Now, UpdatedAt: c.Now, DetailName: detailName}
	if detailName != "" {
		f.Detail = make(map[string]string)
		for i := 0; i+1 < len(detail); i += 2 {
			f.Detail[detail[i]] = detail[i+1]
		}
	}
	return f
}

// MagicLinkFactor is the proof that a magic link gives.
func (c *Request) MagicLinkFactor(emailID, email string) state.Factor {
	return c.NewFactor("magic_link", "email", "email_factor", "email_id", emailID, "email_address", email)
}

// EmailOTPFactor is the proof that a code by e-mail gives.
func (c *Request) EmailOTPFactor(emailID, email string) state.Factor {
	return c.NewFactor("email_otp", "email", "email_factor", "email_id", emailID, "email_address", email)
}

// NewRegistration is the account with fresh tokens of the provider.
func (c *Request) NewRegistration(g *state.Grant, known *state.OAuthRegistration) *state.OAuthRegistration {
	r := &state.OAuthRegistration{ID: c.NewID("oauth-user"), Provider: g.Provider, Subject: g.User.Subject}
	if known != nil {
		r.ID = known.ID
	}
	r.AccessToken, r.RefreshToken, r.IDToken = c.RandomText("oauth-token", 24), c.RandomText("oauth-token", 24), c.RandomText("oauth-token", 24)
	r.Scopes, r.Tenants, r.ExpiresAt = slices.Clone(g.Scopes), append([]string{}, g.User.Tenants...), c.Now.Add(time.Hour)
	return r
}

// OAuthFactor is the proof that an account at a provider gives.
func (c *Request) OAuthFactor(g *state.Grant, emailID string, r *state.OAuthRegistration) state.Factor {
	f := c.NewFactor("oauth", "oauth_"+g.Provider, g.Provider+"_oauth_factor", "id", r.ID, "provider_subject", r.Subject, "email_id", emailID)
	f.OAuth = r
	return f
}

// Register notes the accounts behind the factors on the member, once they have
// signed in with them. It notes none of a connection that was deleted meanwhile.
func (c *Request) Register(m *state.Member, factors []state.Factor) {
	for _, f := range factors {
		if f.OAuth != nil {
			account := *f.OAuth // the record of the member is not that of the session
			m.OAuth = slices.DeleteFunc(slices.Clone(m.OAuth), func(r *state.OAuthRegistration) bool {
				return r.Provider == f.OAuth.Provider && r.Subject == f.OAuth.Subject
			})
			m.OAuth = append(m.OAuth, &account)
			c.MemberChanged(m)
		}
		if f.SSO != nil && c.State.Connection(f.SSO.ConnectionID) != nil {
			account := *f.SSO
			m.SSO = slices.DeleteFunc(slices.Clone(m.SSO), func(r *state.SSORegistration) bool {
				return r.ConnectionID == f.SSO.ConnectionID && r.ExternalID == f.SSO.ExternalID
			})
			m.SSO = append(m.SSO, &account)
			c.MemberChanged(m)
		}
	}
}
