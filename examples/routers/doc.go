// Package routers shows the guards of [middleware.Guard] with routers other than
// [http.ServeMux]: the lines that return the class of a request with each router, and
// how everything that a router serves is closed to strangers.
//
// The lines are few and meant to be copied; copy only those of your router, so that you
// do not import the others. A guard that cannot find the class answers 500 and lets no
// request pass.
package routers
