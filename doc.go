// Package auth is the tour of a small library that signs students and
// instructors into classes with Stytch B2B. It has no code of its own.
//
// Stytch is organization-first: here an Organization is a class and a Member is
// a student or an instructor. Four packages do the work, and each can be used
// without the others:
//
//   - [github.com/promptgrimoire/auth/grimoireauth] says what a [Class], a
//     [Student] and an [Instructor] are; its subpackage stytchclient talks to Stytch.
//   - [github.com/promptgrimoire/auth/jwtlocal] checks a session_jwt without a
//     network call, and refreshes it when it has expired: a [Verifier]. golang-jwt
//     verifies the signature. Its subpackage stytchkeys lends its keys to golang-jwt, by
//     keyfunc, for Stytch's other tokens.
//   - [github.com/promptgrimoire/auth/middleware] guards net/http routes by class
//     and role: a [Guard]. Its subpackage signin serves the pages to sign in and
//     out.
//   - [github.com/promptgrimoire/auth/mock] is Stytch in memory, speaking
//     Stytch's wire protocol, so that all of it runs in a test without a network.
//
// A server that guards its routes:
//
//	revocations := new(jwtlocal.MemoryRevocations)
//	client, err := stytchclient.New(stytchclient.Config{ProjectID: id, Secret: secret, OnRevoke: revocations.Add})
//	verifier, err := jwtlocal.New(jwtlocal.Config{ProjectID: id, Refresh: client.Sessions.Authenticate, Revocations: revocations})
//	guard, err := middleware.New(verifier.Authenticate, middleware.Config{})
//
//	instructors := guard.InClass(middleware.PathClass("class"), grimoireauth.RoleInstructor)
//	mux.Handle("GET /classes/{class}/roster", instructors(roster))
//	mux.Handle("GET /me", guard.Require(profile))
//	http.ListenAndServe(addr, http.NewCrossOriginProtection().Handler(guard.Protect(mux, "GET /{$}", "/auth/")))
//
// Three rules hold everywhere. A person is identified only by a signed credential on
// this request. An invalid token (401) and a temporary error (503) are different errors:
// a temporary error ends no session. And what is unknown is closed: an unlisted route,
// an unknown role, a missing class.
//
// To see it work, offline: go run ./examples/classroom. Package
// [github.com/promptgrimoire/auth/grimoireauth/classlist] reads class lists from Canvas,
// Moodle and others. The guides (a project of your own, testing, outages, rosters,
// security, operations) are in the folder docs, beginning at the README.
//
// [Class]: https://pkg.go.dev/github.com/promptgrimoire/auth/grimoireauth#Class
// [Student]: https://pkg.go.dev/github.com/promptgrimoire/auth/grimoireauth#Student
// [Instructor]: https://pkg.go.dev/github.com/promptgrimoire/auth/grimoireauth#Instructor
// [Verifier]: https://pkg.go.dev/github.com/promptgrimoire/auth/jwtlocal#Verifier
// [Guard]: https://pkg.go.dev/github.com/promptgrimoire/auth/middleware#Guard
package auth
