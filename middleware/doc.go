// Package middleware guards net/http routes by class and by role.
//
// A [Guard] reads the two session cookies of Stytch, authenticates them by an
// [grimoireauth.AuthFunc], and either calls the next handler, with the
// authentication in the request's context, or writes a refusal:
//
//	guard, err := middleware.New(verifier.Authenticate, middleware.Config{
//		SignInURL: "/auth/", SessionMarks: client.SessionMarks(),
//	})
//	instructors := guard.InClass(middleware.PathClass("class"), grimoireauth.RoleInstructor)
//
//	mux := http.NewServeMux()
//	mux.Handle("GET /{$}", welcome)
//	mux.Handle("/auth/", signIn) // package signin
//	mux.Handle("GET /me", profile)
//	mux.Handle("GET /classes/{class}/roster", instructors(roster))
//
//	// Every route is closed to strangers but those that are listed.
//	app := guard.Protect(mux, "GET /{$}", "/auth/")
//	// The forms of other sites are refused first.
//	app = http.NewCrossOriginProtection().Handler(app)
//	server := &http.Server{Handler: app, MaxHeaderBytes: 64 << 10}
//
// Handlers read the authentication with [grimoireauth.SessionFromContext],
// [grimoireauth.StudentFromContext] and [grimoireauth.InstructorFromContext].
// A class guard checks the class in the path and nothing else there: look up an
// essay by its id and the class, never by its id alone.
//
// # What to put where
//
//   - [Guard.Protect] around the mux: only authenticated requests pass.
//   - [Guard.InClass] around a handler: the class and the role. Never around the
//     mux, where no route has been chosen and there is no class to compare.
//   - [Guard.Can] inside InClass: a permission of the project's RBAC policy.
//   - [Guard.Recent]: a sign-in that is not long ago. [Guard.Fresh]: a call to
//     Stytch during the request. A dangerous action deserves both.
//   - [Guard.Load]: a public page that greets members who are signed in.
//   - [Guard.Watch] in a handler that streams: its context ends when one of the guards
//     around would refuse.
//
// Guards around each other decide in one pass and call the AuthFunc once. Each has a
// form without a response, such as [Guard.CheckFresh], which on a connection that
// stays open authenticates again: a result counts for one second. A guard in the
// wrong place refuses every request; the examples whose names end in "incorrect" show
// that, and the mistakes that no guard can detect. Programs that are no browsers bring
// a bearer token to a Guard with such a [CredentialSource].
//
// # Refusals
//
// Three are kept apart. Missing or rejected credentials are a 401, or a redirect to
// the sign-in page for a browser. A member without the role or permission gets a 403,
// and one of another class a 404, so that class ids do not leak. A temporary error is
// a 503 with Retry-After that deletes no cookie: an outage is never a logout.
// [DefaultRespond] writes them all, and [Guard.Respond] those of handlers.
//
// # Around the guard
//
// A guard sees the request as it arrives: put no middleware outside it that
// rewrites the method or the path. Protection against cross-site requests is
// net/http's own, [http.CrossOriginProtection], without bypass patterns; it lets a GET
// pass, so the guard itself checks the Origin of a WebSocket: [ErrForeignOrigin]. A server
// in the open sets MaxHeaderBytes: a cookie header can be long, and it is read on
// every request; net/http's own limit is 1 MiB.
//
// Handlers add to the Vary header and never replace it. The ResponseWriter that
// they get is the server's, so streaming, hijacking and http.ResponseController
// work.
package middleware
