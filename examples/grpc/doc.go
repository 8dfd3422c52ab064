// Package grpcguard is an interceptor for gRPC that decides about every call by a
// [middleware.Guard]: a bearer session_jwt comes in the metadata, the class in the
// request or in the metadata, and the guard's decision is the one that it would make
// about a request over HTTP. Streams end when the decision no longer holds.
//
// It is an example, to be copied. Its tests run a service over it, in both ways to map a
// school to Stytch; the messages are protobuf's well-known types, so that nothing has to
// be generated.
package grpcguard
