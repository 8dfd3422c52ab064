package mock

import (
	"errors"
	"fmt"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/mock/internal/api/members"
	"github.com/promptgrimoire/auth/mock/internal/control"
	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
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

// login signs a person in, and adds them to the roster first if they are
// not there. The roles are given to the session besides the member's own; a role
// that the policy does not have is a mistake, as it would grant nothing. An age
// makes the session begin that long ago, with a session_jwt from then.
func (s *Stytch) login(in control.LoginRequest) (control.LoginResponse, error) {
	age, err := control.Span("jwt_age", in.JWTAge)
	if err != nil {
		return control.LoginResponse{}, err
	}
	options := []SignInOption{WithJWTAge(age)}
	factors, err := namedFactors(in.Factors)
	if err != nil {
		return control.LoginResponse{}, err
	}
	options = append(options, WithFactors(factors...))
	var granted []string
	for _, role := range in.Roles {
		switch {
		case !s.core.Policy.Has(role):
			return control.LoginResponse{}, fmt.Errorf("the role %.60q is not in the RBAC policy", role)
		case role != wire.RoleMember: // every member has it
			granted = append(granted, role)
		}
	}
	options = append(options, WithRoles(granted...))

	var member *state.Member
	err = misuse("login", func() {
		s.arrange("login", func(c *core.Request) (err error) {
			member, err = findOrCreate(c, in.OrganizationID, in.EmailAddress)
			return err
		})
	})
	if err != nil {
		return control.LoginResponse{}, err
	}
	out := control.LoginResponse{MemberID: member.ID} // an id never changes
	err = misuse("SignIn", func() {
		credentials := s.SignIn(grimoireauth.MemberID(out.MemberID), options...)
		out.SessionToken, out.SessionJWT = credentials.Token.Reveal(), credentials.JWT.Reveal()
	})
	return out, err
}

// findOrCreate returns the member with this address, and makes one if there is none.
func findOrCreate(c *core.Request, organization, email string) (*state.Member, error) {
	if organization == "" || email == "" {
		return nil, errors.New("organization_id and email_address are needed")
	}
	org, err := c.Organization(organization)
	if err != nil {
		return nil, err
	}
	if m := c.MemberByEmail(org, email); m != nil {
		return m, nil
	}
	c.Params = map[string]string{"organization_id": org.ID}
	made, err := arranged(c, map[string]any{"email_address": email}, members.Create)
	if err != nil {
		return nil, err
	}
	return c.State.Member(made.MemberID), nil
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
