package grpcguard

import (
	"context"
	"fmt"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/types/known/structpb"
)

// Access says who may call a method. The zero Access lets no call pass.
type Access struct {
	public bool
	rules  func(ctx context.Context, request any) []middleware.Rule
}

// Public lets strangers call a method, such as those of the health service.
func Public() Access { return Access{public: true} }

// SignedIn requires a session, and the rules.
func SignedIn(rules ...middleware.Rule) Access {
	return Access{rules: func(context.Context, any) []middleware.Rule { return rules }}
}

// InClass requires that the caller has at least this role in the class of the call, and
// what more returns for that class: see [Permission]. The handler finds the class in
// its context, as part of the [grimoireauth.Person]. It must not read the class from
// anywhere else, since the decision is about this one.
func InClass(of ClassOf, least grimoireauth.Role, more ...func(grimoireauth.ClassID) middleware.Rule) Access {
	return Access{rules: func(ctx context.Context, request any) []middleware.Rule {
		class := of(ctx, request)
		rules := []middleware.Rule{middleware.HasRole(class, least)}
		for _, rule := range more {
			rules = append(rules, rule(class))
		}
		return rules
	}}
}

// Permission requires that Config.Can permits the action in the class of the call.
func Permission(resource, action string) func(grimoireauth.ClassID) middleware.Rule {
	return func(class grimoireauth.ClassID) middleware.Rule {
		return middleware.HasPermission(middleware.OneClass(class), resource, action)
	}
}

// ClassOf returns the class of a call, or the empty ClassID, which is rejected. The
// request is the message of a unary call, or the only one that the client of a server
// stream sends. If the client streams, it is nil, since the decision is made before the
// handler runs: then the class comes from the metadata.
type ClassOf func(ctx context.Context, request any) grimoireauth.ClassID

// FromMessage reads the class from the field "class" of the request. With generated
// messages it is one type assertion: request.(interface{ GetClass() string }).
func FromMessage(_ context.Context, request any) grimoireauth.ClassID {
	message, _ := request.(*structpb.Struct)
	return grimoireauth.ClassID(message.GetFields()["class"].GetStringValue())
}

// FromMetadata reads the class from the metadata of this name. If it has two values
// there is no class.
func FromMetadata(name string) ClassOf {
	return func(ctx context.Context, _ any) grimoireauth.ClassID {
		if values := metadata.ValueFromIncomingContext(ctx, name); len(values) == 1 {
			return grimoireauth.ClassID(values[0])
		}
		return ""
	}
}

var errUnlisted = fmt.Errorf("%w: this method is not listed", middleware.ErrMisconfigured)

// rulesFor returns the rules of a call.
func (a Access) rulesFor(ctx context.Context, request any) ([]middleware.Rule, error) {
	if a.rules == nil {
		return nil, errUnlisted
	}
	return a.rules(ctx, request), nil
}
