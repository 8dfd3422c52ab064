package stytchclient

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/text"
)

// fieldsOf returns the change as Stytch's fields, or everything that is wrong
// with it.
func (c *Client) fieldsOf(change ClassChange) (map[string]any, error) {
	w := wireFields{fields: make(map[string]any)}
	put(&w, "organization_name", change.Name, checkClassName)
	put(&w, "organization_slug", change.Slug, text.CheckSlug)
	put(&w, "organization_external_id", change.ExternalID, func(id string) error { return checkExternalID(id, classIDPrefix) })
	put(&w, "organization_logo_url", change.LogoURL, checkLogoURL)
	if len(change.Metadata) > 0 {
		w.fields["trusted_metadata"] = change.Metadata
		w.faults = append(w.faults, checkMetadata(change.Metadata))
	}
	choice(&w, "Methods", "auth_methods", "allowed_auth_methods", change.Methods, grimoireauth.AnyMethod, []grimoireauth.SignInMethod{
		grimoireauth.MethodMagicLink, grimoireauth.MethodEmailCode, grimoireauth.MethodPassword, grimoireauth.MethodSSO,
		grimoireauth.MethodGoogle, grimoireauth.MethodMicrosoft, grimoireauth.MethodSlack, grimoireauth.MethodGitHub, grimoireauth.MethodHubSpot,
	})
	choice(&w, "SecondFactors", "mfa_methods", "allowed_mfa_methods", change.SecondFactors, grimoireauth.AnySecondFactor,
		[]grimoireauth.SecondFactor{grimoireauth.SecondFactorSMS, grimoireauth.SecondFactorApp})
	if forAll, ok := change.SecondFactorForAll.Value(); ok {
		w.fields["mfa_policy"] = map[bool]string{true: "REQUIRED_FOR_ALL", false: "OPTIONAL"}[forAll]
	}
	put(&w, "email_invites", change.Invitations, admits("Invitations", grimoireauth.AdmitAll, grimoireauth.AdmitListed, grimoireauth.AdmitNobody))
	put(&w, "email_jit_provisioning", change.JoinByEmail, admits("JoinByEmail", grimoireauth.AdmitListed, grimoireauth.AdmitNobody))
	put(&w, "sso_jit_provisioning", change.JoinBySSO, admits("JoinBySSO", grimoireauth.AdmitAll, grimoireauth.AdmitListed, grimoireauth.AdmitNobody))
	put(&w, "oauth_tenant_jit_provisioning", change.JoinByTenant, admits("JoinByTenant", grimoireauth.AdmitListed, grimoireauth.AdmitNobody))
	putList(&w, "email_allowed_domains", change.Domains)
	putList(&w, "sso_jit_provisioning_allowed_connections", change.JoinConnections)
	put(&w, "sso_default_connection_id", change.DefaultConnection, nil)
	put(&w, "allowed_oauth_tenants", change.Tenants, checkTenants)
	if tenants, ok := change.Tenants.Value(); ok && tenants == nil {
		w.fields["allowed_oauth_tenants"] = map[string][]string{}
	}
	c.putDomainRoles(&w, change.DomainRoles)
	return w.fields, errors.Join(w.faults...)
}

// wireFields collects the fields of a request and what is wrong with them.
type wireFields struct {
	fields map[string]any
	faults []error
}

func put[T any](w *wireFields, name string, change Change[T], check func(T) error) {
	if to, ok := change.Value(); ok {
		w.fields[name] = to
		if check != nil {
			w.faults = append(w.faults, check(to))
		}
	}
}

// putList sends an empty list as [], which clears it; null would leave it alone.
func putList(w *wireFields, name string, change Change[[]string]) {
	if to, ok := change.Value(); ok {
		w.fields[name] = append([]string{}, to...)
		if slices.Contains(to, "") {
			w.faults = append(w.faults, fmt.Errorf("%s has an empty value", name))
		}
	}
}

// choice writes a list of methods as Stytch keeps it: a policy, and the list that
// counts under one of the two policies.
func choice[T ~string](w *wireFields, field, policy, allowed string, change Change[[]T], every T, known []T) {
	to, ok := change.Value()
	if !ok {
		return
	}
	switch {
	case len(to) == 0:
		// A list that a program computed, and that came out empty, must not open the
		// class to everything.
		w.faults = append(w.faults, fmt.Errorf("%s is empty: name at least one, or %q for all", field, every))
	case slices.Contains(to, every) && len(to) > 1:
		w.faults = append(w.faults, fmt.Errorf("%s has %q and others", field, every))
	case slices.Contains(to, every):
		w.fields[policy], w.fields[allowed] = grimoireauth.AdmitAll, []T{}
		return
	}
	for _, method := range to {
		if !slices.Contains(known, method) && method != every {
			w.faults = append(w.faults, fmt.Errorf("%s has %.40q, which Stytch does not know", field, method))
		}
	}
	w.fields[policy], w.fields[allowed] = grimoireauth.AdmitListed, to
}

func admits(field string, allowed ...grimoireauth.Admission) func(grimoireauth.Admission) error {
	return func(to grimoireauth.Admission) error {
		if slices.Contains(allowed, to) {
			return nil
		}
		return fmt.Errorf("%s is %.40q, not one of %s", field, to, strings.Join(words[string](allowed), ", "))
	}
}

func checkTenants(tenants map[string][]string) error {
	var faults []error
	for provider, ids := range tenants {
		if !slices.Contains([]string{"slack", "hubspot", "github"}, provider) || len(ids) == 0 || slices.Contains(ids, "") {
			faults = append(faults, fmt.Errorf("Tenants has %.40q, which is not slack, hubspot or github with at least one tenant", provider))
		}
	}
	return errors.Join(faults...)
}

func (c *Client) putDomainRoles(w *wireFields, change Change[[]grimoireauth.DomainRole]) {
	roles, ok := change.Value()
	if !ok {
		return
	}
	out := make([]map[string]string, 0, len(roles))
	for _, r := range roles {
		id := r.ID
		if id == "" {
			ids, err := assignment(c.roles, r.Role)
			if err != nil || len(ids) == 0 {
				w.faults = append(w.faults, fmt.Errorf("DomainRoles has %v, which no domain can bring", r.Role))
				continue
			}
			id = ids[0]
		}
		if r.Domain == "" {
			w.faults = append(w.faults, errors.New("DomainRoles has a role without a domain"))
		}
		out = append(out, map[string]string{"domain": r.Domain, "role_id": id})
	}
	w.fields["rbac_email_implicit_role_assignments"] = out
}
