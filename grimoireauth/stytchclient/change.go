package stytchclient

// Change says what becomes of one field of a class or a member. The zero Change
// leaves it as it is; [Set] gives it a value, also the zero value of its type,
// which clears it. A plain field could not tell "leave it" from "clear it".
type Change[T any] struct {
	to  T
	set bool
}

// Set returns the Change that gives a field this value.
func Set[T any](to T) Change[T] { return Change[T]{to: to, set: true} }

// Value returns the new value, and whether there is one.
func (c Change[T]) Value() (to T, ok bool) { return c.to, c.set }
