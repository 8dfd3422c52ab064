package state

import (
	"cmp"
	"slices"

	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// joinKeys are what lets a stranger join an organization: the domain of an address, or a
// workspace at an OAuth provider.
func (o *Organization) joinKeys() []string {
	var out []string
	if o.Settings.EmailJITProvisioning == wire.Restricted {
		for _, domain := range o.Settings.EmailAllowedDomains {
			out = append(out, domainKey(domain))
		}
	}
	if o.Settings.OAuthTenantJITProvisioning == wire.Restricted {
		for provider, ids := range o.Settings.AllowedOAuthTenants {
			for _, id := range ids {
				out = append(out, tenantKey(provider, id))
			}
		}
	}
	return out
}

func domainKey(domain string) string       { return "domain " + domain }
func tenantKey(provider, id string) string { return "tenant " + provider + " " + id }

// Reachable returns the organizations that a person with this address may be in or may
// join, oldest first: who they are decides which of them it is.
func (db *State) Reachable(email string, tenants OAuthTenants) []*Organization {
	found := make(map[*Organization]bool)
	for _, m := range db.index.addresses[wire.FoldEmail(email)] {
		if m.Status != StatusDeleted {
			found[db.Org(m.OrganizationID)] = true
		}
	}
	keys := []string{domainKey(wire.DomainOf(email))}
	for _, id := range tenants.IDs {
		keys = append(keys, tenantKey(tenants.Provider, id))
	}
	for _, key := range keys {
		for o := range db.index.joinable[key] {
			found[o] = true
		}
	}
	var out []*Organization
	for o := range found {
		out = append(out, o)
	}
	slices.SortFunc(out, func(a, b *Organization) int { return cmp.Compare(a.Seq, b.Seq) })
	return out
}
