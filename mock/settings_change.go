package mock

import (
	"maps"
	"slices"
)

// change applies the given settings to a copy of the organization's, and returns
// it if the result is consistent. Lists are replaced as a whole.
func (c *call) change(o *organization, set settings, given settingsGiven) (settings, error) {
	// Each step writes to set, a copy: the caller keeps the old settings if any step
	// refuses. Calls in a composite literal run in order, so the first fault in this
	// order is the one that is answered.
	const provisioning = "invalid_organization_auth_factor_setting"
	for _, err := range []error{
		choose(&set.SSOJITProvisioning, given.SSOJITProvisioning, provisioning, allAllowed, restricted, notAllowed),
		choose(&set.EmailJITProvisioning, given.EmailJITProvisioning, provisioning+"_for_email_jit_provisioning", restricted, notAllowed),
		choose(&set.OAuthTenantJITProvisioning, given.OAuthTenantJITProvisioning, provisioning+"_for_oauth_tenant_jit_provisioning", restricted, notAllowed),
		choose(&set.EmailInvites, given.EmailInvites, provisioning, allAllowed, restricted, notAllowed),
		choose(&set.AuthMethods, given.AuthMethods, "invalid_organization_auth_method_settings", allAllowed, restricted),
		chooseAll(&set.AllowedAuthMethods, given.AllowedAuthMethods, authMethods, "invalid_organization_allowed_auth_methods"),
		choose(&set.MFAPolicy, given.MFAPolicy, "invalid_organization_mfa_policy", mfaForAll, mfaOptional),
		choose(&set.MFAMethods, given.MFAMethods, "invalid_organization_mfa_factor_setting", allAllowed, restricted),
		chooseAll(&set.AllowedMFAMethods, given.AllowedMFAMethods, mfaMethods, "invalid_organization_allowed_mfa_methods"),
		choose(&set.FirstPartyApps, given.FirstPartyApps, "invalid_argument", allAllowed, restricted, notAllowed),
		choose(&set.ThirdPartyApps, given.ThirdPartyApps, "invalid_argument", allAllowed, restricted, notAllowed),
		changeDomains(&set, given),
		c.checkClaimed(o, &set),
		changeTenants(&set, given.AllowedOAuthTenants),
		c.changeImplicitRoles(o, &set, given.ImplicitRoles),
	} {
		if err != nil {
			return settings{}, err
		}
	}
	if given.AllowedFirstPartyApps != nil {
		set.AllowedFirstPartyApps = slices.Clone(given.AllowedFirstPartyApps)
	}
	if given.AllowedThirdPartyApps != nil {
		set.AllowedThirdPartyApps = slices.Clone(given.AllowedThirdPartyApps)
	}
	return set, set.consistent()
}

// consistent holds the rules that settings must keep between them.
// Source: https://stytch.com/docs/b2b/guides/organizations/org-auth-settings; the
// error types of the last four are deduced from their names.
func (set settings) consistent() error {
	switch {
	case set.AuthMethods == restricted && len(set.AllowedAuthMethods) == 0:
		return refuse("allowed_auth_methods_required_for_restricted")
	case set.MFAMethods == restricted && len(set.AllowedMFAMethods) == 0:
		return refuse("allowed_mfa_methods_required_for_restricted")
	case set.SSOJITProvisioning == notAllowed && set.EmailJITProvisioning == notAllowed && set.EmailInvites == notAllowed:
		return refuse("invalid_organization_auth_factor_setting")
	case (set.EmailInvites == restricted || set.EmailJITProvisioning == restricted) && len(set.EmailAllowedDomains) == 0:
		return refuse("invalid_restricted_email_setting")
	case set.SSOJITProvisioning == restricted && len(set.SSOJITProvisioningAllowedConnections) == 0:
		return refuse("invalid_restricted_sso_setting")
	case set.OAuthTenantJITProvisioning == restricted && len(set.AllowedOAuthTenants) == 0:
		return refuse("invalid_restricted_oauth_tenants_setting")
	}
	return nil
}

// changeDomains replaces the two lists of domains. They have error types of their
// own, because a domain may be allowed in many organizations and claimed by one.
func changeDomains(set *settings, given settingsGiven) error {
	if given.EmailAllowedDomains != nil {
		domains, err := checkDomains(given.EmailAllowedDomains,
			"organization_settings_invalid_domain", "organization_settings_domain_too_common", "organization_settings_duplicate_domain")
		if err != nil {
			return err
		}
		set.EmailAllowedDomains = domains
	}
	if given.ClaimedEmailDomains != nil {
		domains, err := checkDomains(given.ClaimedEmailDomains,
			"organization_settings_invalid_claimed_domain", "organization_settings_claimed_domain_too_common", "organization_settings_duplicate_claimed_domain")
		if err != nil {
			return err
		}
		set.ClaimedEmailDomains = domains
	}
	return nil
}

// checkClaimed refuses a domain that another organization claims.
func (c *call) checkClaimed(o *organization, set *settings) error {
	for _, domain := range set.ClaimedEmailDomains {
		if other := c.db.claimant(domain); other != nil && other.ID != o.ID {
			return refuse("organization_settings_duplicate_claimed_domain")
		}
	}
	return nil
}

// changeTenants replaces the OAuth tenants whose people may join. An unknown
// provider is refused: a typo there would admit nobody, and look like a rule.
func changeTenants(set *settings, tenants map[string][]string) error {
	for provider, names := range tenants {
		if !slices.Contains([]string{"slack", "hubspot", "github"}, provider) || names == nil {
			return refuse("invalid_oauth_allowed_tenants_format")
		}
	}
	if tenants != nil {
		set.AllowedOAuthTenants = maps.Clone(tenants)
	}
	return nil
}

// changeImplicitRoles replaces the roles that come with an e-mail domain. With a
// public provider's domain, strangers would get the role.
func (c *call) changeImplicitRoles(o *organization, set *settings, roles []implicitRole) error {
	if roles == nil {
		return nil
	}
	out := make([]implicitRole, 0, len(roles))
	for _, r := range roles {
		domains, err := checkDomains([]string{r.Domain}, "rbac_invalid_domain", "rbac_domain_too_common", "rbac_invalid_domain")
		if err != nil {
			return err
		}
		if err := c.checkRole(o, r.RoleID); err != nil {
			return err
		}
		out = append(out, implicitRole{Domain: domains[0], RoleID: r.RoleID})
	}
	set.ImplicitRoles = out
	return nil
}
