// Package ctxkey has the context keys by which a guard tells what it found out about a
// request. They are here so that the guard's own context can answer to them itself: one
// allocation less for each request.
package ctxkey

type (
	// Authentication is the key of a *grimoireauth.Authentication.
	Authentication struct{}
	// Place is the key of a value with the method
	// InClass() (grimoireauth.Person, grimoireauth.Role).
	Place struct{}
)
