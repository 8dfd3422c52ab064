package grimoireauth

import (
	"context"
	"errors"

	"github.com/stytchauth/stytch-go/v16/stytch/b2b/sessions"
)

// Of lists a member's live sessions, oldest first as Stytch lists them: where
// they are signed in. Errors: [ErrNotFound].
// Source: https://stytch.com/docs/b2b/api/get-session
func (s Sessions) Of(ctx context.Context, class ClassID, member MemberID) ([]Session, error) {
	const op = "list sessions"
	if err := invalid(op, classFault(class), memberFault(member)); err != nil {
		return nil, err
	}
	res, err := call(ctx, s.c, op, func(ctx context.Context) (*sessions.GetResponse, error) {
		return s.c.api.Sessions.Get(ctx, &sessions.GetParams{OrganizationID: string(class), MemberID: string(member)})
	})
	if err != nil {
		return nil, err
	}
	out := make([]Session, 0, len(res.MemberSessions))
	for i := range res.MemberSessions {
		session, err := sessionOf(&res.MemberSessions[i])
		switch {
		case err != nil:
			return nil, incomplete(op, res.RequestID, "has a "+err.Error())
		case session.Member() != member || string(session.Organization()) != string(class):
			return nil, incomplete(op, res.RequestID, "has a session of somebody else")
		}
		out = append(out, session)
	}
	return out, nil
}

// Revocation tells what became of one member's sessions.
type Revocation struct {
	Person
	// Err is nil if all of them have ended; otherwise they may live on, and the call
	// has to be repeated.
	Err error
}

// RevokeEverywhere ends every session of somebody in every class: a stolen
// laptop, a ban. It goes on after a failure, and reports on each class it found,
// in the order it went through them. The error is nil only if every class was
// found and every session has ended; it joins what went wrong. Calling it again
// does what is left.
//
// Ending sessions keeps nobody from signing in again: [Roster.Suspend] does.
func (s Sessions) RevokeEverywhere(ctx context.Context, who Identity) ([]Revocation, error) {
	const op = "revoke sessions everywhere"
	var report []Revocation
	var failures []error
	for found, err := range s.c.Roster.classesOf(ctx, op, who) {
		if err != nil {
			// What was found is revoked already; what was not is not known.
			failures = append(failures, err)
			break
		}
		step := Revocation{Person: found.Member.Person, Err: s.RevokeMember(ctx, found.Member.Member)}
		report, failures = append(report, step), append(failures, step.Err)
	}
	return report, errors.Join(failures...)
}
