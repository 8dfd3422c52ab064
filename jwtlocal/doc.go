// Package jwtlocal verifies Stytch's session_jwts without a network call, and refreshes
// them when they have expired.
//
//	revocations := new(jwtlocal.MemoryRevocations)
//	verifier, err := jwtlocal.New(jwtlocal.Config{
//		ProjectID:   id,
//		Refresh:     client.Sessions.Authenticate,
//		Revocations: revocations,
//	})
//	guard, err := middleware.New(verifier.Authenticate, middleware.Config{})
//
// [Verifier.Verify] checks a token against the project's published keys; a token that was
// verified before is found in a cache. [Verifier.Authenticate] also calls Stytch for a fresh
// token when the one presented is genuine and expired. Both keep "this token is bad"
// ([grimoireauth.ErrUnauthenticated]) apart from "it could not be found out"
// ([grimoireauth.ErrUnavailable]). [Verifier.Refresh] calls Stytch in any case.
//
// A session_jwt near its end is refreshed in the background of the request that carries it.
// The requests of a session share one call, and after a failure Stytch is not called for a
// while. [MemoryRevocations] makes a logout or a change of roles count for the next request,
// [SlidingSession] keeps sessions in use alive, [Config].OutageGrace carries an exam through an
// outage, and [Verifier.Watch] ends a connection with its session.
//
// Signatures are verified by golang-jwt's RS256. [Verifier.PublicKey] lends the keys for
// Stytch's other tokens, such as those of M2M clients, to package stytchkeys.
//
// A [Verifier] fetches the key set when the first token comes and when the set has grown
// old. No goroutine outlives its work, so there is nothing to close; [Verifier.Wait] is for
// tests and an orderly shutdown.
//
// Sources: https://stytch.com/docs/b2b/guides/sessions/using-jwts, RFC 7515 (JWS),
// RFC 7517 (JWK), RFC 7519 (JWT), RFC 8725 (best practices).
package jwtlocal
