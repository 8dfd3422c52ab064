package grpcguard_test

import (
	"context"
	"net"
	"testing"

	grpcguard "github.com/promptgrimoire/auth/examples/grpc"
	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/types/known/structpb"
)

// methods is the list of a service: who may call what.
func methods() map[string]grpcguard.Access {
	students, instructors := grimoireauth.RoleStudent, grimoireauth.RoleInstructor
	return map[string]grpcguard.Access{
		"/school.Classes/Hello":   grpcguard.Public(),
		"/school.Classes/Me":      grpcguard.SignedIn(),
		"/school.Classes/Exports": grpcguard.SignedIn(middleware.HasPermission(middleware.NoClass, "class", "manage")),
		"/school.Classes/Roster":  grpcguard.InClass(grpcguard.FromMessage, instructors),
		"/school.Classes/Mark":    grpcguard.InClass(grpcguard.FromMetadata("class"), students, grpcguard.Permission("class", "manage")),
		"/school.Classes/News":    grpcguard.InClass(grpcguard.FromMessage, students),
		"/school.Classes/Chat":    grpcguard.InClass(grpcguard.FromMetadata("class"), students),
		"/school.Classes/Hasty":   grpcguard.InClass(grpcguard.FromMessage, students),
		// A mistake: where the client streams, there is no message yet to read a class from.
		"/school.Classes/Wrong": grpcguard.InClass(grpcguard.FromMessage, students),
	}
}

// service is what protoc would make of a service definition, by hand.
var service = grpc.ServiceDesc{
	ServiceName: "school.Classes",
	HandlerType: (*any)(nil),
	Methods: []grpc.MethodDesc{
		unary("Hello"), unary("Me"), unary("Exports"), unary("Roster"), unary("Mark"), unary("Forgotten"),
	},
	Streams: []grpc.StreamDesc{
		{StreamName: "News", ServerStreams: true, Handler: news},
		{StreamName: "Hasty", ServerStreams: true, Handler: hasty},
		{StreamName: "Unlisted", ServerStreams: true, Handler: news},
		{StreamName: "Chat", ServerStreams: true, ClientStreams: true, Handler: chat},
		{StreamName: "Wrong", ServerStreams: true, ClientStreams: true, Handler: chat},
	},
}

// unary answers with the person that the context names.
func unary(name string) grpc.MethodDesc {
	return grpc.MethodDesc{MethodName: name, Handler: func(srv any, ctx context.Context, decode func(any) error, interceptor grpc.UnaryServerInterceptor) (any, error) {
		request := new(structpb.Struct)
		if err := decode(request); err != nil {
			return nil, err
		}
		return interceptor(ctx, request, &grpc.UnaryServerInfo{Server: srv, FullMethod: "/school.Classes/" + name}, func(ctx context.Context, _ any) (any, error) {
			return personOf(ctx), nil
		})
	}}
}

func personOf(ctx context.Context) *structpb.Struct {
	person, role, _ := grimoireauth.RoleFromContext(ctx)
	session, signedIn := grimoireauth.SessionFromContext(ctx)
	answer, _ := structpb.NewStruct(map[string]any{
		"class": string(person.Class), "role": role.String(), "signed in": signedIn, "member": string(session.Member()),
	})
	return answer
}

// news receives the request, as generated code does, says who reads, and waits.
func news(_ any, stream grpc.ServerStream) error {
	if err := stream.RecvMsg(new(structpb.Struct)); err != nil {
		return err
	}
	if err := stream.SendMsg(personOf(stream.Context())); err != nil {
		return err
	}
	<-stream.Context().Done() // beside the channel with what is to be sent
	return nil
}

// hasty sends before it has received the request.
func hasty(_ any, stream grpc.ServerStream) error {
	return stream.SendMsg(personOf(stream.Context()))
}

// chat answers every message, and looks at nothing but the stream.
func chat(_ any, stream grpc.ServerStream) error {
	for {
		if err := stream.RecvMsg(new(structpb.Struct)); err != nil {
			return err
		}
		if err := stream.SendMsg(personOf(stream.Context())); err != nil {
			return err
		}
	}
}

// client is a client of a running service.
type client struct {
	*grpc.ClientConn
	t testing.TB
}

func (s school) serve(t testing.TB) client {
	t.Helper()
	interceptor := grpcguard.Interceptor{Guard: s.guard, Methods: methods()}
	server := grpc.NewServer(interceptor.Options()...)
	server.RegisterService(&service, nil)
	listener := bufconn.Listen(1 << 16)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	conn, err := grpc.NewClient("passthrough:///school", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, conn.Close())
		server.Stop()
		require.NoError(t, <-served)
		require.NoError(t, s.verifier.Wait(context.Background()))
	})
	return client{conn, t}
}

// as is the context of a call by the holder of the credentials, about a class.
func as(ctx context.Context, c grimoireauth.Credentials, class grimoireauth.ClassID) context.Context {
	if !c.IsZero() {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+c.JWT.Reveal())
	}
	if class != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, "class", string(class))
	}
	return ctx
}

// about is a request about a class.
func about(class grimoireauth.ClassID) *structpb.Struct {
	message, _ := structpb.NewStruct(map[string]any{"class": string(class)})
	return message
}

// call calls a unary method about a class.
func (c client) call(ctx context.Context, method string, class grimoireauth.ClassID) (map[string]any, error) {
	answer := new(structpb.Struct)
	err := c.Invoke(ctx, "/school.Classes/"+method, about(class), answer)
	return answer.AsMap(), err
}

// open opens a stream and sends one message.
func (c client) open(ctx context.Context, method string, class grimoireauth.ClassID) grpc.ClientStream {
	c.t.Helper()
	desc := &grpc.StreamDesc{ServerStreams: true, ClientStreams: method == "Chat" || method == "Wrong"}
	stream, err := c.NewStream(ctx, desc, "/school.Classes/"+method)
	require.NoError(c.t, err)
	_ = stream.SendMsg(about(class)) // a refusal can be there already; it is received
	if !desc.ClientStreams {
		require.NoError(c.t, stream.CloseSend())
	}
	return stream
}
