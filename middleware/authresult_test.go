package middleware_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// longLived is a guard in one of the two ways to map a school, and the connection of
// an instructor that stays open.
type longLived struct {
	*real
	class       grimoireauth.ClassID
	credentials grimoireauth.Credentials
	table       atomic.Int64 // the role in the application's table
	demote      func()
	seen        time.Duration // after which a demotion counts that Stytch was not asked about
	asked       atomic.Int64  // how often the AuthFunc, the RoleFunc or Config.Fresh ran
}

var mappings = []string{"an Organization per class", "one Organization"}

func newLongLived(t testing.TB, mapping string, source middleware.CredentialSource) *longLived {
	x := &longLived{real: newReal(t)}
	config := middleware.Config{CredentialSource: source, Can: permitAll}
	count := func(auth grimoireauth.AuthFunc) grimoireauth.AuthFunc {
		return func(ctx context.Context, c grimoireauth.Credentials) (grimoireauth.Authentication, error) {
			x.asked.Add(1)
			return auth(ctx, c)
		}
	}
	role := grimoireauth.DefaultRoleTable().OrgPerClass
	switch mapping {
	case "an Organization per class":
		x.class = x.real.class.ID
		x.demote = func() { x.stytch.SetRoles(x.member) }
		x.seen = 5*time.Minute + 10*time.Second
	default:
		x.class = "LAWS1100-in-a-table"
		x.table.Store(int64(grimoireauth.RoleInstructor))
		x.demote = func() { x.table.Store(int64(grimoireauth.RoleStudent)) }
		x.seen = time.Second + time.Millisecond
		role = func(_ context.Context, session grimoireauth.Session, class grimoireauth.ClassID) (grimoireauth.Role, error) {
			if session.Member() != x.member || class != x.class {
				return grimoireauth.RoleNone, nil
			}
			return grimoireauth.Role(x.table.Load()), nil
		}
	}
	config.Role = func(ctx context.Context, session grimoireauth.Session, class grimoireauth.ClassID) (grimoireauth.Role, error) {
		x.asked.Add(1)
		return role(ctx, session, class)
	}
	config.Fresh = count(x.verifier.Refresh)
	x.guard = newGuard(t, count(x.verifier.Authenticate), config)
	x.credentials = x.stytch.SignIn(x.member, mock.WithDuration(8*time.Hour))
	return x
}

// open runs during inside a route that is guarded like this.
func (x *longLived) open(t testing.TB, wrap func(*middleware.Guard, http.Handler) http.Handler, during func(*http.Request)) *http.Response {
	t.Helper()
	ran := false
	mux := http.NewServeMux()
	mux.Handle("GET /classes/{class}/live", wrap(x.guard, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ran = true
		during(r)
		w.WriteHeader(http.StatusOK)
	})))
	r := httptest.NewRequest("GET", "/classes/"+string(x.class)+"/live", nil).WithContext(t.Context())
	require.NoError(t, x.guard.Attach(r, x.credentials))
	res := serve(x.guard.Protect(mux), r)
	require.True(t, ran)
	return res
}

// around are the guards that a connection can stand behind.
var around = map[string]func(*middleware.Guard, http.Handler) http.Handler{
	"InClass":                               func(g *middleware.Guard, next http.Handler) http.Handler { return ofClass(g)(next) },
	"Fresh inside InClass":                  func(g *middleware.Guard, next http.Handler) http.Handler { return ofClass(g)(g.Fresh(next)) },
	"Fresh inside something inside InClass": func(g *middleware.Guard, next http.Handler) http.Handler { return ofClass(g)(between(g.Fresh(next))) },
	"Fresh around something around InClass": func(g *middleware.Guard, next http.Handler) http.Handler { return g.Fresh(between(ofClass(g)(next))) },
	"Recent inside something inside InClass": func(g *middleware.Guard, next http.Handler) http.Handler {
		return ofClass(g)(between(g.Recent(7 * time.Hour)(next)))
	},
}

