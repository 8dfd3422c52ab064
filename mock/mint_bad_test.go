package mock_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/b2bstytchapi"

	"github.com/promptgrimoire/auth/mock"
)

// What is wrong with each of them, by the SDK's own local check and by Stytch.
func TestBadCredentials(t *testing.T) {
	stytch := new(mock.Stytch)
	class := stytch.AddClass("LAWS1100")
	ada := stytch.AddStudent(class.ID, "ada@example.edu")
	api, err := b2bstytchapi.NewClient(stytch.ProjectID(), stytch.Secret().Reveal(), b2bstytchapi.WithHTTPClient(&http.Client{Transport: stytch}),
		b2bstytchapi.WithInitializationContext(t.Context())) // ends the goroutine that the SDK starts for its key set
	require.NoError(t, err)
	w := wire{t: t, stytch: stytch}
	local := func(jwt string) error {
		_, err := api.Sessions.AuthenticateJWTLocal(t.Context(), jwt, time.Hour, nil)
		return err
	}

	revoked := stytch.Revoked(ada)
	require.NoError(t, local(revoked.JWT.Reveal()), "a revoked session's JWT passes a local check")
	w.refuses(404, "session_not_found", http.MethodPost, sessions+"/authenticate", object{"session_jwt": revoked.JWT.Reveal()})
	w.refuses(404, "session_not_found", http.MethodPost, sessions+"/authenticate", object{"session_token": revoked.Token.Reveal()})

	expired := stytch.Expired(ada)
	require.ErrorContains(t, local(expired.JWT.Reveal()), "expired")
	w.refuses(404, "session_not_found", http.MethodPost, sessions+"/authenticate", object{"session_token": expired.Token.Reveal()})

	forged := stytch.Forged(ada)
	require.ErrorContains(t, local(forged.JWT.Reveal()), "signature")
	w.refuses(401, "unable_to_parse_session_jwt", http.MethodPost, sessions+"/authenticate", object{"session_jwt": forged.JWT.Reveal()})
	w.refuses(404, "session_not_found", http.MethodPost, sessions+"/authenticate", object{"session_token": forged.Token.Reveal()})

	ahead := stytch.Skewed(ada, time.Minute)
	require.ErrorContains(t, local(ahead.JWT.Reveal()), "not valid yet")
	require.NoError(t, local(stytch.Skewed(ada, -time.Minute).JWT.Reveal()))
	w.ok(http.MethodPost, sessions+"/authenticate", object{"session_token": ahead.Token.Reveal()})

	require.Panics(t, func() { stytch.Revoked("member-test-nobody") })
}

func TestSkewEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stytch := new(mock.Stytch)
		ada := stytch.AddStudent(stytch.AddClass("LAWS1100").ID, "ada@example.edu")
		ahead := stytch.Skewed(ada, time.Minute)
		w := wire{t: t, stytch: stytch}
		w.refuses(401, "jwt_invalid_claims", http.MethodPost, sessions+"/authenticate", object{"session_jwt": ahead.JWT.Reveal()})
		time.Sleep(time.Minute)
		w.ok(http.MethodPost, sessions+"/authenticate", object{"session_jwt": ahead.JWT.Reveal()})
	})
}
