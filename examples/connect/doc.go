// Package connectguard is an interceptor for connect-go that decides about every call by
// a [middleware.Guard]: a bearer session_jwt comes in the headers, the class in the
// request or in the headers, and the guard's decision is the one that it would make about
// any other request. Streams end when the decision no longer holds. It serves clients of
// all protocols that connect speaks.
//
// A handler that is made without the interceptor is not decided about. So the handlers
// stand in a mux, and Guard.Protect stands around the mux: strangers are refused by it,
// before a message is read, whatever a handler has forgotten.
//
// It is an example, to be copied. Its tests run a service over it, in both ways to map a
// school to Stytch; the messages are protobuf's well-known types, so that nothing has to
// be generated.
package connectguard
