package stytchclient

import (
	"cmp"
	"context"
	"net/http"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/text"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/organizations"
)

// ClassChange says what is to become different about a class; its zero fields
// leave things as they are. The fields are those of [grimoireauth.Class] and [grimoireauth.ClassSettings];
// lists are replaced as a whole.
type ClassChange struct {
	Name       Change[string]
	Slug       Change[string]
	ExternalID Change[string] // it can be changed, and not be taken away
	LogoURL    Change[string]
	Metadata   grimoireauth.Metadata // keys to set, and, with the value nil, to delete

	Methods            Change[[]grimoireauth.SignInMethod] // at least one, or AnyMethod
	SecondFactorForAll Change[bool]
	SecondFactors      Change[[]grimoireauth.SecondFactor] // at least one, or AnySecondFactor
	Invitations        Change[grimoireauth.Admission]
	JoinByEmail        Change[grimoireauth.Admission]
	Domains            Change[[]string]
	DomainRoles        Change[[]grimoireauth.DomainRole]
	JoinBySSO          Change[grimoireauth.Admission]
	JoinConnections    Change[[]string]
	DefaultConnection  Change[string]
	JoinByTenant       Change[grimoireauth.Admission]
	Tenants            Change[map[string][]string]
}

// Update changes a class. It counts for the next sign-in; sessions that are there
// already stay as they are, also where a way to sign in is no longer allowed.
//
// Errors: [grimoireauth.ErrInvalid], before anything is sent or because the settings would
// contradict each other: Stytch refuses AdmitListed without a list, and a class
// that could be joined in no way. [grimoireauth.ErrConflict], [grimoireauth.ErrNotFound].
// Source: https://stytch.com/docs/b2b/api/update-organization
func (cs Classes) Update(ctx context.Context, id grimoireauth.ClassID, change ClassChange) (grimoireauth.Class, error) {
	const op = "update class"
	fields, fault := cs.c.fieldsOf(change)
	if err := invalid(op, classFault(id), fault); err != nil {
		return grimoireauth.Class{}, err
	}
	by, err := cs.c.actor(ctx, op, id)
	if err != nil {
		return grimoireauth.Class{}, err
	}
	roles, _ := change.DomainRoles.Value()
	for _, r := range roles {
		if err := by.mayGiveDomainRole(op, cs.c.roles, r); err != nil {
			return grimoireauth.Class{}, err
		}
	}
	before, err := cs.before(ctx, op, id)
	if err != nil {
		return grimoireauth.Class{}, err
	}
	return cs.put(ctx, op, before, fields)
}

// put sends these fields, and tells the observer what became different.
func (cs Classes) put(ctx context.Context, op string, before grimoireauth.Class, fields map[string]any) (grimoireauth.Class, error) {
	audit := grimoireauth.Changed{Op: op, Class: before.ID}
	res, err := call(ctx, cs.c, op, func(ctx context.Context) (*organizations.UpdateResponse, error) {
		return send[organizations.UpdateResponse](ctx, cs.c, http.MethodPut, organizationPath(before.ID), fields)
	})
	if err != nil {
		cs.c.recordUnknown(ctx, audit, err)
		return grimoireauth.Class{}, err
	}
	after, err := cs.c.classOf(op, res.RequestID, before.ID, res.Organization)
	if err != nil {
		return grimoireauth.Class{}, err
	}
	if audit.Fields = difference(classAudit(before), classAudit(after)); len(audit.Fields) > 0 {
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
		Metadata:           n.Metadata,
		Methods:            Set(orDefault(s.Methods, grimoireauth.AnyMethod)),
		SecondFactorForAll: Set(s.SecondFactorForAll),
		SecondFactors:      Set(orDefault(s.SecondFactors, grimoireauth.AnySecondFactor)),
		Invitations:        Set(s.Invitations),
		JoinByEmail:        Set(s.JoinByEmail),
		JoinBySSO:          Set(s.JoinBySSO),
		JoinByTenant:       Set(s.JoinByTenant),
	}
	// A name from which nothing can be made is the fault, and not the slug, which the
	// caller has left empty.
	if slug := cmp.Or(n.Slug, text.Slug(n.Name)); slug != "" {
		change.Slug = Set(slug)
	}
	if s.Invitations == "" {
		change.Invitations = Set(grimoireauth.AdmitAll)
	}
	for _, door := range []*Change[grimoireauth.Admission]{&change.JoinByEmail, &change.JoinBySSO, &change.JoinByTenant} {
		if door.to == "" {
			*door = Set(grimoireauth.AdmitNobody)
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
