package jwtlocal

import (
	"context"
	"crypto/rsa"
	"math/big"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/claims"
)

const opPublicKey = "find a key of Stytch's"

var errNoSuchKey error = &fixedError{"jwtlocal: the project publishes no such key", grimoireauth.ErrUnauthenticated}

// PublicKey returns the key that the project publishes under a key id, for the RS256
// signatures of Stytch's other tokens: access tokens of M2M clients and of Connected Apps.
// A good signature says that Stytch made a token for this project, and not what for; the
// caller checks the rest, and package [github.com/promptgrimoire/auth/jwtlocal/stytchkeys]
// shows how. A session_jwt is for [Verifier.Verify].
//
// It uses the key set that session_jwts are verified with. A key that is known makes no
// network call; an unknown id causes at most one fetch in Config.KeyCooldown.
//
// Its errors: [grimoireauth.ErrUnauthenticated] if the project publishes no such key, or
// not any more; [grimoireauth.ErrUnavailable] if that could not be found out, which says
// nothing about the token. The caller may change the key: it is a copy.
func (v *Verifier) PublicKey(ctx context.Context, keyID string) (*rsa.PublicKey, error) {
	if !claims.KeyID([]byte(keyID)) {
		return nil, errNoSuchKey
	}
	now := time.Now()
	match, err := v.keys.Find(ctx, v.keys.Current(ctx, now), keyID, now)
	switch {
	case err != nil:
		return nil, unavailable(opPublicKey, err, v.keys.RetryAfter())
	case match.Key == nil || match.Retired:
		// A session_jwt with a withdrawn key is refreshed. These tokens are not, so a key
		// that Stytch has withdrawn verifies none of them.
		return nil, errNoSuchKey
	}
	return &rsa.PublicKey{N: new(big.Int).Set(match.Key.Public.N), E: match.Key.Public.E}, nil
}
