package stytchclient

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/stytchhttp"
	"github.com/promptgrimoire/auth/internal/text"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/magiclinks/email"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/organizations/members"
)

// Roster says who is in a class. It is part of a [Client].
type Roster struct{ c *Client }

// NewMember describes a person who is to be in a class.
type NewMember struct {
	// Email is the address they sign in with, in letters of ASCII. Required.
	Email string
	// Name is what the roster shows: up to 200 characters, none of them invisible.
	// Spaces and marks of direction at its ends are dropped. Empty: none.
	Name string
	// Role is what they are to be in the class. Zero: a student.
	Role grimoireauth.Role
	// ExternalID is their id in another system, unique in the class: up to 128
	// letters, digits and "._-|". Empty: none. An invitation cannot carry one.
	ExternalID string
	// Metadata is kept with the member. Nil: none.
	Metadata grimoireauth.Metadata
}

// Invitation describes an invitation by e-mail.
type Invitation struct {
	NewMember
	// By is the member who invites, named in the e-mail. They invite to a role up to
	// their own. Empty: no inviter is named, and the program itself answers for the
	// role; on behalf of a member (see [Client.As]) it is filled in, and another
	// member than the one who acts is [grimoireauth.ErrInvalid].
	By grimoireauth.MemberID
	// RedirectURL is where the link leads, one of those registered with Stytch.
	// Empty: the project's default.
	RedirectURL string
	// Expires is how long the link works, in whole minutes from 5 minutes to 7
	// days. Zero: 7 days.
	Expires time.Duration
	// Template is the id of an e-mail template of the project's. Empty: the
	// default.
	Template string
	// Locale is the language of the e-mail: "en", "es", "pt-br" or "fr". Empty:
	// English.
	Locale string
}

// Enroll puts a person into the class without sending anything. They can sign in
// at once. Errors: [grimoireauth.ErrConflict] if the address is on the roster already,
// [grimoireauth.ErrNotFound] if there is no such class. After [grimoireauth.ErrUnavailable] they may be
// enrolled: look, or enroll again and take ErrConflict for success.
// Source: https://stytch.com/docs/b2b/api/create-member
func (r Roster) Enroll(ctx context.Context, class grimoireauth.ClassID, who NewMember) (grimoireauth.Member, error) {
	const op = "enroll"
	roles, fault := r.check(&who)
	if err := invalid(op, classFault(class), fault); err != nil {
		return grimoireauth.Member{}, err
	}
	by, err := r.c.actor(ctx, op, class)
	if err != nil {
		return grimoireauth.Member{}, err
	}
	if err := by.mayGive(op, max(who.Role, grimoireauth.RoleStudent)); err != nil {
		return grimoireauth.Member{}, err
	}
	return r.create(ctx, op, &members.CreateParams{
		OrganizationID:  string(class),
		EmailAddress:    who.Email,
		Name:            who.Name,
		Roles:           roles,
		ExternalID:      who.ExternalID,
		TrustedMetadata: who.Metadata,
	})
}

func (r Roster) create(ctx context.Context, op string, params *members.CreateParams) (grimoireauth.Member, error) {
	audit := grimoireauth.Changed{Op: op, Class: grimoireauth.ClassID(params.OrganizationID)}
	res, err := call(ctx, r.c, op, func(ctx context.Context) (*members.CreateResponse, error) {
		return r.c.api.Organizations.Members.Create(ctx, params)
	})
	if err != nil {
		r.c.recordUnknown(ctx, audit, err)
		return grimoireauth.Member{}, err
	}
	member, err := r.c.memberOf(op, res.RequestID, audit.Class, res.Member)
	if err != nil {
		return grimoireauth.Member{}, err
	}
	audit.Member, audit.RequestID, audit.Fields = member.Member, res.RequestID, difference(nil, memberAudit(member))
	r.c.record(ctx, audit)
	return member, nil
}

