package stytchclient

import (
	"context"
	"errors"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// Suspend keeps a member on the roster and out of the class: their sessions end,
// and they cannot sign in until [Roster.Reinstate]. It counts from the next
// request on. Suspending a suspended member ends their sessions once more
// and changes nothing else. The last instructor is not suspended unless forced:
// see [Roster.SetRole].
//
// Stytch has no word for this, so the member's metadata says it, and every
// sign-in through this package ends in [grimoireauth.ErrSuspended] and leaves no session. A
// program that signs people in at Stytch without this package does not see the
// mark; against such, [Roster.Remove] them.
//
// Errors: [grimoireauth.ErrNotFound]; [grimoireauth.ErrLastInstructor]. An error beside a Member says that
// they are suspended, and that sessions may live on: repeat the call.
func (r Roster) Suspend(ctx context.Context, class grimoireauth.ClassID, member grimoireauth.MemberID, force ...Force) (grimoireauth.Member, error) {
	const op = "suspend"
	if err := invalid(op, classFault(class), memberFault(member)); err != nil {
		return grimoireauth.Member{}, err
	}
	before, err := r.before(ctx, op, class, member)
	if err != nil {
		return grimoireauth.Member{}, err
	}
	if err := r.keepInstructor(ctx, op, before, force); err != nil {
		return grimoireauth.Member{}, err
	}
	if before.Suspended {
		return before, r.c.Sessions.revokeFound(ctx, op, before.Person)
	}
	var after grimoireauth.Member
	err, notAnnounced := r.c.revokeAfter(ctx, op, grimoireauth.Revocation{Member: member}, func(ctx context.Context) error {
		mark := map[string]any{"at": time.Now().UTC().Format(time.RFC3339)}
		var err error
		after, err = r.put(ctx, op, before, map[string]any{"trusted_metadata": grimoireauth.Metadata{suspendedKey: mark}})
		return err
	})
	if err != nil {
		return after, errors.Join(err, notAnnounced)
	}
	// The revocation is in force; the one after this call is for what was refreshed since.
	err, again := r.c.revokeAfter(ctx, op, grimoireauth.Revocation{Member: member}, func(ctx context.Context) error {
		return r.c.Sessions.endAll(ctx, "end the sessions of a suspended member", before.Person)
	})
	return after, errors.Join(err, notAnnounced, again)
}

// Reinstate lifts a suspension. Reinstating a member who is not suspended changes
// nothing. Errors: [grimoireauth.ErrNotFound].
func (r Roster) Reinstate(ctx context.Context, class grimoireauth.ClassID, member grimoireauth.MemberID) (grimoireauth.Member, error) {
	const op = "reinstate"
	if err := invalid(op, classFault(class), memberFault(member)); err != nil {
		return grimoireauth.Member{}, err
	}
	before, err := r.before(ctx, op, class, member)
	if err != nil || !before.Suspended {
		return before, err
	}
	return r.put(ctx, op, before, map[string]any{"trusted_metadata": grimoireauth.Metadata{suspendedKey: nil}})
}