// checks are the decisions without a response.
var decisions = map[string]func(*longLived, *http.Request) error{
	"Check": func(x *longLived, r *http.Request) error { _, err := x.guard.Check(r); return err },
	"CheckInClass": func(x *longLived, r *http.Request) error {
		_, _, err := x.guard.CheckInClass(r, x.class, grimoireauth.RoleInstructor)
		return err
	},
	"CheckCan": func(x *longLived, r *http.Request) error {
		_, err := x.guard.CheckCan(r, middleware.OneClass(x.class), "class", "mark")
		return err
	},
	"CheckRecent": func(x *longLived, r *http.Request) error { _, err := x.guard.CheckRecent(r, 7*time.Hour); return err },
	"CheckFresh":  func(x *longLived, r *http.Request) error { _, err := x.guard.CheckFresh(r); return err },
}

// everyDecision runs a test for both ways to map a school, each guard around a
// connection and each decision inside it.
func everyDecision(t *testing.T, run func(t *testing.T, x *longLived, wrap func(*middleware.Guard, http.Handler) http.Handler, name string, decide func(*longLived, *http.Request) error)) {
	for _, mapping := range mappings {
		for guards, wrap := range around {
			for name, decide := range decisions {
				t.Run(mapping+"/"+guards+"/"+name, func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						run(t, newLongLived(t, mapping, middleware.CookiesOnly), wrap, name, decide)
					})
				})
			}
		}
	}
}

// C09: a connection that stays open outlives what was found out when it began. Each
// decision on it is made on an answer that is at most a second old.
func TestC09_EndOfTheSessionIsSeen(t *testing.T) {
	everyDecision(t, func(t *testing.T, x *longLived, wrap func(*middleware.Guard, http.Handler) http.Handler, _ string, decide func(*longLived, *http.Request) error) {
		var before, after, again error
		res := x.open(t, wrap, func(r *http.Request) {
			time.Sleep(2 * time.Hour)
			before = decide(x, r)
			session, _ := grimoireauth.SessionFromContext(r.Context())
			require.NoError(t, x.client.Sessions.Revoke(t.Context(), session))
			time.Sleep(time.Second + time.Millisecond)
			after = decide(x, r)
			again = decide(x, r)
		})
		require.NoError(t, before)
		require.ErrorIs(t, after, grimoireauth.ErrSessionEnded)
		require.ErrorIs(t, again, grimoireauth.ErrSessionEnded)
		for _, cookie := range res.Cookies() {
			require.Positive(t, cookie.MaxAge, "an end that a handler finds deletes nothing: the headers may be gone")
		}
	})
}

// The role of guards around the handler is decided again too, whatever is asked.
func TestC09_LostRoleIsSeen(t *testing.T) {
	everyDecision(t, func(t *testing.T, x *longLived, wrap func(*middleware.Guard, http.Handler) http.Handler, name string, decide func(*longLived, *http.Request) error) {
		var before, after error
		x.open(t, wrap, func(r *http.Request) {
			time.Sleep(2 * time.Hour)
			before = decide(x, r)
			x.demote()
			if name == "CheckFresh" {
				time.Sleep(time.Second + time.Millisecond)
			} else {
				time.Sleep(x.seen)
			}
			after = decide(x, r)
		})
		require.NoError(t, before)
		require.ErrorIs(t, after, grimoireauth.ErrForbidden)
	})
}

// A permission is asked again as well.
func TestC09_LostPermissionIsSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newLongLived(t, mappings[0], middleware.CookiesOnly)
		var lost atomic.Bool
		x.guard = newGuard(t, x.verifier.Authenticate, middleware.Config{Can: func(context.Context, grimoireauth.Session, grimoireauth.ClassID, string, string) error {
			if lost.Load() {
				return grimoireauth.ErrForbidden
			}
			return nil
		}})
		x.open(t, func(g *middleware.Guard, next http.Handler) http.Handler {
			return ofClass(g)(between(g.Can(middleware.PathClass("class"), "class", "mark")(next)))
		}, func(r *http.Request) {
			time.Sleep(time.Minute)
			require.NoError(t, decisions["Check"](x, r))
			lost.Store(true)
			time.Sleep(time.Second + time.Millisecond)
			require.ErrorIs(t, decisions["Check"](x, r), grimoireauth.ErrForbidden)
		})
	})
}

