package stytchclient

import (
	"context"
	"errors"
	"iter"
	"slices"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/text"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/organizations/members"
)

// Identity is how one human is recognised across classes, in each of which they
// are another member. Exactly one of its fields is set.
type Identity struct {
	// Email is their address. It is theirs for sure only where
	// [grimoireauth.Member.EmailVerified] says so.
	Email string
	// ExternalID is their id in another system, if every class was given it.
	ExternalID string
}

func (who Identity) check() error {
	switch {
	case (who.Email == "") == (who.ExternalID == ""):
		return errors.New("exactly one of Email and ExternalID is needed")
	case who.Email != "":
		return checkEmail(who.Email)
	}
	return checkExternalID(who.ExternalID, memberIDPrefix)
}

// is reports whether the member is this human.
func (who Identity) is(m grimoireauth.Member) bool {
	if who.Email != "" {
		return text.SameAddress(who.Email, m.Email)
	}
	return who.ExternalID == m.ExternalID
}

// Membership is one class of a human's, and who they are in it.
type Membership struct {
	Class  grimoireauth.Class
	Member grimoireauth.Member
}

// classesPerSearch is how many classes one search of members names.
const classesPerSearch = 100

// ClassesOf iterates over the classes that a person belongs to, as an active,
// invited or pending member, in archived classes and as a suspended member, too.
// An error is yielded once, with a zero Membership, and ends the loop.
//
// By e-mail address it asks Stytch for the classes, and once per hundred of them
// for the members. Stytch cannot search all classes for an external id, so by that
// every class of the project is listed, and asked for the member a hundred at a
// time: with thousands of classes, prefer the address.
// Source: https://stytch.com/docs/b2b/api/search-organizations
func (r Roster) ClassesOf(ctx context.Context, who Identity) iter.Seq2[Membership, error] {
	return r.classesOf(ctx, "find the classes of a person", who)
}

func (r Roster) classesOf(ctx context.Context, op string, who Identity) iter.Seq2[Membership, error] {
	if err := invalid(op, who.check()); err != nil {
		return failed[Membership](err)
	}
	return func(yield func(Membership, error) bool) {
		var batch []grimoireauth.Class
		// flush yields the memberships in the batch, and whether to go on.
		flush := func() bool {
			for m, err := range r.among(ctx, op, who, batch) {
				if !yield(m, err) || err != nil {
					return false
				}
			}
			batch = batch[:0]
			return true
		}
		for class, err := range r.c.Classes.Find(ctx, ClassQuery{Email: who.Email, PageSize: classesPerSearch}) {
			if err != nil {
				yield(Membership{}, err)
				return
			}
			if batch = append(batch, class); len(batch) == classesPerSearch && !flush() {
				return
			}
		}
		if len(batch) > 0 {
			flush()
		}
	}
}

// among finds a person in these classes.
func (r Roster) among(ctx context.Context, op string, who Identity, classes []grimoireauth.Class) iter.Seq2[Membership, error] {
	ids := make([]string, len(classes))
	for i, class := range classes {
		ids[i] = string(class.ID)
	}
	filter := operand("member_emails", []string{who.Email})
	if who.ExternalID != "" {
		filter = operand("member_ids", []string{who.ExternalID})
	}
	return pages(op, func(cursor string) (page[Membership], error) {
		params := &members.SearchParams{OrganizationIds: slices.Clone(ids), Cursor: cursor, Limit: defaultPage}
		res, err := r.search(ctx, op, params, []map[string]any{filter})
		if err != nil {
			return page[Membership]{}, err
		}
		out := page[Membership]{next: res.ResultsMetadata.NextCursor, requestID: res.RequestID}
		for _, m := range res.Members {
			member, err := r.c.memberOf(op, res.RequestID, "", m)
			if err != nil {
				return page[Membership]{}, err
			}
			at := slices.IndexFunc(classes, func(c grimoireauth.Class) bool { return c.ID == member.Class })
			if at < 0 || !who.is(member) {
				return page[Membership]{}, incomplete(op, res.RequestID, "is about a member who was not asked for")
			}
			if member.Status != grimoireauth.StatusDeleted {
				out.items = append(out.items, Membership{Class: classes[at], Member: member})
			}
		}
		return out, nil
	})
}
