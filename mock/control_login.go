package mock

import (
	"errors"
	"fmt"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// factorDeliveries are the factors that a login can ask for by name, and how
// each is delivered. Those that come from a provider are named with it, such as
// "oauth_google" and "sso_saml".
// Source: https://stytch.com/docs/b2b/api/session-object
var factorDeliveries = map[string]string{
	"magic_link":     "email",
	"email_otp":      "email",
	"password":       "knowledge",
	"otp":            "sms",
	"totp":           "authenticator_app",
	"recovery_codes": "recovery_code",
}

// login signs somebody in, and puts them on the roster first if they are
// not there. The roles are given to the session besides the member's own; a role
// that the policy does not have is a mistake, as it would grant nothing. An age
// makes the session begin that long ago, with a session_jwt from then.
func (s *Stytch) login(in loginRequest) (loginAnswer, error) {
	age, err := span("jwt_age", in.JWTAge)
	if err != nil {
		return loginAnswer{}, err
	}
	options := []SignInOption{WithJWTAge(age)}
	factors, err := namedFactors(in.Factors)
	if err != nil {
		return loginAnswer{}, err
	}
	options = append(options, WithFactors(factors...))
	var granted []string
	for _, role := range in.Roles {
		switch {
		case !s.core.policy.has(role):
			return loginAnswer{}, fmt.Errorf("the role %.60q is not in the RBAC policy", role)
		case role != roleMember: // every member has it
			granted = append(granted, role)
		}
	}
	options = append(options, WithRoles(granted...))

	var who *member
	err = misuse("login", func() {
		s.arrange("login", func(c *call) (err error) {
			who, err = c.enrolled(in.OrganizationID, in.EmailAddress)
			return err
		})
	})
	if err != nil {
		return loginAnswer{}, err
	}
	out := loginAnswer{MemberID: who.ID} // an id never changes
	err = misuse("SignIn", func() {
		credentials := s.SignIn(grimoireauth.MemberID(out.MemberID), options...)
		out.SessionToken, out.SessionJWT = credentials.Token.Reveal(), credentials.JWT.Reveal()
	})
	return out, err
}

// enrolled returns the member with this address, and makes one if there is none.
func (c *call) enrolled(organization, email string) (*member, error) {
	if organization == "" || email == "" {
		return nil, errors.New("organization_id and email_address are needed")
	}
	org, err := c.organization(organization)
	if err != nil {
		return nil, err
	}
	if m := c.memberByEmail(org, email); m != nil {
		return m, nil
	}
	c.params = map[string]string{"organization_id": org.ID}
	made, err := arranged(c, map[string]any{"email_address": email}, createMember)
	if err != nil {
		return nil, err
	}
	return c.db.member(made.MemberID), nil
}

func namedFactors(names []string) ([]grimoireauth.Factor, error) {
	var out []grimoireauth.Factor
	for _, name := range names {
		delivery, ok := factorDeliveries[name]
		kind := name
		if provider, _, found := strings.Cut(name, "_"); !ok && found && (provider == "oauth" || provider == "sso") {
			kind, delivery, ok = provider, name, knownProvider(name)
		}
		if !ok {
			return nil, fmt.Errorf("the factor %.60q is unknown: use magic_link, email_otp, password, otp, totp, recovery_codes, sso_saml, sso_oidc, or oauth_ and the provider", name)
		}
		out = append(out, grimoireauth.Factor{Type: kind, DeliveryMethod: delivery})
	}
	return out, nil
}

func knownProvider(name string) bool {
	switch name {
	case "sso_saml", "sso_oidc", "oauth_google", "oauth_microsoft", "oauth_slack", "oauth_github", "oauth_hubspot":
		return true
	}
	return false
}
