// Package middleware guards net/http routes by class and by role.
//
// A [Guard] reads the two session cookies of Stytch, asks an
// [grimoireauth.AuthFunc] whose they are, and either calls the next handler,
// with the answer in the request's context, or writes a refusal:
//
//	guard, err := middleware.New(verifier.Authenticate, middleware.Config{SignInURL: "/auth/"})
//	instructors := guard.InClass(middleware.PathClass("class"), grimoireauth.RoleInstructor)
//	mux.Handle("GET /classes/{class}/roster", instructors(roster))
//	handler := guard.Protect(mux, "GET /{$}", "/auth/")
//
// Handlers read the answer with [grimoireauth.SessionFromContext],
// [grimoireauth.StudentFromContext] and [grimoireauth.InstructorFromContext].
//
// What is dangerous asks for more: [Guard.Can] for a permission, [Guard.Recent] for
// a sign-in that is not long ago, [Guard.Fresh] for Stytch's own word. Guards around
// each other decide in one pass, and each has a form without a response, such as
// [Guard.CheckFresh]. Programs that are no browsers bring a bearer token to a Guard
// whose [Carrier] says so.
//
// Three refusals are kept apart. Credentials that prove nobody are a 401, or a
// redirect to the sign-in page for a browser. Somebody who may not is a 403, and
// somebody from outside the class a 404, so that class ids do not leak. And when
// nobody could find out, the answer is a 503 with Retry-After that deletes no
// cookie: an outage signs nobody out.
//
// A guard sees the request as it arrives: put no middleware outside it that
// rewrites the method or the path. Protection against cross-site requests is
// net/http's own, outside the guard: http.NewCrossOriginProtection().Handler(…),
// without bypass patterns. A server in the open also sets MaxHeaderBytes, to
// 64 KiB say: a cookie header can be long, and it is read on every request.
// Handlers add to the Vary header and never replace it.
// The ResponseWriter that handlers get is the server's, so streaming, hijacking
// and http.ResponseController work.
package middleware