// Invite puts a person on the roster as invited and e-mails them a link that
// signs them in. Inviting a person who is invited or pending sends a new link,
// and earlier ones stay good; [Roster.Deny] takes an invitation back. Errors:
// [grimoireauth.ErrConflict] if they are active members, [grimoireauth.ErrForbidden] if the class does not
// allow invitations to this address, or if the role is above that of who invites;
// [grimoireauth.ErrNotFound].
// Source: https://stytch.com/docs/b2b/api/send-invite-email
func (r Roster) Invite(ctx context.Context, class grimoireauth.ClassID, invitation Invitation) (grimoireauth.Member, error) {
	const op = "invite"
	roles, fault := r.check(&invitation.NewMember)
	minutes, expiryFault := linkMinutes(invitation.Expires)
	faults := []error{classFault(class), fault, expiryFault, checkLocale(invitation.Locale)}
	if invitation.ExternalID != "" {
		faults = append(faults, errors.New("an invitation cannot carry an ExternalID: set it by Update once they are on the roster"))
	}
	if invitation.By != "" {
		faults = append(faults, memberFault(invitation.By))
	}
	if err := invalid(op, faults...); err != nil {
		return grimoireauth.Member{}, err
	}
	by, err := r.inviter(ctx, op, class, invitation)
	if err != nil {
		return grimoireauth.Member{}, err
	}
	params := &email.InviteParams{
		OrganizationID:          string(class),
		EmailAddress:            invitation.Email,
		Name:                    invitation.Name,
		InvitedByMemberID:       string(by),
		InviteRedirectURL:       invitation.RedirectURL,
		InviteExpirationMinutes: minutes,
		InviteTemplateID:        invitation.Template,
		Roles:                   roles,
		TrustedMetadata:         invitation.Metadata,
	}
	if locale := email.InviteRequestLocale(invitation.Locale); locale != "" {
		params.Locale = &locale
	}
	audit := grimoireauth.Changed{Op: op, Class: class}
	res, err := call(ctx, r.c, op, func(ctx context.Context) (*email.InviteResponse, error) {
		return r.c.api.MagicLinks.Email.Invite(ctx, params)
	})
	if err != nil {
		r.c.recordUnknown(ctx, audit, err)
		return grimoireauth.Member{}, err
	}
	member, err := r.c.memberOf(op, res.RequestID, class, res.Member)
	if err != nil {
		return grimoireauth.Member{}, err
	}
	audit.Member, audit.RequestID, audit.Fields = member.Member, res.RequestID, difference(nil, memberAudit(member))
	r.c.record(ctx, audit)
	return member, nil
}

// inviter returns the member who invites, if one does, and refuses a role above
// theirs: what a form says must not make anybody more than its sender.
func (r Roster) inviter(ctx context.Context, op string, class grimoireauth.ClassID, invitation Invitation) (grimoireauth.MemberID, error) {
	role := max(invitation.Role, grimoireauth.RoleStudent)
	if _, ok := stytchhttp.OnBehalf(ctx); ok {
		by, err := r.c.actor(ctx, op, class)
		switch {
		case err != nil:
			return "", err
		case invitation.By != "" && invitation.By != by.Member:
			return "", invalid(op, errors.New("By is another member than the one who acts: leave it empty"))
		}
		return by.Member, by.mayGive(op, role)
	}
	if invitation.By == "" {
		return "", nil
	}
	by, err := r.get(ctx, op, class, invitation.By)
	if err == nil && (by.Suspended || !by.Role.AtLeast(role)) {
		err = &grimoireauth.Error{Op: op, Kind: grimoireauth.ErrForbidden, Err: errors.New("the role is above that of the member who invites")}
	}
	return by.Member, err
}

// Get returns a member who was not removed. Errors: [grimoireauth.ErrNotFound].
// Source: https://stytch.com/docs/b2b/api/get-member
func (r Roster) Get(ctx context.Context, class grimoireauth.ClassID, member grimoireauth.MemberID) (grimoireauth.Member, error) {
	const op = "get member"
	if err := invalid(op, classFault(class), memberFault(member)); err != nil {
		return grimoireauth.Member{}, err
	}
	return r.get(ctx, op, class, member)
}

func (r Roster) get(ctx context.Context, op string, class grimoireauth.ClassID, id grimoireauth.MemberID) (grimoireauth.Member, error) {
	res, err := call(ctx, r.c, op, func(ctx context.Context) (*members.GetResponse, error) {
		return r.c.api.Organizations.Members.Get(ctx, &members.GetParams{OrganizationID: string(class), MemberID: string(id)})
	})
	if err != nil {
		return grimoireauth.Member{}, err
	}
	return r.about(op, res.RequestID, grimoireauth.Person{Member: id, Class: class}, res.Member)
}

// check returns the Stytch roles of a new member, and what is wrong with them. It
// makes their name plain.
func (r Roster) check(who *NewMember) ([]string, error) {
	role := who.Role
	if role == grimoireauth.RoleNone {
		role = grimoireauth.RoleStudent
	}
	roles, fault := assignment(r.c.roles, role)
	name, nameFault := plainName(who.Name)
	who.Name = name
	faults := []error{checkEmail(who.Email), fault, nameFault, checkMetadata(who.Metadata)}
	if who.ExternalID != "" {
		faults = append(faults, checkExternalID(who.ExternalID, memberIDPrefix))
	}
	return roles, errors.Join(faults...)
}

// checkEmail refuses what cannot be an address, and letters outside ASCII, which can
// look like another address. It is the rule that class lists follow. Stytch decides
// about the rest.
func checkEmail(address string) error {
	_, err := text.Address(address)
	return err
}

// plainName returns a name without spaces and invisible characters at its ends, and
// refuses one that has invisible characters inside, by the rule that class lists
// follow.
func plainName(name string) (string, error) {
	plain, err := text.Name(name)
	if err != nil {
		return "", fmt.Errorf("in the name, %w", err)
	}
	return plain, nil
}

func checkLocale(locale string) error {
	if !slices.Contains([]string{"", "en", "es", "pt-br", "fr"}, locale) {
		return fmt.Errorf("Locale %.20q is not en, es, pt-br or fr", locale)
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
