package grimoireauth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/stytchauth/stytch-go/v16/stytch/b2b/organizations"
)

// ClassChange says what is to become different about a class; its zero fields
// leave things as they are. The fields are those of [Class] and [ClassSettings];
// lists are replaced as a whole.
type ClassChange struct {
	Name       Change[string]
	Slug       Change[string]
	ExternalID Change[string] // it can be changed, and not be taken away
	LogoURL    Change[string]
	Metadata   Metadata // keys to set, and, with the value nil, to delete

	Methods            Change[[]SignInMethod] // at least one, or AnyMethod
	SecondFactorForAll Change[bool]
	SecondFactors      Change[[]SecondFactor] // at least one, or AnySecondFactor
	Invitations        Change[Admission]
	JoinByEmail        Change[Admission]
	Domains            Change[[]string]
	DomainRoles        Change[[]DomainRole]
	JoinBySSO          Change[Admission]
	JoinConnections    Change[[]string]
	DefaultConnection  Change[string]
	JoinByTenant       Change[Admission]
	Tenants            Change[map[string][]string]
}

// Update changes a class. It counts for the next sign-in; sessions that are there
// already stay as they are, also where a way to sign in is no longer allowed.
//
// Errors: [ErrInvalid], before anything is sent or because the settings would
// contradict each other: Stytch refuses AdmitListed without a list, and a class
// that nobody could join in any way. [ErrConflict], [ErrNotFound].
// Source: https://stytch.com/docs/b2b/api/update-organization
func (cs Classes) Update(ctx context.Context, id ClassID, change ClassChange) (Class, error) {
	const op = "update class"
	fields, fault := cs.c.fieldsOf(change)
	if err := invalid(op, classFault(id), fault); err != nil {
		return Class{}, err
	}
	before, err := cs.before(ctx, op, id)
	if err != nil {
		return Class{}, err
	}
	return cs.put(ctx, op, before, fields)
}

// put sends these fields, and tells the observer what became different.
func (cs Classes) put(ctx context.Context, op string, before Class, fields map[string]any) (Class, error) {
	audit := Changed{Op: op, Class: before.ID}
	res, err := call(ctx, cs.c, op, func(ctx context.Context) (*organizations.UpdateResponse, error) {
		return send[organizations.UpdateResponse](ctx, cs.c, http.MethodPut, organizationPath(before.ID), fields)
	})
	if err != nil {
		cs.c.recordUnknown(ctx, audit, err)
		return Class{}, err
	}
	after, err := cs.c.classOf(op, res.RequestID, before.ID, res.Organization)
	if err != nil {
		return Class{}, err
	}
	if audit.Fields = difference(before.audit(), after.audit()); len(audit.Fields) > 0 {
		audit.RequestID = res.RequestID
		cs.c.record(ctx, audit)
	}
	return after, nil
}

// change is a NewClass as the change from nothing. Every door is named: Stytch's
// own defaults depend on which other fields are sent, and one of them is not
// published.
func (n NewClass) change() ClassChange {
	s := n.Settings
	change := ClassChange{
		Name:               Set(n.Name),
		Slug:               Set(n.Slug),
		Metadata:           n.Metadata,
		Methods:            Set(orDefault(s.Methods, AnyMethod)),
		SecondFactorForAll: Set(s.SecondFactorForAll),
		SecondFactors:      Set(orDefault(s.SecondFactors, AnySecondFactor)),
		Invitations:        Set(s.Invitations),
		JoinByEmail:        Set(s.JoinByEmail),
		JoinBySSO:          Set(s.JoinBySSO),
		JoinByTenant:       Set(s.JoinByTenant),
	}
	if s.Invitations == "" {
		change.Invitations = Set(AdmitAll)
	}
	for _, door := range []*Change[Admission]{&change.JoinByEmail, &change.JoinBySSO, &change.JoinByTenant} {
		if door.to == "" {
			*door = Set(AdmitNobody)
		}
	}
	// What is empty is left out: a class begins without it.
	setIf(&change.ExternalID, n.ExternalID, n.ExternalID != "")
	setIf(&change.LogoURL, n.LogoURL, n.LogoURL != "")
	setIf(&change.Domains, s.Domains, len(s.Domains) > 0)
	setIf(&change.DomainRoles, s.DomainRoles, len(s.DomainRoles) > 0)
	setIf(&change.Tenants, s.Tenants, len(s.Tenants) > 0)
	return change
}

func orDefault[T any](list []T, one T) []T {
	if len(list) == 0 {
		return []T{one}
	}
	return list
}

func setIf[T any](change *Change[T], to T, given bool) {
	if given {
		*change = Set(to)
	}
}

// fieldsOf returns the change as Stytch's fields, or everything that is wrong
// with it.
func (c *Client) fieldsOf(change ClassChange) (map[string]any, error) {
	w := wireFields{fields: make(map[string]any)}
	put(&w, "organization_name", change.Name, checkClassName)
	put(&w, "organization_slug", change.Slug, checkSlug)
	put(&w, "organization_external_id", change.ExternalID, func(id string) error { return checkExternalID(id, classIDPrefix) })
	put(&w, "organization_logo_url", change.LogoURL, checkLogoURL)
	if len(change.Metadata) > 0 {
		w.fields["trusted_metadata"] = change.Metadata
		w.faults = append(w.faults, change.Metadata.check())
	}
	choice(&w, "Methods", "auth_methods", "allowed_auth_methods", change.Methods, AnyMethod, []SignInMethod{
		MethodMagicLink, MethodEmailCode, MethodPassword, MethodSSO,
		MethodGoogle, MethodMicrosoft, MethodSlack, MethodGitHub, MethodHubSpot,
	})
	choice(&w, "SecondFactors", "mfa_methods", "allowed_mfa_methods", change.SecondFactors, AnySecondFactor,
		[]SecondFactor{SecondFactorSMS, SecondFactorApp})
	if forAll, ok := change.SecondFactorForAll.Value(); ok {
		w.fields["mfa_policy"] = map[bool]string{true: "REQUIRED_FOR_ALL", false: "OPTIONAL"}[forAll]
	}
	put(&w, "email_invites", change.Invitations, admits("Invitations", AdmitAll, AdmitListed, AdmitNobody))
	put(&w, "email_jit_provisioning", change.JoinByEmail, admits("JoinByEmail", AdmitListed, AdmitNobody))
	put(&w, "sso_jit_provisioning", change.JoinBySSO, admits("JoinBySSO", AdmitAll, AdmitListed, AdmitNobody))
	put(&w, "oauth_tenant_jit_provisioning", change.JoinByTenant, admits("JoinByTenant", AdmitListed, AdmitNobody))
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
		w.fields[policy], w.fields[allowed] = AdmitAll, []T{}
		return
	}
	for _, method := range to {
		if !slices.Contains(known, method) && method != every {
			w.faults = append(w.faults, fmt.Errorf("%s has %.40q, which Stytch does not know", field, method))
		}
	}
	w.fields[policy], w.fields[allowed] = AdmitListed, to
}

func admits(field string, allowed ...Admission) func(Admission) error {
	return func(to Admission) error {
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

func (c *Client) putDomainRoles(w *wireFields, change Change[[]DomainRole]) {
	roles, ok := change.Value()
	if !ok {
		return
	}
	out := make([]map[string]string, 0, len(roles))
	for _, r := range roles {
		id := r.ID
		if id == "" {
			ids, err := c.roles.assignment(r.Role)
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
