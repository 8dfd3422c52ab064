// Package stytchkeys lets golang-jwt check Stytch's other tokens, the access tokens of M2M
// clients and of Connected Apps, with the keys of a [jwtlocal.Verifier].
//
//	keys, err := stytchkeys.New(verifier)
//	token, err := jwt.ParseWithClaims(text, claims, keys.KeyfuncCtx(ctx),
//		jwt.WithIssuer("stytch.com/"+projectID), jwt.WithAudience(projectID), jwt.WithExpirationRequired())
//
// The key set is that of the Verifier: fetched once for both, with the same cool-down for
// unknown key ids, the same limits and the same strict reading of keys. Whatever the parser
// is told, only RS256 passes, and only with a key id that the project publishes.
//
// # What a good signature does not say
//
// Stytch signs session_jwts, M2M tokens, access tokens and ID tokens of one project with
// the same keys, and all of them have the project's issuer; session_jwts and M2M tokens have
// the same audience as well. So issuer, audience and signature do not tell them apart, and
// neither does a scope claim, which a JWT template can add to session_jwts. A service that
// takes one kind has to reject the others: an M2M token has a subject that begins with
// "m2m-client-", and no session claim. The Example shows every check.
//
// A session_jwt is for [jwtlocal.Verifier.Verify], which checks more than golang-jwt can:
// revocations, repeated and disguised claims, ids of this environment.
//
// # Errors
//
// If the keys could not be fetched, the error of the parser matches
// [grimoireauth.ErrUnavailable]: answer 503, since it says nothing about the token. Every
// other error means that the token is bad: answer 401.
//
// Sources: https://stytch.com/docs/b2b/guides/m2m, RFC 8725 (best practices), RFC 9068
// (access tokens).
package stytchkeys
