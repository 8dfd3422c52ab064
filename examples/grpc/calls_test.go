package grpcguard_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	grpcguard "github.com/promptgrimoire/auth/examples/grpc"
	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/structpb"
)

const (
	ok       = codes.OK
	unauth   = codes.Unauthenticated
	denied   = codes.PermissionDenied
	notFound = codes.NotFound
)

// inBothSchools runs a test in virtual time, in both ways to map a school.
func inBothSchools(t *testing.T, test func(t *testing.T, s school, c client)) {
	for name, make := range map[string]func(testing.TB) school{"an Organization per class": organizationPerClass, "one Organization": oneOrganization} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := make(t)
				test(t, s, s.serve(t))
			})
		})
	}
}

// A09: who may call what, of every kind of call, in both ways to map a school.
func TestA09_WhoMayCall(t *testing.T) {
	inBothSchools(t, func(t *testing.T, s school, c client) {
		shared := s.there == "LAWS8001" // one session for both classes
		either := func(one, perClass codes.Code) codes.Code {
			if shared {
				return one
			}
			return perClass
		}
		for _, row := range []struct {
			who                                              string
			me, exports, roster, mark, news, chat, newsThere codes.Code
		}{
			{"stranger", unauth, unauth, unauth, unauth, unauth, unauth, unauth},
			{"forged", unauth, unauth, unauth, unauth, unauth, unauth, unauth},
			{"expired", unauth, unauth, unauth, unauth, unauth, unauth, unauth},
			{"revoked", unauth, unauth, unauth, unauth, unauth, unauth, unauth},
			{"student", ok, denied, denied, denied, ok, ok, notFound},
			{"instructor", ok, ok, ok, ok, ok, ok, notFound},
			{"elsewhere", ok, denied, notFound, notFound, notFound, notFound, ok},
			{"teaches there", ok, either(ok, denied), denied, denied, ok, ok, either(ok, notFound)},
		} {
			ctx := as(t.Context(), s.people[row.who], s.here)
			for method, want := range map[string]codes.Code{
				"Hello": ok, "Me": row.me, "Exports": row.exports, "Roster": row.roster, "Mark": row.mark, "Forgotten": codes.Internal,
			} {
				answer, err := c.call(ctx, method, s.here)
				require.Equal(t, want, status.Code(err), "%s by %s: %v", method, row.who, err)
				if err == nil && (method == "Roster" || method == "Mark") {
					require.Equal(t, string(s.here), answer["class"])
				}
				require.Equal(t, err == nil && method != "Hello", answer["signed in"] == true, method)
			}
			for _, stream := range []struct {
				method string
				class  grimoireauth.ClassID
				want   codes.Code
			}{{"News", s.here, row.news}, {"Chat", s.here, row.chat}, {"News", s.there, row.newsThere}, {"Wrong", s.here, codes.Internal}} {
				want := stream.want
				if stream.method == "Wrong" && row.me != ok {
					want = row.me
				}
				answer := new(structpb.Struct)
				err := c.open(ctx, stream.method, stream.class).RecvMsg(answer)
				require.Equal(t, want, status.Code(err), "%s by %s: %v", stream.method, row.who, err)
				if err == nil {
					require.Equal(t, string(stream.class), answer.AsMap()["class"])
				}
			}
		}
	})
}

// What is not there, is there twice or comes from the wrong place is no class and no token.
func TestNoClassAndNoToken(t *testing.T) {
	inBothSchools(t, func(t *testing.T, s school, c client) {
		instructor := s.people["instructor"]
		_, err := c.call(as(t.Context(), instructor, ""), "Roster", "")
		require.Equal(t, codes.Internal, status.Code(err), "no class in the message")
		_, err = c.call(as(t.Context(), instructor, ""), "Mark", s.here)
		require.Equal(t, codes.Internal, status.Code(err), "no class in the metadata")
		_, err = c.call(metadata.AppendToOutgoingContext(as(t.Context(), instructor, s.here), "class", string(s.there)), "Mark", s.here)
		require.Equal(t, codes.Internal, status.Code(err), "two classes")
		_, err = c.call(metadata.AppendToOutgoingContext(as(t.Context(), instructor, s.here), "authorization", "Bearer x"), "Me", "")
		require.Equal(t, codes.Unauthenticated, status.Code(err), "two tokens")
		for _, bad := range []string{"", "Bearer", "Bearer ", "Basic " + instructor.JWT.Reveal(), instructor.JWT.Reveal()} {
			_, err = c.call(metadata.AppendToOutgoingContext(t.Context(), "authorization", bad), "Me", "")
			require.Equal(t, codes.Unauthenticated, status.Code(err), bad)
		}
		for _, method := range []string{"Unlisted", "Hasty"} {
			err = c.open(as(t.Context(), instructor, s.here), method, s.here).RecvMsg(new(structpb.Struct))
			require.Equal(t, codes.Internal, status.Code(err), method)
		}
	})
}

