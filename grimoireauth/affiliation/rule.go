// Package affiliation derives roles from what the identity provider of a person's home
// institution says of them.
package affiliation

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// Rule derives roles from what a person's home institution says of them:
// the eduPerson affiliation values that its identity provider releases, such as
// "staff;member" or ["staff@mq.edu.au"], in a custom claim of the session.
//
// The claim belongs to the session and not to the way it was begun, so the
// derivation is the same after a magic link as after single sign-on, and each
// refresh brings what the claim says then. Have Stytch copy it from the member's
// trusted_metadata, to which the SSO connection's attribute mapping writes, with
// a custom claim template of the project.
//
// It raises the role of people who are in a class already and opens no class to
// anybody: being staff of a university is no reason to see another lecturer's
// class. A value counts only if the home institution is named beside it and is
// Home, since every institution of a federation has staff. What is missing,
// malformed or unknown grants nothing.
// Source: eduPerson 202208, 2.2.1 eduPersonAffiliation and 2.2.8
// eduPersonScopedAffiliation; SCHAC 1.5.0, schacHomeOrganization.
type Rule struct {
	// Claim is the name of the custom claim with the values. Required. They may be
	// a JSON list or one string with semicolons, scoped (staff@mq.edu.au) or not.
	Claim string
	// Home is the domain of the institution whose word counts, such as mq.edu.au.
	// Required. Domains below it are other institutions.
	Home string
	// HomeClaim is the name of the custom claim with schacHomeOrganization. It is
	// what values without a scope need, and if the session has it, scoped values
	// must agree with it. Empty: only scoped values count.
	HomeClaim string
	// Grants says which values mean which role, in lower case. Nil: staff and
	// faculty are instructors. The values employee, member and affiliate say
	// nothing about teaching and cannot be granted anything.
	Grants map[string]grimoireauth.Role
	// Override is the school's own word about one person in one class, which no
	// identity provider overwrites. If it has one (true), that role stands in the
	// place of the derived one, higher or lower; RoleNone derives nothing. It
	// cannot lower the role that the roster itself gives. Its error is returned,
	// with no role. Nil: there is none.
	Override func(ctx context.Context, session grimoireauth.Session, class grimoireauth.ClassID) (grimoireauth.Role, bool, error)
}

// defaultGrants are the values with which institutions mark people who teach.
var defaultGrants = map[string]grimoireauth.Role{"staff": grimoireauth.RoleInstructor, "faculty": grimoireauth.RoleInstructor}

// Sources of reasons, for [grimoireauth.ExplainRole].
const (
	sourceAffiliation = "affiliation"
	sourceOverride    = "override"
)

// Raise returns a [grimoireauth.RoleFunc] that answers with the higher of what base says and
// what the affiliation, or its override, grants; a person who is nothing in the
// class by base stays nothing. An error of base or of the override is returned
// as it is. Raise's own error matches [grimoireauth.ErrInvalid] and names every fault of the
// Rule.
func (a Rule) Raise(base grimoireauth.RoleFunc) (grimoireauth.RoleFunc, error) {
	faults := a.faults()
	if base == nil {
		faults = append(faults, errors.New("there is no RoleFunc to raise"))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, &grimoireauth.Error{Op: "derive roles", Kind: grimoireauth.ErrInvalid, Detail: err.Error()}
	}
	if a.Grants == nil {
		a.Grants = defaultGrants
	}
	a.Grants = maps.Clone(a.Grants) // the caller's map may change under us
	return func(ctx context.Context, session grimoireauth.Session, class grimoireauth.ClassID) (grimoireauth.Role, error) {
		role, err := base(ctx, session, class)
		if err != nil || role == grimoireauth.RoleNone {
			return grimoireauth.RoleNone, err
		}
		derived, err := a.role(ctx, session, class)
		if err != nil {
			return grimoireauth.RoleNone, err
		}
		return max(role, derived), nil
	}, nil
}

// role returns what the affiliation, or what stands in its place, grants.
func (a Rule) role(ctx context.Context, session grimoireauth.Session, class grimoireauth.ClassID) (grimoireauth.Role, error) {
	derived, reasons := a.derive(session)
	if a.Override != nil {
		role, ok, err := a.Override(ctx, session, class)
		if err != nil {
			return grimoireauth.RoleNone, err
		}
		if ok {
			for i := range reasons {
				reasons[i].Granted, reasons[i].Why = false, "the override stands in its place"
			}
			reasons = append(reasons, grimoireauth.RoleReason{Source: sourceOverride, Value: role.String(), Role: role, Granted: role != grimoireauth.RoleNone, Why: "the school's own word for this person in this class"})
			derived = role
		}
	}
	for _, reason := range reasons {
		grimoireauth.NoteRole(ctx, reason)
	}
	return derived, nil
}

// meaningless are values that no role may be built on: they include
// contractors, students and guests. Source: eduPerson 202208, 2.2.1.
var meaningless = []string{"employee", "member", "affiliate"}

func (a Rule) faults() []error {
	var faults []error
	if a.Claim == "" {
		faults = append(faults, errors.New("Claim is missing: name the custom claim with the affiliation values"))
	}
	if a.Claim != "" && a.Claim == a.HomeClaim {
		faults = append(faults, errors.New("Claim and HomeClaim are one claim"))
	}
	if !isDomain(a.Home) {
		faults = append(faults, fmt.Errorf("Home %.100q is not a domain, such as mq.edu.au", a.Home))
	}
	for _, value := range slices.Sorted(maps.Keys(a.Grants)) {
		switch {
		case slices.Contains(meaningless, value):
			faults = append(faults, fmt.Errorf("Grants gives %q a role, but it says nothing about teaching", value))
		case value == "" || value != lowerASCII(value) || strings.ContainsAny(value, "@; \t"):
			faults = append(faults, fmt.Errorf("Grants names %.100q, which is not an affiliation in lower case", value))
		case a.Grants[value] <= grimoireauth.RoleNone:
			faults = append(faults, fmt.Errorf("Grants gives %q no role: leave it out", value))
		}
	}
	return faults
}

// isDomain asks for letters, digits and hyphens with a dot between them. It is a
// guard against typing errors, not a definition.
func isDomain(s string) bool {
	labels := strings.Split(lowerASCII(s), ".")
	for _, label := range labels {
		if label == "" || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return false
		}
	}
	return len(labels) > 1
}
