// Package routers shows the guards of [middleware.Guard] with routers other than
// [http.ServeMux]: the lines that a router needs to say which class a request is about,
// and how everything that a router serves is closed to strangers.
//
// The lines are few and meant to be copied; copy only those of your router, so that you
// do not import the others. Wherever a guard cannot learn the class, it answers 500 and
// lets no one pass.
package routers
