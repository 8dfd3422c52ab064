package stytchclient

import (
	"errors"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// proofFields are the fields of Stytch's calls for a Proof. At most one of them is set,
// since Stytch rejects two.
type proofFields struct{ token, jwt, intermediate string }

var errUnknownProof = errors.New("the Proof is neither an Intermediate nor Credentials")

// proofFieldsOf returns the fields for a proof. It rejects an Intermediate that has
// expired, with the sentinel that Stytch's answer would have.
func proofFieldsOf(op string, proof grimoireauth.Proof) (proofFields, error) {
	switch p := proof.(type) {
	case nil:
		return proofFields{}, nil
	case grimoireauth.Intermediate:
		switch {
		case p.Token.IsZero():
			return proofFields{}, invalid(op, errors.New("the Intermediate is empty"))
		case !p.ExpiresAt.IsZero() && !time.Now().Before(p.ExpiresAt):
			return proofFields{}, &grimoireauth.Error{Op: op, Kind: grimoireauth.ErrSignInExpired}
		}
		return proofFields{intermediate: p.Token.Reveal()}, nil
	case grimoireauth.Credentials:
		switch {
		case !p.Token.IsZero(): // it outlives the session_jwt
			return proofFields{token: p.Token.Reveal()}, nil
		case !p.JWT.IsZero():
			return proofFields{jwt: p.JWT.Reveal()}, nil
		}
		return proofFields{}, &grimoireauth.Error{Op: op, Kind: grimoireauth.ErrNoCredentials}
	}
	// Also a pointer to one of them, which has the method as well.
	return proofFields{}, invalid(op, errUnknownProof)
}
