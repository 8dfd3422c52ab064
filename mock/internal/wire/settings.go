package wire

// The values of the settings.
const (
	AllAllowed  = "ALL_ALLOWED"
	Restricted  = "RESTRICTED"
	NotAllowed  = "NOT_ALLOWED"
	MFAForAll   = "REQUIRED_FOR_ALL"
	MFAOptional = "OPTIONAL"
)

// MethodMagicLink is the name of magic links among allowed_auth_methods.
const MethodMagicLink = "magic_link"

// Settings are the authentication settings of an organization, as stored and as
// sent. Lists are never nil, because on the wire they are never null.
// Source: https://stytch.com/docs/b2b/guides/organizations/org-auth-settings
type Settings struct {
	SSOJITProvisioning                   string              `json:"sso_jit_provisioning"`
	SSOJITProvisioningAllowedConnections []string            `json:"sso_jit_provisioning_allowed_connections"`
	EmailAllowedDomains                  []string            `json:"email_allowed_domains"`
	EmailJITProvisioning                 string              `json:"email_jit_provisioning"`
	EmailInvites                         string              `json:"email_invites"`
	AuthMethods                          string              `json:"auth_methods"`
	AllowedAuthMethods                   []string            `json:"allowed_auth_methods"`
	MFAPolicy                            string              `json:"mfa_policy"`
	MFAMethods                           string              `json:"mfa_methods"`
	AllowedMFAMethods                    []string            `json:"allowed_mfa_methods"`
	OAuthTenantJITProvisioning           string              `json:"oauth_tenant_jit_provisioning"`
	AllowedOAuthTenants                  map[string][]string `json:"allowed_oauth_tenants"`
	ClaimedEmailDomains                  []string            `json:"claimed_email_domains"`
	ImplicitRoles                        []ImplicitRole      `json:"rbac_email_implicit_role_assignments"`
	FirstPartyApps                       string              `json:"first_party_connected_apps_allowed_type"`
	AllowedFirstPartyApps                []string            `json:"allowed_first_party_connected_apps"`
	ThirdPartyApps                       string              `json:"third_party_connected_apps_allowed_type"`
	AllowedThirdPartyApps                []string            `json:"allowed_third_party_connected_apps"`
}

// ImplicitRole gives a role to every member with a verified address of a domain.
type ImplicitRole struct {
	Domain string `json:"domain"`
	RoleID string `json:"role_id"`
}

// SettingsGiven are the settings in a request; nil leaves a setting alone.
type SettingsGiven struct {
	SSOJITProvisioning         *string             `json:"sso_jit_provisioning"`
	EmailAllowedDomains        []string            `json:"email_allowed_domains"`
	EmailJITProvisioning       *string             `json:"email_jit_provisioning"`
	EmailInvites               *string             `json:"email_invites"`
	AuthMethods                *string             `json:"auth_methods"`
	AllowedAuthMethods         []string            `json:"allowed_auth_methods"`
	MFAPolicy                  *string             `json:"mfa_policy"`
	MFAMethods                 *string             `json:"mfa_methods"`
	AllowedMFAMethods          []string            `json:"allowed_mfa_methods"`
	OAuthTenantJITProvisioning *string             `json:"oauth_tenant_jit_provisioning"`
	AllowedOAuthTenants        map[string][]string `json:"allowed_oauth_tenants"`
	ClaimedEmailDomains        []string            `json:"claimed_email_domains"`
	ImplicitRoles              []ImplicitRole      `json:"rbac_email_implicit_role_assignments"`
	FirstPartyApps             *string             `json:"first_party_connected_apps_allowed_type"`
	AllowedFirstPartyApps      []string            `json:"allowed_first_party_connected_apps"`
	ThirdPartyApps             *string             `json:"third_party_connected_apps_allowed_type"`
	AllowedThirdPartyApps      []string            `json:"allowed_third_party_connected_apps"`
}

// authGiven reports whether any authentication setting is given. Then, on
// creation, email_invites defaults to NOT_ALLOWED instead of ALL_ALLOWED.
// Source: https://stytch.com/docs/b2b/api/create-organization
func (g SettingsGiven) authGiven() bool {
	for _, p := range []*string{
		g.SSOJITProvisioning, g.EmailJITProvisioning, g.EmailInvites, g.AuthMethods,
		g.MFAPolicy, g.MFAMethods, g.OAuthTenantJITProvisioning,
	} {
		if p != nil {
			return true
		}
	}
	return g.EmailAllowedDomains != nil || g.AllowedAuthMethods != nil || g.AllowedMFAMethods != nil || g.AllowedOAuthTenants != nil
}

// NewSettings returns the defaults for a new organization.
func NewSettings(given SettingsGiven) Settings {
	set := Settings{
		SSOJITProvisioning:                   NotAllowed,
		SSOJITProvisioningAllowedConnections: []string{},
		EmailAllowedDomains:                  []string{},
		EmailJITProvisioning:                 NotAllowed,
		EmailInvites:                         AllAllowed,
		AuthMethods:                          AllAllowed,
		AllowedAuthMethods:                   []string{},
		MFAPolicy:                            MFAOptional,
		MFAMethods:                           AllAllowed,
		AllowedMFAMethods:                    []string{},
		OAuthTenantJITProvisioning:           NotAllowed,
		AllowedOAuthTenants:                  map[string][]string{},
		ClaimedEmailDomains:                  []string{},
		ImplicitRoles:                        []ImplicitRole{},
		FirstPartyApps:                       AllAllowed,
		AllowedFirstPartyApps:                []string{},
		ThirdPartyApps:                       AllAllowed,
		AllowedThirdPartyApps:                []string{},
	}
	if given.authGiven() {
		set.EmailInvites = NotAllowed
	}
	// Stytch's text gives ALL_ALLOWED as the default of sso_jit_provisioning, its
	// sample NOT_ALLOWED. We take the stricter one, except where it would close the
	// last way in and so refuse a request that is good.
	invites, jit := set.EmailInvites, set.EmailJITProvisioning
	if given.EmailInvites != nil {
		invites = *given.EmailInvites
	}
	if given.EmailJITProvisioning != nil {
		jit = *given.EmailJITProvisioning
	}
	if invites == NotAllowed && jit == NotAllowed {
		set.SSOJITProvisioning = AllAllowed
	}
	return set
}

// Consistent holds the rules that settings must keep between them.
// Source: https://stytch.com/docs/b2b/guides/organizations/org-auth-settings; the
// error types of the last four are deduced from their names.
func (set Settings) Consistent() error {
	switch {
	case set.AuthMethods == Restricted && len(set.AllowedAuthMethods) == 0:
		return Error("allowed_auth_methods_required_for_restricted")
	case set.MFAMethods == Restricted && len(set.AllowedMFAMethods) == 0:
		return Error("allowed_mfa_methods_required_for_restricted")
	case set.SSOJITProvisioning == NotAllowed && set.EmailJITProvisioning == NotAllowed && set.EmailInvites == NotAllowed:
		return Error("invalid_organization_auth_factor_setting")
	case (set.EmailInvites == Restricted || set.EmailJITProvisioning == Restricted) && len(set.EmailAllowedDomains) == 0:
		return Error("invalid_restricted_email_setting")
	case set.SSOJITProvisioning == Restricted && len(set.SSOJITProvisioningAllowedConnections) == 0:
		return Error("invalid_restricted_sso_setting")
	case set.OAuthTenantJITProvisioning == Restricted && len(set.AllowedOAuthTenants) == 0:
		return Error("invalid_restricted_oauth_tenants_setting")
	}
	return nil
}
