package browser

import "errors"

// What a tab's methods return besides the errors of the transport.
var (
	// ErrAbandoned means that the request was given up while it was under way:
	// the tab was closed or stopped, or went elsewhere.
	ErrAbandoned = errors.New("browser: abandoned")
	// ErrClosed means that the tab is closed.
	ErrClosed = errors.New("browser: the tab is closed")
	// ErrConfirm means that the browser asks before it posts a form again, and
	// was not told yes.
	ErrConfirm = errors.New("browser: posting again needs a confirmation")
	// ErrTooManyRedirects means that a navigation or a fetch was redirected more than
	// 20 times.
	ErrTooManyRedirects = errors.New("browser: too many redirects")
	// ErrNotFound means that the page has no such form, field, button or link, or
	// that there is no page to go back to.
	ErrNotFound = errors.New("browser: not found on this page")
	// ErrInvalid means that a required field of a form is empty, so that the
	// browser does not send it.
	ErrInvalid = errors.New("browser: a required field is empty")
	// ErrBlocked means that the browser does not allow the request, or does not
	// let the page read the response (CORS, form-action).
	ErrBlocked = errors.New("browser: blocked")
)
