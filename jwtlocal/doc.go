// Package jwtlocal answers "whose session_jwt is this?" without asking anybody:
// it checks Stytch's short-lived tokens against the project's published keys, in
// this process, as fast as the RSA operation allows, and much faster for a token
// that it has seen before.
//
//	cutoffs := new(jwtlocal.MemoryCutoffs)
//	verifier, err := jwtlocal.New(jwtlocal.Config{
//		ProjectID: id,
//		Refresh:   client.Sessions.Authenticate,
//		Cutoffs:   cutoffs,
//	})
//	guard, err := middleware.New(verifier.Authenticate, middleware.Config{})
//
// [Verifier.Verify] is purely local. [Verifier.Authenticate] is local too, and
// asks Stytch for a fresh token only when the one presented is genuine and merely
// stale. Both keep "this token is bad" ([grimoireauth.ErrUnauthenticated]) apart
// from "I could not find out" ([grimoireauth.ErrUnavailable]).
//
// On a page in use nobody waits for Stytch: a session_jwt near its end is refreshed
// behind the request that carries it. However many requests a session has, they
// share one call, and a Stytch that fails is left alone for a while. [MemoryCutoffs]
// makes a logout or a change of roles count for the very next request, [Slide] keeps
// sessions in use alive, [Config].OutageGrace carries an exam through an outage, and
// [Verifier.Watch] ends a connection with its session. [Verifier.Refresh] asks
// Stytch, always.
//
// A [Verifier] fetches the project's key set when it first needs it and when the
// set has grown old. No goroutine outlives its work, so there is nothing to close;
// [Verifier.Wait] exists for tests and orderly shutdown.
//
// Sources: https://stytch.com/docs/b2b/guides/sessions/using-jwts, RFC 7515 (JWS),
// RFC 7517 (JWK), RFC 7519 (JWT), RFC 8725 (best practices).
package jwtlocal
