// Package quiet keeps the text of an error out of logs.
package quiet

// Error stands for another error whose text or fields may quote what was sent: a token, a
// password, an address. It prints as its own text under every verb of fmt, in JSON and in
// log/slog, also as a field of another struct. errors.Is and errors.As see the other error.
type Error struct {
	text string
	// A pointer to an interface: fmt prints an address here and follows it no further.
	err *error
}

// Wrap returns an error that prints as text and stands for err, which must not be nil.
func Wrap(err error, text string) error { return Error{text, &err} }

// Error returns the text.
func (e Error) Error() string { return e.text }

// Unwrap returns the error that this one stands for.
func (e Error) Unwrap() error { return *e.err }
