package state

import (
	"slices"
	"time"
)

// Intermediate is a pending sign-in: what was proven so far, for ten
// minutes. Its token is no session. Its subject is an e-mail address; one that
// began in an organization is bound to the member there.
// Source: https://stytch.com/docs/b2b/guides/mfa
type Intermediate struct {
	Token     string       `json:"-"` // the key in the state
	Email     string       `json:"email_address"`
	MemberID  string       `json:"member_id,omitempty"` // empty if it began without an organization
	Factors   []Factor     `json:"factors"`
	Tenants   OAuthTenants `json:"oauth_tenants,omitzero"` // what the OAuth provider said about workspaces
	Name      string       `json:"name,omitempty"`         // what an identity provider said about the person
	ExpiresAt time.Time    `json:"expires_at"`
}

// IsLocal reports whether a factor counts in its own organization only: a password
// and a school's identity provider are the organization's, an address is the
// person's.
func (i *Intermediate) IsLocal() bool {
	return slices.ContainsFunc(i.Factors, func(f Factor) bool { return f.Kind == "sso" || f.Kind == "password" && i.MemberID != "" })
}
