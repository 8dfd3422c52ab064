// Package mock is Stytch B2B in memory. It speaks Stytch's wire format, with
// real RS256 signatures and a key set, so that everything above it runs
// unmodified: a client of this module, a session_jwt validator, or one of
// Stytch's own SDKs.
//
//	stytch := new(mock.Stytch)
//	class := stytch.AddClass("LAWS1100")
//	student := stytch.AddStudent(class.ID, "ada@example.edu")
//	credentials := stytch.SignIn(student)
//
// A [Stytch] is three things at once. It is an [net/http.Handler], for a server
// of your own; it is an [net/http.RoundTripper], which calls that handler in
// process, without a network and without a goroutine, so that it works inside a
// testing/synctest bubble; and [Stytch.Start] listens on loopback, for browsers
// and other languages.
//
// It is a server, not a set of expectations. What was created through one
// endpoint is found through another, links work once, sessions end, and a call
// that breaks a rule of Stytch's is refused with Stytch's error type. Where
// Stytch's documentation is silent or contradicts itself, the stricter reading
// was taken and the comment at that line says so. Endpoints that Stytch has and
// this package does not answer 501 with their name.
//
// What a test needs beyond the API: [Stytch.SignIn] and [Stytch.Stale] mint
// genuine credentials, [Stytch.Outbox] holds what was e-mailed, [Stytch.Age]
// lets time pass without waiting, [Stytch.ClockAhead] shows Stytch as a machine with a
// wrong clock sees it, [Stytch.RotateKeys] changes the signing key,
// [Stytch.Fail] makes endpoints fail, and [Stytch.Journal] tells what was asked.
// [Stytch.AddSSO] and [Stytch.AddIdPUser] script the identity provider behind OAuth
// and SSO: with the parameter mock_persona=ada@example.edu a start URL signs her in
// without its page, and with mock_error=access_denied the provider fails.
// [Stytch.Revoked], [Stytch.Expired], [Stytch.Forged] and [Stytch.Skewed] mint
// credentials that must not work, and package audit calls the routes of an application
// as every kind of caller. docs/mock-endpoints.md lists the endpoints.
//
// The field Webhooks names endpoints that receive Stytch's webhooks, signed as Svix does;
// [Stytch.RunWebhooks] and [Stytch.DeliverWebhooks] deliver them, and no call waits for it.
//
// [Stytch.Control] offers the same to programs in other languages, and the command
// fakestytch serves both.
//
// It is for tests, demonstrations and development, and it protects nothing: it
// refuses ids of live projects and connections from other machines unless it is
// told otherwise by a field whose name says the danger.
package mock