// Within a second, guards around each other and decisions in the handler use one
// answer.
func TestC09_WithinASecondOneAnswerIsUsed(t *testing.T) {
	for _, mapping := range mappings {
		for guards, wrap := range around {
			synctest.Test(t, func(t *testing.T) {
				x := newLongLived(t, mapping, middleware.CookiesOnly)
				x.open(t, wrap, func(r *http.Request) {
					time.Sleep(time.Second)
					x.asked.Store(0)
					_, err := x.guard.Check(r)
					require.NoError(t, err, guards)
					_, _, err = x.guard.CheckInClass(r, x.class, grimoireauth.RoleInstructor)
					require.NoError(t, err)
					require.Zero(t, x.asked.Load(), guards)
					time.Sleep(time.Millisecond)
					for range 10 {
						_, err = x.guard.CheckFresh(r)
						require.NoError(t, err)
					}
					calls := x.calls(authenticate)
					for range 10 {
						_, err = x.guard.Check(r)
						require.NoError(t, err)
					}
					require.Equal(t, calls, x.calls(authenticate))
				})
				require.LessOrEqual(t, x.calls(authenticate), 2, "Stytch is asked once a second at most")
			})
		}
	}
}

// What Stytch has said on this request is not overturned by an older session_jwt that
// the request came with.
func TestC09_OlderFactsDoNotReturn(t *testing.T) {
	for _, source := range []middleware.CredentialSource{middleware.CookiesOnly, middleware.BearerOnly} {
		synctest.Test(t, func(t *testing.T) {
			x := newLongLived(t, mappings[0], source)
			x.open(t, func(g *middleware.Guard, next http.Handler) http.Handler { return g.Require(next) }, func(r *http.Request) {
				x.demote()
				time.Sleep(2 * time.Second)
				_, role, err := x.guard.CheckInClass(r, x.class, grimoireauth.RoleStudent)
				require.NoError(t, err)
				require.Equal(t, grimoireauth.RoleInstructor, role, "the session_jwt still says so")
				_, err = x.guard.CheckFresh(r)
				require.NoError(t, err)
				for range 3 {
					_, role, err = x.guard.CheckInClass(r, x.class, grimoireauth.RoleStudent)
					require.NoError(t, err)
					require.Equal(t, grimoireauth.RoleStudent, role, "Stytch has said otherwise")
					time.Sleep(2 * time.Second)
				}
			})
		})
	}
}

// A bearer token is good for its five minutes, also on a connection that stays open.
func TestC09_BearerTokenExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newLongLived(t, mappings[1], middleware.BearerOnly)
		x.open(t, around["Fresh inside InClass"], func(r *http.Request) {
			time.Sleep(4 * time.Minute)
			_, err := x.guard.CheckFresh(r)
			require.NoError(t, err)
			require.NoError(t, decisions["Check"](x, r))
			time.Sleep(2 * time.Minute)
			for name, decide := range decisions {
				require.ErrorIs(t, decide(x, r), grimoireauth.ErrExpired, name)
			}
		})
	})
}

// A handler that decides before each of many messages asks Stytch as rarely as a
// page in use does, and an outage is no end.
func TestC09_LongConnectionAsksRarely(t *testing.T) {
	for _, mapping := range mappings {
		synctest.Test(t, func(t *testing.T) {
			x := newLongLived(t, mapping, middleware.CookiesOnly)
			x.open(t, around["InClass"], func(r *http.Request) {
				for range 4 * 60 * 20 { // twenty minutes
					require.NoError(t, decisions["CheckInClass"](x, r))
					time.Sleep(250 * time.Millisecond)
				}
				require.LessOrEqual(t, x.calls(authenticate), 6)
				x.stytch.Fail(mock.Fault{Endpoint: authenticate, Status: 500})
				time.Sleep(10 * time.Minute)
				require.ErrorIs(t, decisions["CheckInClass"](x, r), grimoireauth.ErrUnavailable)
				require.ErrorIs(t, decisions["CheckFresh"](x, r), grimoireauth.ErrUnavailable)
				x.stytch.ClearFaults()
				time.Sleep(time.Minute)
				require.NoError(t, decisions["CheckInClass"](x, r), "it was an outage and no end")
			})
		})
	}
}

