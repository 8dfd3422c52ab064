package mock

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// IdPUser is somebody whom the scripted identity provider knows: the one that
// stands behind OAuth and SSO. Addresses that are no persona's can sign in there,
// too, as people about whom nothing else is known.
type IdPUser struct {
	Email string // required
	Name  string // empty: the part of Email before the @
	// Subject is what the provider calls them. Empty: made from Email, so that it
	// is the same each time.
	Subject string
	// Unverified makes a provider that vouches for addresses not vouch for this
	// one. Those of GitHub, Slack and HubSpot are never vouched for.
	Unverified bool
	// Tenants are the workspaces that an OAuth provider says they are in.
	Tenants []string
	// Groups are what an SSO identity provider says as "groups".
	Groups []string
	// Attributes are what else it says, for an attribute_mapping to pick from. It
	// always says email, full_name, first_name, last_name, idp_user_id and groups.
	Attributes map[string]any
}

// person is an IdPUser as it is remembered: with what JSON makes of its attributes.
type person struct {
	Email      string   `json:"email"`
	Name       string   `json:"name,omitempty"`
	Subject    string   `json:"subject,omitempty"`
	Unverified bool     `json:"unverified,omitempty"`
	Tenants    []string `json:"tenants,omitempty"`
	Groups     []string `json:"groups,omitempty"`
	Attributes metadata `json:"attributes"`
}

// AddIdPUser makes somebody known to the identity provider, or changes them. It
// panics if Email is no address or an attribute no JSON.
func (s *Stytch) AddIdPUser(persona IdPUser) {
	s.arrange("AddIdPUser", func(c *call) error {
		if err := checkEmail(persona.Email); err != nil {
			return err
		}
		attributes, err := encodeAttributes(persona.Attributes)
		if err != nil {
			return err
		}
		p := person{
			Email: persona.Email, Name: persona.Name, Subject: persona.Subject, Unverified: persona.Unverified,
			Tenants: slices.Clone(persona.Tenants), Groups: slices.Clone(persona.Groups), Attributes: attributes,
		}
		if i := slices.IndexFunc(c.db.Personas, func(p person) bool { return sameEmail(p.Email, persona.Email) }); i < 0 {
			c.db.Personas = append(c.db.Personas, p)
		} else {
			c.db.Personas[i] = p
		}
		return nil
	})
}

func encodeAttributes(attributes map[string]any) (metadata, error) {
	out := metadata{}
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		encoded, err := json.Marshal(attributes[name])
		if err != nil {
			return nil, fmt.Errorf("the attribute %q is no JSON: %w", name, err)
		}
		out[name] = encoded
	}
	return out, nil
}

// person returns who is meant by an address, with everything filled in.
func (c *call) person(email string) (person, error) {
	if err := checkEmail(email); err != nil {
		return person{}, err
	}
	p := person{Email: email}
	if i := slices.IndexFunc(c.db.Personas, func(p person) bool { return sameEmail(p.Email, email) }); i >= 0 {
		p = c.db.Personas[i]
	}
	if p.Name == "" {
		p.Name, _, _ = strings.Cut(p.Email, "@")
	}
	if p.Subject == "" {
		sum := sha256.Sum256([]byte(foldEmail(p.Email)))
		p.Subject = hex.EncodeToString(sum[:8])
	}
	return p, nil
}

// said is everything that an SSO identity provider says about somebody.
func (p person) said() (metadata, error) {
	first, last, _ := strings.Cut(p.Name, " ")
	out, err := encodeAttributes(map[string]any{
		"email": p.Email, "NameID": p.Email, "idp_user_id": p.Subject,
		"full_name": p.Name, "first_name": first, "last_name": last,
		"groups": append([]string{}, p.Groups...),
	})
	maps.Copy(out, p.Attributes)
	return out, err
}
