package stytchclient

import (
	"context"
	"errors"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/organizations"
)

// doors are the settings by which new people get into a class without being
// enrolled by the program, in Stytch's words.
var doors = []string{"email_jit_provisioning", "sso_jit_provisioning", "oauth_tenant_jit_provisioning", "email_invites"}

// Archive closes the class: its roster and its settings can be read, and
// joining and signing in are rejected. [Classes.Restore] opens it again as it was.
// Archiving an archived class changes nothing.
//
// Stytch has no word for this, so it is kept in two ways. The settings by which
// people join by themselves are closed at Stytch, for everybody; invitations must
// then stay allowed there, since Stytch refuses a class with every door closed.
// And the class's metadata says that it is archived: every sign-in through this
// package ends in [grimoireauth.ErrClassArchived] and leaves no session, and a session that
// was there ends when its session_jwt is next refreshed, which is at once in this
// process and in those that share its revocations, and within five minutes elsewhere. A
// program that signs people in at Stytch without this package does not see the
// mark; take the ways to sign in away from it by [ClassChange.Methods].
//
// A change of the same settings at the same moment can be lost. Errors:
// [grimoireauth.ErrNotFound].
func (cs Classes) Archive(ctx context.Context, id grimoireauth.ClassID) (grimoireauth.Class, error) {
	const op = "archive class"
	if err := invalid(op, classFault(id)); err != nil {
		return grimoireauth.Class{}, err
	}
	before, err := cs.Get(ctx, id)
	if err != nil || before.Archived {
		return before, err
	}
	s := before.Settings
	mark := map[string]any{
		"at":            time.Now().UTC().Format(time.RFC3339),
		"email_invites": s.Invitations, "email_jit_provisioning": s.JoinByEmail,
		"sso_jit_provisioning": s.JoinBySSO, "oauth_tenant_jit_provisioning": s.JoinByTenant,
	}
	fields := map[string]any{
		"trusted_metadata":       grimoireauth.Metadata{archivedKey: mark},
		"email_jit_provisioning": grimoireauth.AdmitNobody, "sso_jit_provisioning": grimoireauth.AdmitNobody, "oauth_tenant_jit_provisioning": grimoireauth.AdmitNobody,
	}
	if s.Invitations == grimoireauth.AdmitNobody {
		fields["email_invites"] = grimoireauth.AdmitAll
	}
	var after grimoireauth.Class
	err, notAnnounced := cs.c.revokeAfter(ctx, op, grimoireauth.Revocation{Class: grimoireauth.OrganizationID(id)}, func(ctx context.Context) error {
		var err error
		after, err = cs.put(ctx, op, before, fields)
		return err
	})
	return after, errors.Join(err, notAnnounced)
}

// Restore opens an archived class as it was when it was archived. Restoring a
// class that is not archived changes nothing. Errors: [grimoireauth.ErrNotFound].
func (cs Classes) Restore(ctx context.Context, id grimoireauth.ClassID) (grimoireauth.Class, error) {
	const op = "restore class"
	if err := invalid(op, classFault(id)); err != nil {
		return grimoireauth.Class{}, err
	}
	res, err := call(ctx, cs.c, op, func(ctx context.Context) (*organizations.GetResponse, error) {
		return cs.c.api.Organizations.Get(ctx, &organizations.GetParams{OrganizationID: string(id)})
	})
	if err != nil {
		return grimoireauth.Class{}, err
	}
	before, err := cs.c.classOf(op, res.RequestID, id, res.Organization)
	if err != nil || !before.Archived {
		return before, err
	}
	fields := map[string]any{"trusted_metadata": grimoireauth.Metadata{archivedKey: nil}}
	// What the mark does not say, or says in a word that we did not write, stays
	// closed.
	mark, _ := res.Organization.TrustedMetadata[archivedKey].(map[string]any)
	for _, door := range doors {
		switch was, _ := mark[door].(string); grimoireauth.Admission(was) {
		case grimoireauth.AdmitAll, grimoireauth.AdmitListed, grimoireauth.AdmitNobody:
			fields[door] = was
		}
	}
	return cs.put(ctx, op, before, fields)
}

// isArchived reports whether the Organization bears the mark, whatever it says.
func isArchived(org organizations.Organization) bool { return org.TrustedMetadata[archivedKey] != nil }

// isSuspended is isArchived for a member.
func isSuspended(m organizations.Member) bool { return m.TrustedMetadata[suspendedKey] != nil }

// barred returns why no member, or not this one, may sign in, and nil if nothing
// stands in the way. Stytch knows neither reason, so every answer of its that
// could become a session passes through here.
func barred(org organizations.Organization, m organizations.Member) error {
	switch {
	case isArchived(org):
		return grimoireauth.ErrClassArchived
	case isSuspended(m):
		return grimoireauth.ErrSuspended
	}
	return nil
}
