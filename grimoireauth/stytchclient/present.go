package stytchclient

import (
	"errors"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// presented is a Proof as Stytch's calls take it: at most one of its fields is
// set, since two are an error there.
type presented struct{ token, jwt, intermediate string }

var errUnknownProof = errors.New("the Proof is neither an Intermediate nor Credentials")

// present returns the fields of a proof. An Intermediate that is past its time is
// refused here, with the same sentinel as Stytch's answer would have.
func present(op string, proof grimoireauth.Proof) (presented, error) {
	switch p := proof.(type) {
	case nil:
		return presented{}, nil
	case grimoireauth.Intermediate:
		switch {
		case p.Token.IsZero():
			return presented{}, invalid(op, errors.New("the Intermediate is empty"))
		case !p.ExpiresAt.IsZero() && !time.Now().Before(p.ExpiresAt):
			return presented{}, &grimoireauth.Error{Op: op, Kind: grimoireauth.ErrSignInExpired}
		}
		return presented{intermediate: p.Token.Reveal()}, nil
	case grimoireauth.Credentials:
		switch {
		case !p.Token.IsZero(): // it outlives the session_jwt
			return presented{token: p.Token.Reveal()}, nil
		case !p.JWT.IsZero():
			return presented{jwt: p.JWT.Reveal()}, nil
		}
		return presented{}, &grimoireauth.Error{Op: op, Kind: grimoireauth.ErrNoCredentials}
	}
	// Also a pointer to one of them, which has the method as well.
	return presented{}, invalid(op, errUnknownProof)
}
