// Package connectguard is an interceptor for connect-go that decides about every call
// by a [middleware.Guard]: the headers have a session_jwt as the bearer token, the
// request or the headers have the class, and the guard decides as it does about any
// other request. Streams end when the decision no longer holds. It serves clients of
// all protocols that connect supports.
//
// A handler that was made without the interceptor is not guarded. So the handlers stand
// in a mux, and Guard.Protect stands around the mux: it rejects strangers before a
// message is read, whatever a handler has forgotten.
//
// It is an example to copy. Its tests run a service over it, in both ways to map a
// school to Stytch; the messages are protobuf's well-known types, so that no code has
// to be generated.
package connectguard
