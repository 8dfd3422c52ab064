package connectguard_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"connectrpc.com/connect"
	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
)

const (
	ok       connect.Code = 0
	unauth                = connect.CodeUnauthenticated
	denied                = connect.CodePermissionDenied
	notFound              = connect.CodeNotFound
)

// codeOf is connect.CodeOf with a code for success.
func codeOf(err error) connect.Code {
	if err == nil {
		return ok
	}
	return connect.CodeOf(err)
}

// inBothSchools runs a test in virtual time, in both ways to map a school, for each
// protocol that connect speaks.
func inBothSchools(t *testing.T, test func(t *testing.T, s school, c client)) {
	for name, make := range map[string]func(testing.TB) school{"an Organization per class": organizationPerClass, "one Organization": oneOrganization} {
		for protocol, option := range map[string][]connect.ClientOption{"connect": nil, "gRPC": {connect.WithGRPC()}, "gRPC-Web": {connect.WithGRPCWeb()}} {
			t.Run(name+"/"+protocol, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := make(t)
					test(t, s, s.serve(t, handler(s.guard), option))
				})
			})
		}
	}
}

// A09: who may call what, of every kind of call, in both ways to map a school.
func TestA09_WhoMayCall(t *testing.T) {
	inBothSchools(t, func(t *testing.T, s school, c client) {
		shared := s.there == "LAWS8001" // one session for both classes
		either := func(one, perClass connect.Code) connect.Code {
			if shared {
				return one
			}
			return perClass
		}
		for _, row := range []struct {
			who                                              string
			me, exports, roster, mark, news, chat, newsThere connect.Code
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
			who := s.people[row.who]
			notListed := connect.CodeInternal
			if row.me != ok {
				notListed = row.me // Protect is asked first
			}
			for name, want := range map[string]connect.Code{
				"Hello": ok, "Me": row.me, "Exports": row.exports, "Roster": row.roster, "Mark": row.mark, "Forgotten": notListed, "Bare": row.me,
			} {
				answer, err := c.call(t.Context(), name, who, s.here)
				require.Equal(t, want, codeOf(err), "%s by %s: %v", name, row.who, err)
				if err == nil && (name == "Roster" || name == "Mark") {
					require.Equal(t, string(s.here), answer["class"])
				}
				require.Equal(t, err == nil && name != "Hello", answer["signed in"] == true, name)
			}
			for _, stream := range []struct {
				name  string
				class grimoireauth.ClassID
				want  connect.Code
			}{{"News", s.here, row.news}, {"Chat", s.here, row.chat}, {"News", s.there, row.newsThere}, {"Wrong", s.here, notListed}, {"Unlisted", s.here, notListed}} {
				ctx, cancel := context.WithCancel(t.Context())
				answer, err := c.open(ctx, stream.name, who, stream.class)()
				cancel()
				require.Equal(t, stream.want, codeOf(err), "%s by %s: %v", stream.name, row.who, err)
				if err == nil {
					require.Equal(t, string(stream.class), answer["class"])
				}
			}
		}
	})
}

// What is not there, or is there twice, is no class and no token.
func TestNoClassAndNoToken(t *testing.T) {
	inBothSchools(t, func(t *testing.T, s school, c client) {
		instructor := s.people["instructor"]
		for _, name := range []string{"Roster", "Mark"} {
			_, err := c.call(t.Context(), name, instructor, "")
			require.Equal(t, connect.CodeInternal, codeOf(err), "%s without a class", name)
		}
		two := connect.NewRequest(about(s.here))
		as(two.Header(), instructor, s.here)
		two.Header().Add("Class", string(s.there))
		_, err := c.of("Mark").CallUnary(t.Context(), two)
		require.Equal(t, connect.CodeInternal, codeOf(err), "two classes")
		for _, bad := range [][]string{{""}, {"Bearer"}, {"Bearer "}, {"Basic " + instructor.JWT.Reveal()}, {instructor.JWT.Reveal()}, {"Bearer " + instructor.JWT.Reveal(), "Bearer x"}} {
			request := connect.NewRequest(about(""))
			request.Header()["Authorization"] = bad
			_, err := c.of("Me").CallUnary(t.Context(), request)
			require.Equal(t, connect.CodeUnauthenticated, codeOf(err), bad)
		}
	})
}

