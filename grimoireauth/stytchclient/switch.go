package stytchclient

import (
	"context"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/sessions"
)

// Switch signs the person of a session in to another class of theirs, without
// asking them again. They are recognised by their address; no member is added to a
// class by it, and an invitation counts as accepted. It starts a session of its
// own there, with the roles of there, and the old one goes on.
//
// How they signed in goes along if it was by e-mail or by a provider such as
// Google; a password or an identity provider of the old class's does not. If the
// other class wants more, the error is a [*StepUpError]. [grimoireauth.ErrUnauthenticated], and
// not [grimoireauth.ErrSessionEnded], says that nothing of the old session counts there: let
// them sign in to that class. Other errors: [grimoireauth.ErrNotFound] if they are not in that
// class, [grimoireauth.ErrClassArchived], [grimoireauth.ErrSuspended], and those of [Sessions.Authenticate].
// Source: https://stytch.com/docs/b2b/api/exchange-session
func (s Sessions) Switch(ctx context.Context, credentials grimoireauth.Credentials, to grimoireauth.ClassID) (SignedIn, error) {
	const op = "switch class"
	if err := invalid(op, classFault(to)); err != nil {
		return SignedIn{}, err
	}
	params := &sessions.ExchangeParams{OrganizationID: string(to), SessionDurationMinutes: s.c.minutes}
	switch {
	case !credentials.Token.IsZero():
		params.SessionToken = credentials.Token.Reveal()
	case !credentials.JWT.IsZero():
		params.SessionJWT = credentials.JWT.Reveal()
	default:
		return SignedIn{}, &grimoireauth.Error{Op: op, Kind: grimoireauth.ErrNoCredentials}
	}
	return s.c.authenticate(ctx, op, "/v1/b2b/sessions/exchange", params, expected{id: to})
}
