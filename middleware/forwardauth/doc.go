// Package forwardauth decides for a reverse proxy whether a request may pass to a
// service in another language, and tells the proxy who makes the request.
//
// The routes are those of a [http.ServeMux] behind a [middleware.Guard], as for a
// service in Go, with [Allow] for handlers:
//
//	students := guard.InClass(middleware.PathClass("class"), grimoireauth.RoleStudent)
//	mux := http.NewServeMux()
//	mux.Handle("GET /classes/{class}/notes", students(forwardauth.Allow()))
//	app := http.NewCrossOriginProtection().Handler(guard.Protect(mux))
//	handler, err := forwardauth.New(guard, app, forwardauth.Config{
//		Secrets: []grimoireauth.Secret{secret},
//	})
//
// The proxy sends an authentication request for each request that it gets. That
// describes the original request in headers whose names begin with "X-Forward-Auth-":
// [HeaderSecret] and the constants after it. [Handler] restores the original request
// and serves it to the routes. So the guard itself decides, by the method, the path,
// the cookies, the Origin and the Upgrade of the original request.
//
// # Responses
//
//   - 204: the request may pass. [HeaderMember], [HeaderClass] and [HeaderRole] say who makes it and in which role. They contain ids only.
//   - 401: the request is not authenticated. With a Location, the proxy redirects a browser there.
//   - 403 and 404: not permitted, and not found or another class.
//   - 503 with Retry-After: a temporary error, or too many requests from one network. No cookie is deleted.
//
// Two more are rare: 409 for a form that another person may have filled in
// ([middleware.ErrOtherPersonsForm]), and 500 for a mistake in the program or in the
// proxy's configuration, which is logged. Every response can have Set-Cookie headers,
// which the proxy passes to the browser, also those of a 204. No response may be
// cached.
//
// # Paths
//
// The proxy, the routes here and the service behind the proxy parse the same path, each
// in its own way. So a path is accepted only if it has one reading: without empty
// segments and segments of dots, without encoded letters, slashes, backslashes, percent
// signs and control characters, without ";" and "\". Every other path is 404, whatever
// the person's role is. The proxy passes the path on unchanged, and the service gets no
// path that it could parse as another one.
//
// # The proxy
//
// [Handler] answers 403 to every request without one of Config.Secrets. The proxy
// removes the identity headers that a client has sent, and only the proxy can reach the
// service. The example forwardauth has configurations for nginx and HAProxy.
package forwardauth
