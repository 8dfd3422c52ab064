package stytchclient

import (
	"context"
	"errors"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/sessions"
)

// opRevokeAll is what errors and events call the end of all sessions of a member.
const opRevokeAll = "revoke sessions"

// Of lists a member's live sessions, oldest first as Stytch lists them: where
// they are signed in. Errors: [grimoireauth.ErrNotFound].
// Source: https://stytch.com/docs/b2b/api/get-session
func (s Sessions) Of(ctx context.Context, class grimoireauth.ClassID, member grimoireauth.MemberID) ([]grimoireauth.Session, error) {
	return s.of(ctx, "list sessions", class, member)
}

func (s Sessions) of(ctx context.Context, op string, class grimoireauth.ClassID, member grimoireauth.MemberID) ([]grimoireauth.Session, error) {
	if err := invalid(op, classFault(class), memberFault(member)); err != nil {
		return nil, err
	}
	res, err := call(ctx, s.c, op, func(ctx context.Context) (*sessions.GetResponse, error) {
		return s.c.api.Sessions.Get(ctx, &sessions.GetParams{OrganizationID: string(class), MemberID: string(member)})
	})
	if err != nil {
		return nil, err
	}
	out := make([]grimoireauth.Session, 0, len(res.MemberSessions))
	for i := range res.MemberSessions {
		session, err := sessionOf(&res.MemberSessions[i])
		switch {
		case err != nil:
			return nil, incomplete(op, res.RequestID, "has a "+err.Error())
		case session.Member() != member || string(session.Organization()) != string(class):
			return nil, incomplete(op, res.RequestID, "has a session of another member")
		}
		out = append(out, session)
	}
	return out, nil
}

// Revoke ends one session, here and at Stytch, by one call. The Session says whose
// it is, so pass one that was verified: from [grimoireauth.SessionFromContext], from
// [Sessions.Authenticate] or from [Sessions.Of]. For an id that a form or an
// address names there is [Sessions.RevokeByID].
//
// The revocation is recorded first, so that this process, and every one that shares its
// revocations, refuses the session even if Stytch cannot be reached; then the error
// says that the session still lives there and the call has to be repeated. A
// session that has ended already is no error. Errors: [grimoireauth.ErrInvalid] for the zero
// Session.
// Source: https://stytch.com/docs/b2b/api/revoke-session
func (s Sessions) Revoke(ctx context.Context, session grimoireauth.Session) error {
	return s.revoke(ctx, "revoke session", session)
}

// RevokeByID ends one session of a member, named by an id that is not verified,
// such as that of a form on a page of the member's devices. It lists the member's
// sessions in this class first and ends the session only if it is among them.
// Errors: [grimoireauth.ErrNotFound] if the member is not in this class, or has no live session
// with this id: it has ended already, or belongs to another member. Nothing has
// happened then.
func (s Sessions) RevokeByID(ctx context.Context, class grimoireauth.ClassID, member grimoireauth.MemberID, id grimoireauth.SessionID) error {
	const op = "revoke session"
	if err := invalid(op, classFault(class), memberFault(member), needed("session id", string(id))); err != nil {
		return err
	}
	live, err := s.of(ctx, op, class, member)
	if err != nil {
		return err
	}
	for _, session := range live {
		if session.ID() == id {
			return s.revoke(ctx, op, session)
		}
	}
	return &grimoireauth.Error{Op: op, Kind: grimoireauth.ErrNotFound}
}

func (s Sessions) revoke(ctx context.Context, op string, session grimoireauth.Session) error {
	if err := invalid(op, needed("session", string(session.ID()))); err != nil {
		return err
	}
	notAnnounced := s.c.announce(ctx, op, grimoireauth.Revocation{Session: session.ID()})
	audit := grimoireauth.Changed{Op: op, Class: grimoireauth.ClassID(session.Organization()), Member: session.Member(), Target: session.ID()}
	res, err := call(ctx, s.c, op, func(ctx context.Context) (*sessions.RevokeResponse, error) {
		return s.c.api.Sessions.Revoke(ctx, &sessions.RevokeParams{MemberSessionID: string(session.ID())})
	})
	switch {
	case err == nil:
		audit.RequestID = res.RequestID
		s.c.record(ctx, audit)
	case errors.Is(err, grimoireauth.ErrSessionEnded):
		err = nil
	default:
		s.c.recordUnknown(ctx, audit, err)
	}
	return errors.Join(notAnnounced, err)
}

// RevokeMember ends every session of a member of this class: a lost laptop, a
// forced sign-out. It looks the member up in the class first, so that an id from a
// form ends no session in another class. Their session_jwts are stale at once in
// this process, and in every one that shares its revocations, and Stytch refreshes none
// of them any more.
//
// Errors: [grimoireauth.ErrNotFound] if the member is not in this class. [grimoireauth.ErrUnavailable] if
// Stytch cannot be reached: the sessions live on there, and the call has to be
// repeated.
// Source: https://stytch.com/docs/b2b/api/revoke-session
func (s Sessions) RevokeMember(ctx context.Context, class grimoireauth.ClassID, member grimoireauth.MemberID) error {
	const op = opRevokeAll
	if err := invalid(op, classFault(class), memberFault(member)); err != nil {
		return err
	}
	found, err := s.c.Roster.get(ctx, op, class, member)
	if err != nil {
		return err
	}
	return s.revokeFound(ctx, op, found.Person)
}

// RevokeAll ends every session of the member whose session this is, in its class:
// "sign out in all my browsers". The Session says who that is, so pass one that was
// verified, as with [Sessions.Revoke]; no look-up is made, so that the revocation is
// announced also while Stytch cannot be reached. Errors: as [Sessions.RevokeMember],
// and [grimoireauth.ErrInvalid] for the zero Session.
func (s Sessions) RevokeAll(ctx context.Context, session grimoireauth.Session) error {
	const op = opRevokeAll
	if err := invalid(op, needed("session", string(session.ID()))); err != nil {
		return err
	}
	return s.revokeFound(ctx, op, grimoireauth.Person{Class: grimoireauth.ClassID(session.Organization()), Member: session.Member()})
}

// revokeFound ends every session of a member who was found in their class.
func (s Sessions) revokeFound(ctx context.Context, op string, who grimoireauth.Person) error {
	err, notAnnounced := s.c.revokeAround(ctx, op, grimoireauth.Revocation{Member: who.Member}, func(ctx context.Context) error { return s.endAll(ctx, op, who) })
	return errors.Join(err, notAnnounced)
}

func (s Sessions) endAll(ctx context.Context, op string, who grimoireauth.Person) error {
	audit := grimoireauth.Changed{Op: op, Class: who.Class, Member: who.Member}
	res, err := call(ctx, s.c, op, func(ctx context.Context) (*sessions.RevokeResponse, error) {
		return s.c.api.Sessions.Revoke(ctx, &sessions.RevokeParams{MemberID: string(who.Member)})
	})
	if err != nil {
		s.c.recordUnknown(ctx, audit, err)
		return err
	}
	audit.RequestID = res.RequestID
	s.c.record(ctx, audit)
	return nil
}