// While Stytch cannot be reached, what a token proves goes on. The rest is Unavailable, and
// says when to try again.
func TestOutageIsUnavailable(t *testing.T) {
	inBothSchools(t, func(t *testing.T, s school, c client) {
		s.stytch.Fail(mock.Fault{Drop: true}) // before the keys were fetched
		ctx := as(t.Context(), s.people["student"], s.here)
		_, err := c.call(ctx, "Me", "")
		errs := map[string]error{"Me": err, "News": c.open(ctx, "News", s.here).RecvMsg(new(structpb.Struct)), "Chat": c.open(ctx, "Chat", s.here).RecvMsg(new(structpb.Struct))}
		for method, err := range errs {
			require.Equal(t, codes.Unavailable, status.Code(err), "%s: %v", method, err)
			require.Len(t, status.Convert(err).Details(), 1, method)
			retry, isRetry := status.Convert(err).Details()[0].(*errdetails.RetryInfo)
			require.True(t, isRetry, method)
			require.Positive(t, retry.GetRetryDelay().AsDuration(), method)
		}
		s.stytch.ClearFaults()
		time.Sleep(time.Minute)
		_, err = c.call(ctx, "Me", "")
		require.NoError(t, err, "no one was signed out")
		s.stytch.Fail(mock.Fault{Drop: true})
		_, err = c.call(ctx, "Me", "")
		require.NoError(t, err, "the token proves it")
		s.stytch.ClearFaults()
	})
}

// endsWith waits until a stream ends, and returns its status and how long that took.
func endsWith(t *testing.T, stream grpc.ClientStream) (codes.Code, time.Duration) {
	t.Helper()
	begun := time.Now()
	err := stream.RecvMsg(new(structpb.Struct))
	require.Error(t, err)
	return status.Code(err), time.Since(begun)
}

// A05 and A09: streams of both kinds end when their session is revoked, when their reader
// leaves the class, and when the server stops; one that waits for its client's message
// too.
func TestA05_StreamsEnd(t *testing.T) {
	for name, tt := range map[string]struct {
		end    func(t *testing.T, s school)
		want   codes.Code
		within time.Duration
	}{
		"signed out": {func(t *testing.T, s school) {
			a, err := s.verifier.Authenticate(t.Context(), s.people["student"])
			require.NoError(t, err)
			require.NoError(t, s.client.Sessions.Revoke(t.Context(), a.Session))
		}, unauth, 2 * time.Second},
		"left the class":    {func(_ *testing.T, s school) { s.leave() }, 0, 2 * time.Second},
		"server stops":      {func(_ *testing.T, s school) { s.guard.EndWatches() }, codes.Unavailable, time.Second},
		"token has expired": {func(*testing.T, school) {}, unauth, 6 * time.Minute},
	} {
		for _, method := range []string{"News", "Chat"} {
			t.Run(name+"/"+method, func(t *testing.T) {
				inBothSchools(t, func(t *testing.T, s school, c client) {
					ctx, cancel := context.WithTimeout(t.Context(), time.Hour) // so that a stream that stays fails
					defer cancel()
					stream := c.open(as(ctx, s.people["student"], s.here), method, s.here)
					require.NoError(t, stream.RecvMsg(new(structpb.Struct)))
					time.Sleep(3 * time.Minute)
					tt.end(t, s)
					code, took := endsWith(t, stream)
					want := tt.want
					if want == ok { // one Organization: the role is gone; per class: so is the session
						want = unauth
						if s.there == "LAWS8001" {
							want = notFound
						}
					}
					require.Equal(t, want, code)
					require.LessOrEqual(t, took, tt.within)
				})
			})
		}
	}
}

// A method that is not listed, and a name that is no method, are found at the start.
func TestCheck(t *testing.T) {
	server := grpc.NewServer()
	server.RegisterService(&service, nil)
	list := methods()
	list["/school.Classes/Gone"] = grpcguard.Public()
	err := grpcguard.Interceptor{Methods: list}.Check(server)
	require.ErrorContains(t, err, "/school.Classes/Forgotten is not listed")
	require.ErrorContains(t, err, "/school.Classes/Unlisted is not listed")
	require.ErrorContains(t, err, "/school.Classes/Gone is listed")
	require.NotContains(t, err.Error(), "Roster")
}
