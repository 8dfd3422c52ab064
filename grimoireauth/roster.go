package grimoireauth

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/mail"
	"time"

	"github.com/stytchauth/stytch-go/v16/stytch/b2b/magiclinks/email"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/organizations/members"
)

// Roster says who is in a class. It is part of a [Client].
type Roster struct{ c *Client }

// NewMember describes somebody who is to be in a class.
type NewMember struct {
	// Email is the address they sign in with. Required.
	Email string
	// Name is what the roster shows. Empty: none.
	Name string
	// Role is what they are to be in the class. Zero: a student.
	Role Role
}

// Invitation describes an invitation by e-mail.
type Invitation struct {
	NewMember
	// By is the member who invites, named in the e-mail. Empty: nobody is named.
	By MemberID
	// RedirectURL is where the link leads, one of those registered with Stytch.
	// Empty: the project's default.
	RedirectURL string
	// Expires is how long the link works, in whole minutes from 5 minutes to 7
	// days. Zero: 7 days.
	Expires time.Duration
}

// Enroll puts somebody into the class without sending anything. They can sign in
// at once. Errors: [ErrConflict] if the address is on the roster already,
// [ErrNotFound] if there is no such class.
func (r Roster) Enroll(ctx context.Context, class ClassID, who NewMember) (Member, error) {
	const op = "enroll"
	roles, fault := r.roles(who.Role)
	if err := invalid(op, needed("class id", string(class)), checkEmail(who.Email), fault); err != nil {
		return Member{}, err
	}
	res, err := call(ctx, r.c, op, func(ctx context.Context) (*members.CreateResponse, error) {
		return r.c.api.Organizations.Members.Create(ctx, &members.CreateParams{
			OrganizationID: string(class),
			EmailAddress:   who.Email,
			Name:           who.Name,
			Roles:          roles,
		})
	})
	if err != nil {
		return Member{}, err
	}
	return r.c.memberOf(op, res.RequestID, class, res.Member)
}

// Invite puts somebody on the roster as invited and e-mails them a link that
// signs them in. Inviting somebody who is invited already sends a new link.
// Errors: [ErrConflict] if they are active members, [ErrForbidden] if the class
// does not allow invitations to this address, [ErrNotFound].
func (r Roster) Invite(ctx context.Context, class ClassID, invitation Invitation) (Member, error) {
	const op = "invite"
	roles, roleFault := r.roles(invitation.Role)
	minutes, expiryFault := linkMinutes(invitation.Expires)
	if err := invalid(op, needed("class id", string(class)), checkEmail(invitation.Email), roleFault, expiryFault); err != nil {
		return Member{}, err
	}
	res, err := call(ctx, r.c, op, func(ctx context.Context) (*email.InviteResponse, error) {
		return r.c.api.MagicLinks.Email.Invite(ctx, &email.InviteParams{
			OrganizationID:          string(class),
			EmailAddress:            invitation.Email,
			Name:                    invitation.Name,
			InvitedByMemberID:       string(invitation.By),
			InviteRedirectURL:       invitation.RedirectURL,
			InviteExpirationMinutes: minutes,
			Roles:                   roles,
		})
	})
	if err != nil {
		return Member{}, err
	}
	return r.c.memberOf(op, res.RequestID, class, res.Member)
}

// rosterPage is how many members one call asks for; Stytch allows 1000.
const rosterPage = 200

// Members iterates over everybody on the roster: active, invited and pending,
// not those who were removed. It asks Stytch page by page as the loop goes on; a
// loop that stops early asks no further. An error is yielded once, with a zero
// Member, and ends the loop. A class without members, or no such class, is told
// apart by the error [ErrNotFound] where Stytch says so.
func (r Roster) Members(ctx context.Context, class ClassID) iter.Seq2[Member, error] {
	const op = "list members"
	return func(yield func(Member, error) bool) {
		if err := invalid(op, needed("class id", string(class))); err != nil {
			yield(Member{}, err)
			return
		}
		for cursor := ""; ; {
			res, err := call(ctx, r.c, op, func(ctx context.Context) (*members.SearchResponse, error) {
				return r.c.api.Organizations.Members.Search(ctx, &members.SearchParams{
					OrganizationIds: []string{string(class)},
					Cursor:          cursor,
					Limit:           rosterPage,
				})
			})
			if err != nil {
				yield(Member{}, err)
				return
			}
			for _, m := range res.Members {
				member, err := r.c.memberOf(op, res.RequestID, class, m)
				if !yield(member, err) || err != nil {
					return
				}
			}
			next := res.ResultsMetadata.NextCursor
			switch next {
			case "":
				return
			case cursor:
				yield(Member{}, incomplete(op, res.RequestID, "repeats its cursor"))
				return
			}
			cursor = next
		}
	}
}

func (r Roster) roles(role Role) ([]string, error) {
	if role == RoleNone {
		role = RoleStudent
	}
	return r.c.roles.assignment(role)
}

// checkEmail refuses what cannot be an address. Stytch decides about the rest.
func checkEmail(address string) error {
	if address == "" {
		return errors.New("the e-mail address is missing")
	}
	parsed, err := mail.ParseAddress(address)
	if err != nil || parsed.Address != address || len(address) > 254 {
		return errors.New("the e-mail address is not of the form name@example.edu")
	}
	return nil
}

// linkMinutes turns the life of a link into Stytch's minutes, 0 to leave it to
// Stytch. Source: https://stytch.com/docs/b2b/api/send-login-signup-email
func linkMinutes(d time.Duration) (uint32, error) {
	if d == 0 {
		return 0, nil
	}
	if d < 5*time.Minute || d > 10080*time.Minute || d%time.Minute != 0 {
		return 0, fmt.Errorf("Expires %v is not a whole number of minutes from 5 to 10080", d)
	}
	return uint32(d / time.Minute), nil
}
