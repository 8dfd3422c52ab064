package stytchkeys

import (
	"context"
	"errors"
	"fmt"

	"github.com/MicahParks/jwkset"
	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/jwtlocal"
)

// New returns the keys of a Verifier for golang-jwt. It makes no network call. Its error
// matches [grimoireauth.ErrInvalid] if there is no Verifier. The Keyfunc is safe for
// concurrent use.
//
// Give KeyfuncCtx the context of the request, which bounds the wait for the key set.
// VerificationKeySet returns an error, since a token has to name its key. Storage can only
// be read, one key at a time.
func New(verifier *jwtlocal.Verifier) (keyfunc.Keyfunc, error) {
	if verifier == nil {
		return nil, &grimoireauth.Error{Op: "configure stytchkeys", Kind: grimoireauth.ErrInvalid, Err: errors.New("there is no Verifier")}
	}
	keys, err := keyfunc.New(keyfunc.Options{Storage: storage{verifier}, UseWhitelist: []jwkset.USE{jwkset.UseSig}})
	if err != nil {
		return nil, &grimoireauth.Error{Op: "configure stytchkeys", Kind: grimoireauth.ErrInvalid, Err: err}
	}
	return strict{keys}, nil
}

// strict is a Keyfunc that decides which headers are looked at. That of keyfunc tries all
// keys for a token without a key id, and compares the algorithm only for others.
type strict struct{ keys keyfunc.Keyfunc }

// Why a header is rejected. The errors quote nothing of it.
var (
	errAlgorithm = rejected("the algorithm is not RS256")
	errKeyID     = rejected("the token names no key")
	errCritical  = rejected("the token requires an extension")
)

func rejected(why string) error {
	return fmt.Errorf("%w: %w: %s", keyfunc.ErrKeyfunc, grimoireauth.ErrUnauthenticated, why)
}

func (s strict) Keyfunc(token *jwt.Token) (any, error) {
	return s.KeyfuncCtx(context.Background())(token)
}

func (s strict) KeyfuncCtx(ctx context.Context) jwt.Keyfunc {
	find := s.keys.KeyfuncCtx(ctx)
	return func(token *jwt.Token) (any, error) {
		if token == nil || token.Method != jwt.SigningMethod(jwt.SigningMethodRS256) || token.Header["alg"] != jwt.SigningMethodRS256.Alg() {
			return nil, errAlgorithm // RFC 8725, 3.1
		}
		if kid, ok := token.Header["kid"].(string); !ok || kid == "" {
			return nil, errKeyID
		}
		// golang-jwt knows no extension and reads no crit (RFC 7515, 4.1.11). b64 changes
		// what is signed (RFC 7797).
		for _, name := range []string{"crit", "b64"} {
			if _, ok := token.Header[name]; ok {
				return nil, errCritical
			}
		}
		return find(token)
	}
}

func (s strict) Storage() jwkset.Storage { return s.keys.Storage() }

func (s strict) VerificationKeySet(context.Context) (jwt.VerificationKeySet, error) {
	return jwt.VerificationKeySet{}, errKeyID
}
