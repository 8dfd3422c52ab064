package stytchclient

import (
	"context"
	"fmt"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/stytchhttp"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/organizations/members"
)

// ActingClasses is [Classes] on behalf of a member. It is part of an [Acting].
// Every call needs "search" on stytch.member besides what it names.
type ActingClasses struct{ acting }

// Get returns the class that the member is in. It reads the class from a search
// of its members, since Stytch would answer the direct question to anybody.
// Source: https://stytch.com/docs/b2b/api/search-members
func (a ActingClasses) Get(ctx context.Context, id grimoireauth.ClassID) (grimoireauth.Class, error) {
	const op = "get class"
	ctx, err := a.begin(ctx, op)
	if err != nil {
		return grimoireauth.Class{}, err
	}
	if err := invalid(op, classFault(id)); err != nil {
		return grimoireauth.Class{}, err
	}
	return a.c.Classes.before(ctx, op, id)
}

// Update is [Classes.Update], without Metadata, which Stytch rejects on
// behalf of a member. It needs the "update.…" action of each field on
// stytch.organization.
// Source: https://stytch.com/docs/b2b/api/update-organization
func (a ActingClasses) Update(ctx context.Context, id grimoireauth.ClassID, change ClassChange) (grimoireauth.Class, error) {
	ctx, err := a.begin(ctx, "update class")
	if err != nil {
		return grimoireauth.Class{}, err
	}
	return a.c.Classes.Update(ctx, id, change)
}

// Delete is [Classes.Delete]. It needs "delete" on stytch.organization.
func (a ActingClasses) Delete(ctx context.Context, id grimoireauth.ClassID) error {
	ctx, err := a.begin(ctx, "delete class")
	if err != nil {
		return err
	}
	return a.c.Classes.Delete(ctx, id)
}

// before looks a class up ahead of a change. On behalf of a member it searches
// their class, which tells strangers nothing.
func (cs Classes) before(ctx context.Context, op string, id grimoireauth.ClassID) (grimoireauth.Class, error) {
	if _, ok := stytchhttp.OnBehalf(ctx); !ok {
		return cs.Get(ctx, id)
	}
	res, err := call(ctx, cs.c, op, func(ctx context.Context) (*members.SearchResponse, error) {
		return cs.c.api.Organizations.Members.Search(ctx, &members.SearchParams{
			OrganizationIds: []string{string(id)},
			Limit:           1,
		})
	})
	if err != nil {
		return grimoireauth.Class{}, err
	}
	org, ok := res.Organizations[string(id)]
	if !ok {
		return grimoireauth.Class{}, incomplete(op, res.RequestID, fmt.Sprintf("has %d organizations and not the one asked for", len(res.Organizations)))
	}
	return cs.c.classOf(op, res.RequestID, id, org)
}
