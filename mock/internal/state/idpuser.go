package state

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// Visit is a browser on the page of the identity provider.
type Visit struct {
	State          string    `json:"-"`        // the key in the state, but for a grant
	Kind           string    `json:"kind"`     // "oauth", "discovery_oauth" or "sso": the stytch_token_type to return with
	Provider       string    `json:"provider"` // what the page calls itself: "google", "saml"
	Scopes         []string  `json:"scopes,omitempty"`
	OrganizationID string    `json:"organization_id,omitempty"` // empty for discovery
	ConnectionID   string    `json:"connection_id,omitempty"`   // SSO
	Login          string    `json:"login_redirect_url"`        // where to return to; for discovery both are the same
	Signup         string    `json:"signup_redirect_url"`
	Challenge      string    `json:"pkce_code_challenge,omitempty"`
	ExpiresAt      time.Time `json:"expires_at"`
}

// Grant is a one-time token that a browser returned with.
type Grant struct {
	Visit
	Token string  `json:"-"` // the key in the state
	User  IdPUser `json:"idp_user"`
	Spent bool    `json:"spent,omitempty"`
}

// IdPUser is a person that the identity provider knows, with attributes encoded as JSON.
type IdPUser struct {
	Email      string        `json:"email"`
	Name       string        `json:"name,omitempty"`
	Subject    string        `json:"subject,omitempty"`
	Unverified bool          `json:"unverified,omitempty"`
	Tenants    []string      `json:"tenants,omitempty"`
	Groups     []string      `json:"groups,omitempty"`
	Attributes wire.Metadata `json:"attributes"`
}

// EncodeAttributes encodes each attribute as JSON.
func EncodeAttributes(attributes map[string]any) (wire.Metadata, error) {
	out := wire.Metadata{}
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		encoded, err := json.Marshal(attributes[name])
		if err != nil {
			return nil, fmt.Errorf("the attribute %q is no JSON: %w", name, err)
		}
		out[name] = encoded
	}
	return out, nil
}

// FullName is the person's name, or made from the address.
func (p IdPUser) FullName() string {
	if p.Name != "" {
		return p.Name
	}
	name, _, _ := strings.Cut(p.Email, "@")
	return name
}

// Said is everything that an SSO identity provider says about a person.
func (p IdPUser) Said() (wire.Metadata, error) {
	name := p.FullName()
	first, last, _ := strings.Cut(name, " ")
	out, err := EncodeAttributes(map[string]any{
		"email": p.Email, "NameID": p.Email, "idp_user_id": p.Subject,
		"full_name": name, "first_name": first, "last_name": last,
		"groups": append([]string{}, p.Groups...),
	})
	maps.Copy(out, p.Attributes)
	return out, err
}
