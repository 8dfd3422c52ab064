package grimoireauth

import "context"

// unattendedKey is the context key of ContextUnattended.
type unattendedKey struct{}

// ContextUnattended says that no person causes what is asked with this context: a program
// asks again about a connection that is open. An [AuthFunc] then does not take the question
// for a use of the session, and does not extend it. Everything else is asked as always.
func ContextUnattended(ctx context.Context) context.Context {
	return context.WithValue(ctx, unattendedKey{}, true)
}

// UnattendedFromContext reports whether [ContextUnattended] was said.
func UnattendedFromContext(ctx context.Context) bool {
	unattended, _ := ctx.Value(unattendedKey{}).(bool)
	return unattended
}
