// Package grpcguard is an interceptor for gRPC that decides about every call by a
// [middleware.Guard]: the metadata has a session_jwt as the bearer token, the request
// or the metadata has the class, and the guard decides as it does about a request over
// HTTP. Streams end when the decision no longer holds.
//
// It is an example to copy. Its tests run a service over it, in both ways to map a
// school to Stytch; the messages are protobuf's well-known types, so that no code has
// to be generated.
package grpcguard
