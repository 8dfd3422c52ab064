package core

import (
	"maps"
	"slices"

	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

var (
	authMethods = []string{
		"sso", wire.MethodMagicLink, "email_otp", "password",
		"google_oauth", "microsoft_oauth", "slack_oauth", "github_oauth", "hubspot_oauth",
	}
	// MFAMethods are the second factors that an organization can allow.
	MFAMethods = []string{"sms_otp", "totp"}
)

// choose sets *to to the given value, if there is one and it is allowed. Values
// are compared exactly: whether Stytch ignores case is not published.
func choose(to, value *string, kind string, allowed ...string) error {
	if value == nil {
		return nil
	}
	if !slices.Contains(allowed, *value) {
		return wire.Error(kind)
	}
	*to = *value
	return nil
}

// chooseAll replaces a list, if one is given and every value in it is known.
func chooseAll(to *[]string, values, known []string, kind string) error {
	if values == nil {
		return nil
	}
	for _, v := range values {
		if !slices.Contains(known, v) {
			return wire.Error(kind)
		}
	}
	*to = slices.Clone(values)
	return nil
}

// ChangeSettings applies the given settings to a copy of the organization's, and returns
// it if the result is consistent. Lists are replaced as a whole.
func (c *Request) ChangeSettings(o *state.Organization, set wire.Settings, given wire.SettingsGiven) (wire.Settings, error) {
	// Each step writes to set, a copy: the caller keeps the old settings if any step
	// refuses. Calls in a composite literal run in order, so the first fault in this
	// order is the one that is answered.
	const provisioning = "invalid_organization_auth_factor_setting"
	for _, err := range []error{
		choose(&set.SSOJITProvisioning, given.SSOJITProvisioning, provisioning, wire.AllAllowed, wire.Restricted, wire.NotAllowed),
		choose(&set.EmailJITProvisioning, given.EmailJITProvisioning, provisioning+"_for_email_jit_provisioning", wire.Restricted, wire.NotAllowed),
		choose(&set.OAuthTenantJITProvisioning, given.OAuthTenantJITProvisioning, provisioning+"_for_oauth_tenant_jit_provisioning", wire.Restricted, wire.NotAllowed),
		choose(&set.EmailInvites, given.EmailInvites, provisioning, wire.AllAllowed, wire.Restricted, wire.NotAllowed),
		choose(&set.AuthMethods, given.AuthMethods, "invalid_organization_auth_method_settings", wire.AllAllowed, wire.Restricted),
		chooseAll(&set.AllowedAuthMethods, given.AllowedAuthMethods, authMethods, "invalid_organization_allowed_auth_methods"),
		choose(&set.MFAPolicy, given.MFAPolicy, "invalid_organization_mfa_policy", wire.MFAForAll, wire.MFAOptional),
		choose(&set.MFAMethods, given.MFAMethods, "invalid_organization_mfa_factor_setting", wire.AllAllowed, wire.Restricted),
		chooseAll(&set.AllowedMFAMethods, given.AllowedMFAMethods, MFAMethods, "invalid_organization_allowed_mfa_methods"),
		choose(&set.FirstPartyApps, given.FirstPartyApps, "invalid_argument", wire.AllAllowed, wire.Restricted, wire.NotAllowed),
		choose(&set.ThirdPartyApps, given.ThirdPartyApps, "invalid_argument", wire.AllAllowed, wire.Restricted, wire.NotAllowed),
		changeDomains(&set, given),
		c.checkClaimed(o, &set),
		changeTenants(&set, given.AllowedOAuthTenants),
		c.changeImplicitRoles(o, &set, given.ImplicitRoles),
	} {
		if err != nil {
			return wire.Settings{}, err
		}
	}
	if given.AllowedFirstPartyApps != nil {
		set.AllowedFirstPartyApps = slices.Clone(given.AllowedFirstPartyApps)
	}
	if given.AllowedThirdPartyApps != nil {
		set.AllowedThirdPartyApps = slices.Clone(given.AllowedThirdPartyApps)
	}
	return set, set.Consistent()
}

// changeDomains replaces the two lists of domains. They have error types of their
// own, because a domain may be allowed in many organizations and claimed by one.
func changeDomains(set *wire.Settings, given wire.SettingsGiven) error {
	if given.EmailAllowedDomains != nil {
		domains, err := wire.CheckDomains(given.EmailAllowedDomains,
			"organization_settings_invalid_domain", "organization_settings_domain_too_common", "organization_settings_duplicate_domain")
		if err != nil {
			return err
		}
		set.EmailAllowedDomains = domains
	}
	if given.ClaimedEmailDomains != nil {
		domains, err := wire.CheckDomains(given.ClaimedEmailDomains,
			"organization_settings_invalid_claimed_domain", "organization_settings_claimed_domain_too_common", "organization_settings_duplicate_claimed_domain")
		if err != nil {
			return err
		}
		set.ClaimedEmailDomains = domains
	}
	return nil
}

// checkClaimed refuses a domain that another organization claims.
func (c *Request) checkClaimed(o *state.Organization, set *wire.Settings) error {
	for _, domain := range set.ClaimedEmailDomains {
		if other := c.State.Claimant(domain); other != nil && other.ID != o.ID {
			return wire.Error("organization_settings_duplicate_claimed_domain")
		}
	}
	return nil
}

// changeTenants replaces the OAuth tenants whose people may join. An unknown
// provider is refused: with a typo the rule would admit no one.
func changeTenants(set *wire.Settings, tenants map[string][]string) error {
	for provider, names := range tenants {
		if !slices.Contains([]string{"slack", "hubspot", "github"}, provider) || names == nil {
			return wire.Error("invalid_oauth_allowed_tenants_format")
		}
	}
	if tenants != nil {
		set.AllowedOAuthTenants = maps.Clone(tenants)
	}
	return nil
}

// changeImplicitRoles replaces the roles that come with an e-mail domain. With a
// public provider's domain, strangers would get the role.
func (c *Request) changeImplicitRoles(o *state.Organization, set *wire.Settings, roles []wire.ImplicitRole) error {
	if roles == nil {
		return nil
	}
	out := make([]wire.ImplicitRole, 0, len(roles))
	for _, r := range roles {
		domains, err := wire.CheckDomains([]string{r.Domain}, "rbac_invalid_domain", "rbac_domain_too_common", "rbac_invalid_domain")
		if err != nil {
			return err
		}
		if err := c.CheckRole(o, r.RoleID); err != nil {
			return err
		}
		out = append(out, wire.ImplicitRole{Domain: domains[0], RoleID: r.RoleID})
	}
	set.ImplicitRoles = out
	return nil
}
