package connectguard_test

import (
	"context"
	"net"
	"net/http"
	"testing"

	"connectrpc.com/connect"
	connectguard "github.com/promptgrimoire/auth/examples/connect"
	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/structpb"
)

// procedures is the list of a service: who may call what.
func procedures() map[string]connectguard.Access {
	students, instructors := grimoireauth.RoleStudent, grimoireauth.RoleInstructor
	return map[string]connectguard.Access{
		"/school.Classes/Hello":   connectguard.Public(),
		"/school.Classes/Me":      connectguard.SignedIn(),
		"/school.Classes/Exports": connectguard.SignedIn(middleware.HasPermission(middleware.NoClass, "class", "manage")),
		"/school.Classes/Roster":  connectguard.InClass(connectguard.FromMessage, instructors),
		"/school.Classes/Mark":    connectguard.InClass(connectguard.FromHeader("Class"), students, connectguard.Permission("class", "manage")),
		"/school.Classes/News":    connectguard.InClass(connectguard.FromMessage, students),
		"/school.Classes/Chat":    connectguard.InClass(connectguard.FromHeader("Class"), students),
		// A mistake: where the client streams, there is no message yet to read a class from.
		"/school.Classes/Wrong": connectguard.InClass(connectguard.FromMessage, students),
	}
}

type message = structpb.Struct

// handler is the service. Protect closes it to strangers, also the procedure that was
// made without the interceptor.
func handler(guard *middleware.Guard) http.Handler {
	return guard.Protect(routes(guard), "/school.Classes/Hello")
}

func routes(guard *middleware.Guard) *http.ServeMux {
	guarded := connect.WithInterceptors(connectguard.Interceptor{Guard: guard, Procedures: procedures()})
	mux := http.NewServeMux()
	for _, name := range []string{"Hello", "Me", "Exports", "Roster", "Mark", "Forgotten"} {
		mux.Handle("/school.Classes/"+name, connect.NewUnaryHandler("/school.Classes/"+name, unary, guarded))
	}
	for _, name := range []string{"News", "Unlisted"} {
		mux.Handle("/school.Classes/"+name, connect.NewServerStreamHandler("/school.Classes/"+name, news, guarded))
	}
	for _, name := range []string{"Chat", "Wrong"} {
		mux.Handle("/school.Classes/"+name, connect.NewBidiStreamHandler("/school.Classes/"+name, chat, guarded))
	}
	mux.Handle("/school.Classes/Bare", connect.NewUnaryHandler("/school.Classes/Bare", unary))
	return mux
}

// unary answers with the person that the context names.
func unary(ctx context.Context, _ *connect.Request[message]) (*connect.Response[message], error) {
	return connect.NewResponse(personOf(ctx)), nil
}

func personOf(ctx context.Context) *message {
	person, role, _ := grimoireauth.RoleFromContext(ctx)
	session, signedIn := grimoireauth.SessionFromContext(ctx)
	answer, _ := structpb.NewStruct(map[string]any{
		"class": string(person.Class), "role": role.String(), "signed in": signedIn, "member": string(session.Member()),
	})
	return answer
}

// news says who reads, and waits.
func news(ctx context.Context, _ *connect.Request[message], stream *connect.ServerStream[message]) error {
	if err := stream.Send(personOf(ctx)); err != nil {
		return err
	}
	<-ctx.Done() // beside the channel with what is to be sent
	return nil
}

// chat answers every message, and looks at nothing but the stream.
func chat(ctx context.Context, stream *connect.BidiStream[message, message]) error {
	for {
		if _, err := stream.Receive(); err != nil {
			return err
		}
		if err := stream.Send(personOf(ctx)); err != nil {
			return err
		}
	}
}

// pipes is a listener whose connections stay in memory.
type pipes struct {
	accept chan net.Conn
	closed chan struct{}
}

func (p pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.accept:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case p.accept <- there:
		return here, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p pipes) Close() error   { close(p.closed); return nil }
func (p pipes) Addr() net.Addr { return &net.IPAddr{} }

// client is a client of a running service.
type client struct {
	http    *http.Client
	options []connect.ClientOption
}

func (s school) serve(t testing.TB, handler http.Handler, options []connect.ClientOption) client {
	t.Helper()
	unencrypted := new(http.Protocols) // HTTP/2 without TLS, since nothing leaves this process
	unencrypted.SetUnencryptedHTTP2(true)
	server := &http.Server{Handler: handler, Protocols: unencrypted}
	listener := pipes{make(chan net.Conn), make(chan struct{})}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	transport := &http.Transport{DialContext: listener.dial, Protocols: unencrypted}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		require.NoError(t, server.Close())
		require.ErrorIs(t, <-served, http.ErrServerClosed)
		require.NoError(t, s.verifier.Wait(context.Background()))
	})
	return client{&http.Client{Transport: transport}, options}
}

// of is a client of one procedure.
func (c client) of(name string) *connect.Client[message, message] {
	return connect.NewClient[message, message](c.http, "http://school/school.Classes/"+name, c.options...)
}

// as puts credentials, and a class, into headers.
func as(header http.Header, c grimoireauth.Credentials, class grimoireauth.ClassID) {
	if !c.IsZero() {
		header.Set("Authorization", "Bearer "+c.JWT.Reveal())
	}
	if class != "" {
		header.Set("Class", string(class))
	}
}

// about is a request about a class.
func about(class grimoireauth.ClassID) *message {
	message, _ := structpb.NewStruct(map[string]any{"class": string(class)})
	return message
}

// call calls a unary procedure about a class.
func (c client) call(ctx context.Context, name string, who grimoireauth.Credentials, class grimoireauth.ClassID) (map[string]any, error) {
	request := connect.NewRequest(about(class))
	as(request.Header(), who, class)
	response, err := c.of(name).CallUnary(ctx, request)
	if err != nil {
		return nil, err
	}
	return response.Msg.AsMap(), nil
}

// open opens a stream, sends one message, and returns how to receive the next answer.
func (c client) open(ctx context.Context, name string, who grimoireauth.Credentials, class grimoireauth.ClassID) func() (map[string]any, error) {
	if name == "Chat" || name == "Wrong" {
		stream := c.of(name).CallBidiStream(ctx)
		as(stream.RequestHeader(), who, class)
		_ = stream.Send(about(class)) // a refusal can be there already; it is received
		return func() (map[string]any, error) {
			answer, err := stream.Receive()
			return answer.AsMap(), err
		}
	}
	request := connect.NewRequest(about(class))
	as(request.Header(), who, class)
	stream, err := c.of(name).CallServerStream(ctx, request)
	return func() (map[string]any, error) {
		if err != nil {
			return nil, err
		}
		if !stream.Receive() {
			return nil, stream.Err()
		}
		return stream.Msg().AsMap(), nil
	}
}
