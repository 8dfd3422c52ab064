// Package forwardauth answers a reverse proxy that asks, before it hands a request to a
// service in another language, who made it and whether they may.
//
// The routes are those of a [http.ServeMux] behind a [middleware.Guard], as for a service
// in Go, with [Allow] in the place of the handlers:
//
//	students := guard.InClass(middleware.PathClass("class"), grimoireauth.RoleStudent)
//	mux := http.NewServeMux()
//	mux.Handle("GET /classes/{class}/notes", students(forwardauth.Allow()))
//	app := http.NewCrossOriginProtection().Handler(guard.Protect(mux))
//	handler, err := forwardauth.New(guard, app, forwardauth.Config{
//		Secrets: []grimoireauth.Secret{secret},
//	})
//
// The proxy describes the request that it got, in headers whose names begin with
// "X-Forward-Auth-": [HeaderSecret] and the constants after it. [Handler] makes that request
// of it again and serves it to the routes. So the guard itself decides, by the method, the
// path, the cookies, the Origin and the Upgrade of the original request.
//
// # Answers
//
//   - 204: the request may pass. [HeaderMember], [HeaderClass] and [HeaderRole] say who
//     makes it and as what. They hold ids only.
//   - 401: the request proves no session. With a Location, a browser is to be redirected there.
//   - 403 and 404: not permitted, and not there or another class.
//   - 503 with Retry-After: it could not be found out, or too much was asked from one network. No cookie is deleted.
//
// Two more are rare: 409 for a form that another person may have filled in
// ([middleware.ErrOtherPersonsForm]), and 500 for a mistake of the program or of the
// proxy's configuration, which is logged. Every answer can have Set-Cookie lines, which the
// proxy hands to the browser also with a 204. No answer may be cached.
//
// # Paths
//
// A proxy, the routes here and the service behind the proxy read one path, and each in its
// own way. So a path passes only if it has one reading: without empty segments and segments of dots,
// without encoded letters, slashes, backslashes, percent signs and control characters,
// without ";" and "\". Every other spelling is 404, whatever the person may do. The proxy passes the
// path on as it came, and the service gets no path that it could read as another one.
//
// # The proxy
//
// [Handler] answers 403 to everything that does not know one of Config.Secrets. The proxy
// removes from each request what the client has sent under the names of the identity
// headers, and only the proxy can reach the service. The example forwardauth has
// configurations for nginx and HAProxy.
package forwardauth
