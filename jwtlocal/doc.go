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
// A [Verifier] fetches the project's key set when it first needs it and when the
// set has grown old. No goroutine outlives its work, so there is nothing to close;
// [Verifier.Wait] exists for tests and orderly shutdown.
//
// Sources: https://stytch.com/docs/b2b/guides/sessions/using-jwts, RFC 7515 (JWS),
// RFC 7517 (JWK), RFC 7519 (JWT), RFC 8725 (best practices).
package jwtlocal
