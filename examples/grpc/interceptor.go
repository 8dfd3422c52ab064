package grpcguard

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

// Interceptor decides about the calls of a gRPC server.
type Interceptor struct {
	// Guard decides. Its Config.Watch should be verifier.Watch, so that streams end
	// when their session does. Missing: every call that is not public is rejected as
	// Internal.
	Guard *middleware.Guard
	// Methods says who may call each method, by its full name, such as
	// "/school.Classes/Roster". A method that is not listed is rejected as Internal:
	// see Check.
	Methods map[string]Access
}

// Options are the options for grpc.NewServer.
func (i Interceptor) Options() []grpc.ServerOption {
	return []grpc.ServerOption{grpc.ChainUnaryInterceptor(i.unary), grpc.ChainStreamInterceptor(i.stream)}
}

// Check returns an error that names every method of the server that is not listed, and
// every name in the list that is none of its methods. Call it when all services are
// registered.
func (i Interceptor) Check(server *grpc.Server) error {
	var faults []error
	known := make(map[string]bool)
	for service, info := range server.GetServiceInfo() {
		for _, method := range info.Methods {
			name := "/" + service + "/" + method.Name
			known[name] = true
			if _, ok := i.Methods[name]; !ok {
				faults = append(faults, fmt.Errorf("%s is not listed, so no one can call it", name))
			}
		}
	}
	for name := range i.Methods {
		if !known[name] {
			faults = append(faults, fmt.Errorf("%s is listed, and the server has no such method", name))
		}
	}
	return errors.Join(faults...)
}

func (i Interceptor) unary(ctx context.Context, request any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	access := i.Methods[info.FullMethod]
	if access.public {
		return next(ctx, request)
	}
	rules, err := access.rulesFor(ctx, request)
	if err != nil {
		return nil, refusal(ctx, info.FullMethod, err)
	}
	credentials, err := bearer(ctx)
	if err != nil {
		return nil, refusal(ctx, info.FullMethod, err)
	}
	decision, err := i.Guard.Decide(ctx, credentials, rules...)
	if err != nil {
		return nil, refusal(ctx, info.FullMethod, err)
	}
	return next(contextOf(ctx, decision), request)
}

// contextOf returns a context with the caller, for grimoireauth's accessors.
func contextOf(ctx context.Context, d middleware.Decision) context.Context {
	if d.Role == grimoireauth.RoleNone {
		return grimoireauth.ContextWithAuthentication(ctx, d.Authentication)
	}
	return grimoireauth.ContextWithRole(grimoireauth.ContextWithAuthentication(ctx, d.Authentication), d.Person, d.Role)
}

var errBadAuthorization = fmt.Errorf("the metadata authorization is no bearer token: %w", grimoireauth.ErrUnauthenticated)

// bearer reads the session_jwt from the metadata "authorization". It is never
// refreshed: after it has expired, the client sends another one.
func bearer(ctx context.Context) (grimoireauth.Credentials, error) {
	values := metadata.ValueFromIncomingContext(ctx, "authorization")
	if len(values) == 0 {
		return grimoireauth.Credentials{}, grimoireauth.ErrNoCredentials
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	if len(values) > 1 || !strings.EqualFold(scheme, "Bearer") || token == "" {
		return grimoireauth.Credentials{}, errBadAuthorization
	}
	return grimoireauth.NewCredentials(token, ""), nil
}
