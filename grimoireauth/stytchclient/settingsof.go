package stytchclient

import (
	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/organizations"
)

// settingsOf reads the settings of an Organization. What is not clearly "all"
// is read as the list that goes with it, which may be empty: a word that Stytch
// adds must not open a class.
func (c *Client) settingsOf(org organizations.Organization) grimoireauth.ClassSettings {
	s := grimoireauth.ClassSettings{
		Methods:            []grimoireauth.SignInMethod{grimoireauth.AnyMethod},
		SecondFactorForAll: org.MFAPolicy != "OPTIONAL",
		SecondFactors:      []grimoireauth.SecondFactor{grimoireauth.AnySecondFactor},
		Invitations:        grimoireauth.Admission(org.EmailInvites),
		JoinByEmail:        grimoireauth.Admission(org.EmailJITProvisioning),
		Domains:            org.EmailAllowedDomains,
		JoinBySSO:          grimoireauth.Admission(org.SSOJITProvisioning),
		JoinConnections:    org.SSOJITProvisioningAllowedConnections,
		DefaultConnection:  org.SSODefaultConnectionID,
		JoinByTenant:       grimoireauth.Admission(org.OAuthTenantJITProvisioning),
		Tenants:            tenantsOf(org.AllowedOAuthTenants),
	}
	if org.AuthMethods != string(grimoireauth.AdmitAll) {
		s.Methods = words[grimoireauth.SignInMethod](org.AllowedAuthMethods)
	}
	if org.MFAMethods != string(grimoireauth.AdmitAll) {
		s.SecondFactors = words[grimoireauth.SecondFactor](org.AllowedMFAMethods)
	}
	for _, r := range org.RBACEmailImplicitRoleAssignments {
		s.DomainRoles = append(s.DomainRoles, grimoireauth.DomainRole{Domain: r.Domain, Role: c.roles.Role(r.RoleID), ID: r.RoleID})
	}
	return s
}

func tenantsOf(raw map[string]any) map[string][]string {
	var out map[string][]string
	for provider, value := range raw {
		list, ok := value.([]any)
		if !ok {
			continue // not a list of tenants, so it admits no one
		}
		if out == nil {
			out = make(map[string][]string)
		}
		ids := make([]string, 0, len(list))
		for _, item := range list {
			if id, ok := item.(string); ok {
				ids = append(ids, id)
			}
		}
		out[provider] = ids
	}
	return out
}

// words turns strings into values of a string type, and back.
func words[To, From ~string](list []From) []To {
	out := make([]To, len(list))
	for i, word := range list {
		out[i] = To(word)
	}
	return out
}
