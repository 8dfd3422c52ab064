package stytchclient

import (
	"context"
	"errors"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/organizations"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/organizations/members"
)

// ResetMFA takes a member's second factors away, for the day they lost them: the
// phone number, the authenticator app, and the wish to be asked for one at every
// sign-in. If the class asks for a second factor they enroll anew at the next
// sign-in, with nothing but their first factor: be sure who it is that asks.
// Their sessions stay; end them by [Sessions.RevokeMember] if a factor was stolen.
// It can be repeated, also after a part of it failed. Errors: [grimoireauth.ErrNotFound].
func (r Roster) ResetMFA(ctx context.Context, class grimoireauth.ClassID, member grimoireauth.MemberID) (grimoireauth.Member, error) {
	const op = "reset MFA"
	if err := invalid(op, classFault(class), memberFault(member)); err != nil {
		return grimoireauth.Member{}, err
	}
	before, err := r.before(ctx, op, class, member)
	if err != nil {
		return grimoireauth.Member{}, err
	}
	after, requestID := before, ""
	for _, step := range []struct {
		needed bool
		do     func() (grimoireauth.Member, string, error)
	}{
		{before.MFAEnrolled, func() (grimoireauth.Member, string, error) {
			return r.send(ctx, op, before.Person, map[string]any{"mfa_enrolled": false})
		}},
		{before.Phone != "", func() (grimoireauth.Member, string, error) { return r.deletePhone(ctx, op, before.Person) }},
		{before.App, func() (grimoireauth.Member, string, error) { return r.deleteApp(ctx, op, before.Person) }},
	} {
		if !step.needed {
			continue
		}
		now, id, err := step.do()
		if err != nil {
			r.recordDifference(ctx, op, requestID, before, after) // the steps before this one
			r.c.recordUnknown(ctx, grimoireauth.Changed{Op: op, Class: class, Member: member}, err)
			return grimoireauth.Member{}, err
		}
		after, requestID = now, id
	}
	r.recordDifference(ctx, op, requestID, before, after)
	return after, nil
}

func (r Roster) deletePhone(ctx context.Context, op string, who grimoireauth.Person) (grimoireauth.Member, string, error) {
	res, err := call(ctx, r.c, op, func(ctx context.Context) (*members.DeleteMFAPhoneNumberResponse, error) {
		return r.c.api.Organizations.Members.DeleteMFAPhoneNumber(ctx, &members.DeleteMFAPhoneNumberParams{
			OrganizationID: string(who.Class), MemberID: string(who.Member),
		})
	})
	if err != nil {
		return r.goneAlready(ctx, op, who, err, "member_phone_number_not_found")
	}
	return r.taken(op, res.RequestID, who, res.Member)
}

func (r Roster) deleteApp(ctx context.Context, op string, who grimoireauth.Person) (grimoireauth.Member, string, error) {
	res, err := call(ctx, r.c, op, func(ctx context.Context) (*members.DeleteTOTPResponse, error) {
		return r.c.api.Organizations.Members.DeleteTOTP(ctx, &members.DeleteTOTPParams{
			OrganizationID: string(who.Class), MemberID: string(who.Member),
		})
	})
	if err != nil {
		return r.goneAlready(ctx, op, who, err, "totp_not_found")
	}
	return r.taken(op, res.RequestID, who, res.Member)
}

func (r Roster) taken(op, requestID string, who grimoireauth.Person, raw organizations.Member) (grimoireauth.Member, string, error) {
	member, err := r.about(op, requestID, who, raw)
	return member, requestID, err
}

// goneAlready takes a factor that is not there for one that was taken away: the
// answer to an earlier attempt was lost.
func (r Roster) goneAlready(ctx context.Context, op string, who grimoireauth.Person, err error, gone string) (grimoireauth.Member, string, error) {
	var e *grimoireauth.Error
	if !errors.As(err, &e) || e.Type != gone {
		return grimoireauth.Member{}, "", err
	}
	member, err := r.before(ctx, op, who.Class, who.Member)
	return member, e.RequestID, err
}