// What Load could not find out is asked again too, and what is known to be bad costs
// Stytch nothing.
func TestC09_AnonymousIsAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		school := newSchool(t)
		fresh := 0
		guard := newGuard(t, school.Authenticate, middleware.Config{Fresh: func(ctx context.Context, c grimoireauth.Credentials) (grimoireauth.Authentication, error) {
			fresh++
			return school.Authenticate(ctx, c)
		}})
		serve(guard.Load(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			for n := range 3 {
				_, err := guard.CheckFresh(r)
				require.ErrorIs(t, err, grimoireauth.ErrUnauthenticated)
				require.EqualValues(t, 1+n, school.calls.Load())
				require.Zero(t, fresh)
				time.Sleep(2 * time.Second)
			}
		})), request("GET", "/", "jwt.who.x"))
	})
}

// An answer about another session is none about this request.
func TestC09_AnotherSessionLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		school := newSchool(t)
		var now atomic.Value
		now.Store("jwt.ivy.x")
		guard := newGuard(t, func(context.Context, grimoireauth.Credentials) (grimoireauth.Authentication, error) {
			a := school.answers[now.Load().(string)]
			return a.authentication, a.err
		}, middleware.Config{})
		serve(guard.Require(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			for _, step := range []struct {
				jwt  string
				want error
			}{{"jwt.down.x", grimoireauth.ErrUnavailable}, {"jwt.ivy.x", nil}, {"jwt.tom.x", grimoireauth.ErrUnauthenticated}} {
				now.Store(step.jwt)
				time.Sleep(2 * time.Second)
				_, err := guard.Check(r)
				require.ErrorIs(t, err, step.want)
			}
		})), request("GET", "/", "jwt.ivy.x"))
	})
}

// A slow answer counts from when it came: guards around each other do not ask twice
// because Stytch is slow.
func TestC09_SlowAnswerIsUsedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newLongLived(t, mappings[0], middleware.CookiesOnly)
		x.stytch.Fail(mock.Fault{Endpoint: authenticate, Latency: 3 * time.Second})
		x.open(t, around["Fresh around something around InClass"], func(r *http.Request) {
			_, err := x.guard.CheckFresh(r)
			require.NoError(t, err)
		})
		require.Equal(t, 1, x.calls(authenticate))
	})
}

// A handler may decide from several goroutines, and an answer that was asked for
// earlier and comes later does not replace a newer one.
func TestC09_ManyGoroutines(t *testing.T) {
	for name, decide := range decisions {
		x := newLongLived(t, mappings[1], middleware.CookiesOnly)
		x.open(t, around["Fresh inside something inside InClass"], func(r *http.Request) {
			var wg sync.WaitGroup
			for range 8 {
				wg.Go(func() {
					for range 20 {
						if err := decide(x, r); err != nil && !errors.Is(err, grimoireauth.ErrUnavailable) {
							t.Error(name, err)
						}
					}
				})
			}
			wg.Wait()
		})
	}
	synctest.Test(t, func(t *testing.T) {
		x := newLongLived(t, mappings[1], middleware.CookiesOnly)
		x.open(t, around["Fresh inside InClass"], func(r *http.Request) {
			for range 5 {
				time.Sleep(2 * time.Second)
				var wg sync.WaitGroup
				for _, decide := range decisions {
					wg.Go(func() {
						if err := decide(x, r); err != nil {
							t.Error(err)
						}
					})
				}
				wg.Wait()
			}
		})
	})
	synctest.Test(t, func(t *testing.T) {
		school := newSchool(t)
		var ended atomic.Bool
		wait := 10 * time.Second
		guard := newGuard(t, func(ctx context.Context, c grimoireauth.Credentials) (grimoireauth.Authentication, error) {
			if ended.Load() {
				return grimoireauth.Authentication{}, grimoireauth.ErrSessionEnded
			}
			a, err := school.Authenticate(ctx, c)
			time.Sleep(wait)
			return a, err
		}, middleware.Config{})
		serve(guard.Require(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			time.Sleep(2 * time.Second)
			slow := make(chan struct{})
			go func() { defer close(slow); _, _ = guard.Check(r) }()
			time.Sleep(wait - 500*time.Millisecond)
			ended.Store(true)
			_, err := guard.Check(r)
			require.ErrorIs(t, err, grimoireauth.ErrSessionEnded)
			<-slow
			_, err = guard.Check(r)
			require.ErrorIs(t, err, grimoireauth.ErrSessionEnded, "the slow answer is the older one")
		})), request("GET", "/", "jwt.ivy.x"))
	})
}
