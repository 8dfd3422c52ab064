package stytchclient

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// MemberChange says what is to become different about a member; its zero fields
// leave things as they are. Roles are changed by [Roster.SetRole].
type MemberChange struct {
	Name Change[string]
	// Email is the address they sign in with. A new one is unproven until they do.
	Email Change[string]
	// ForgetOldEmail frees the old address for others in the class. Otherwise it is
	// kept from everybody else.
	ForgetOldEmail bool
	ExternalID     Change[string] // it can be changed, and not be taken away
	// Phone is a number for codes by SMS, such as "+61491570156". A member who has one
	// keeps it until [Roster.ResetMFA].
	Phone Change[string]
	// MFAEnrolled says whether they are asked for a second factor at every sign-in,
	// whatever the class asks for.
	MFAEnrolled         Change[bool]
	DefaultSecondFactor Change[grimoireauth.SecondFactor] // one that they have enrolled
	Breakglass          Change[bool]                      // see [grimoireauth.Member.Breakglass]
	Metadata            grimoireauth.Metadata             // keys to set, and, with the value nil, to delete
}

// Update changes a member. Errors: [grimoireauth.ErrInvalid], [grimoireauth.ErrNotFound]; [grimoireauth.ErrConflict] if
// the address, the external id or the phone number is another member's.
// Source: https://stytch.com/docs/b2b/api/update-member
func (r Roster) Update(ctx context.Context, class grimoireauth.ClassID, member grimoireauth.MemberID, change MemberChange) (grimoireauth.Member, error) {
	const op = "update member"
	fields, fault := change.fields()
	if err := invalid(op, classFault(class), memberFault(member), fault); err != nil {
		return grimoireauth.Member{}, err
	}
	if _, err := r.c.actor(ctx, op, class); err != nil {
		return grimoireauth.Member{}, err
	}
	before, err := r.before(ctx, op, class, member)
	if err != nil {
		return grimoireauth.Member{}, err
	}
	return r.put(ctx, op, before, fields)
}

// phoneForm is E.164, https://www.itu.int/rec/T-REC-E.164.
var phoneForm = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

func (change MemberChange) fields() (map[string]any, error) {
	w := wireFields{fields: make(map[string]any)}
	if name, ok := change.Name.Value(); ok {
		plain, fault := plainName(name)
		w.fields["name"], w.faults = plain, append(w.faults, fault)
	}
	put(&w, "email_address", change.Email, checkEmail)
	put(&w, "external_id", change.ExternalID, func(id string) error { return checkExternalID(id, memberIDPrefix) })
	put(&w, "mfa_phone_number", change.Phone, func(number string) error {
		if !phoneForm.MatchString(number) {
			return errors.New("Phone is not of the form +61491570156")
		}
		return nil
	})
	put(&w, "mfa_enrolled", change.MFAEnrolled, nil)
	put(&w, "default_mfa_method", change.DefaultSecondFactor, func(factor grimoireauth.SecondFactor) error {
		if factor != grimoireauth.SecondFactorSMS && factor != grimoireauth.SecondFactorApp {
			return fmt.Errorf("DefaultSecondFactor is %.40q, which Stytch does not know", factor)
		}
		return nil
	})
	put(&w, "is_breakglass", change.Breakglass, nil)
	if _, given := change.Email.Value(); given && change.ForgetOldEmail {
		w.fields["unlink_email"] = true
	} else if change.ForgetOldEmail {
		w.faults = append(w.faults, errors.New("ForgetOldEmail is set without a new Email"))
	}
	if len(change.Metadata) > 0 {
		w.fields["trusted_metadata"] = change.Metadata
		w.faults = append(w.faults, checkMetadata(change.Metadata))
	}
	return w.fields, errors.Join(w.faults...)
}
