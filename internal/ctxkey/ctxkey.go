// Package ctxkey holds the context keys with which a guard passes what it found out about a
// request to the handler. They are here so that the guard's context type can answer to them
// itself, which saves an allocation for each request.
package ctxkey

type (
	// Authentication is the key of a *grimoireauth.Authentication.
	Authentication struct{}
	// Place is the key of a value with the method
	// InClass() (grimoireauth.Person, grimoireauth.Role).
	Place struct{}
)