// While Stytch cannot be reached, what a token proves goes on. The rest is unavailable, and
// says when to try again, whether Protect or the interceptor says it.
func TestOutageIsUnavailable(t *testing.T) {
	inBothSchools(t, func(t *testing.T, s school, c client) {
		open := s.serve(t, routes(s.guard), c.options) // without Protect
		student := s.people["student"]
		s.stytch.Fail(mock.Fault{Drop: true}) // before the keys were fetched
		for who, c := range map[string]client{"Protect": c, "the interceptor": open} {
			_, err := c.call(t.Context(), "Me", student, "")
			errs := map[string]error{"Me": err}
			for _, name := range []string{"News", "Chat"} {
				_, errs[name] = c.open(t.Context(), name, student, s.here)()
			}
			for name, err := range errs {
				require.Equal(t, connect.CodeUnavailable, codeOf(err), "%s by %s: %v", name, who, err)
				var refused *connect.Error
				require.ErrorAs(t, err, &refused)
				require.NotEmpty(t, refused.Meta().Get("Retry-After"), "%s by %s", name, who)
				require.Len(t, refused.Details(), 1, "%s by %s", name, who)
				detail, err := refused.Details()[0].Value()
				require.NoError(t, err)
				require.Positive(t, detail.(*errdetails.RetryInfo).GetRetryDelay().AsDuration(), name)
			}
		}
		s.stytch.ClearFaults()
		time.Sleep(time.Minute)
		_, err := c.call(t.Context(), "Me", student, "")
		require.NoError(t, err, "no one was signed out")
		s.stytch.Fail(mock.Fault{Drop: true})
		_, err = c.call(t.Context(), "Roster", s.people["instructor"], s.here)
		require.NoError(t, err, "the token proves it")
		s.stytch.ClearFaults()
	})
}

// Without Protect the interceptor alone gives the same answers; only a procedure that was
// made without it is open.
func TestInterceptorAlone(t *testing.T) {
	inBothSchools(t, func(t *testing.T, s school, c client) {
		open := s.serve(t, routes(s.guard), c.options)
		for _, name := range []string{"Me", "Exports", "Roster", "Mark"} {
			for who, credentials := range s.people {
				_, want := c.call(t.Context(), name, credentials, s.here)
				_, err := open.call(t.Context(), name, credentials, s.here)
				require.Equal(t, codeOf(want), codeOf(err), "%s by %s", name, who)
			}
		}
		for _, name := range []string{"News", "Chat"} {
			_, err := open.open(t.Context(), name, s.people["stranger"], s.here)()
			require.Equal(t, unauth, codeOf(err), name)
		}
		_, err := open.call(t.Context(), "Bare", s.people["stranger"], s.here)
		require.NoError(t, err, "which is why Protect stands around the mux")
	})
}

// endsWith waits until a stream ends, and returns its code and how long that took.
func endsWith(t *testing.T, receive func() (map[string]any, error)) (connect.Code, time.Duration) {
	t.Helper()
	begun := time.Now()
	_, err := receive()
	require.Error(t, err)
	return connect.CodeOf(err), time.Since(begun)
}

// A request in none of the protocols gets the guard's own answer.
func TestRespondToOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := organizationPerClass(t)
		c := s.serve(t, handler(s.guard), nil)
		for path, want := range map[string]int{"/nowhere": 401, "/school.Classes/Me": 401} {
			res, err := c.http.Get("http://school" + path)
			require.NoError(t, err)
			require.NoError(t, res.Body.Close())
			require.Equal(t, want, res.StatusCode, path)
			require.Equal(t, "application/problem+json", res.Header.Get("Content-Type"), path)
		}
	})
}

// A05 and A09: streams of both kinds end when their session is revoked, when their reader
// leaves the class, and when the server stops; one that waits for its client's message
// too.
func TestA05_StreamsEnd(t *testing.T) {
	for name, tt := range map[string]struct {
		end    func(t *testing.T, s school)
		want   connect.Code
		within time.Duration
	}{
		"signed out": {func(t *testing.T, s school) {
			a, err := s.verifier.Authenticate(t.Context(), s.people["student"])
			require.NoError(t, err)
			require.NoError(t, s.client.Sessions.Revoke(t.Context(), a.Session))
		}, unauth, 2 * time.Second},
		"left the class":    {func(_ *testing.T, s school) { s.leave() }, ok, 2 * time.Second},
		"server stops":      {func(_ *testing.T, s school) { s.guard.EndWatches() }, connect.CodeUnavailable, time.Second},
		"token has expired": {func(*testing.T, school) {}, unauth, 6 * time.Minute},
	} {
		for _, method := range []string{"News", "Chat"} {
			t.Run(name+"/"+method, func(t *testing.T) {
				inBothSchools(t, func(t *testing.T, s school, c client) {
					ctx, cancel := context.WithTimeout(t.Context(), time.Hour) // so that a stream that stays fails
					defer cancel()
					receive := c.open(ctx, method, s.people["student"], s.here)
					_, err := receive()
					require.NoError(t, err)
					time.Sleep(3 * time.Minute)
					tt.end(t, s)
					code, took := endsWith(t, receive)
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
