package middleware_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
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

// table is an application's own: who is what in which class, and who may mark there.
type table struct {
	mu     sync.Mutex // guards what follows
	rows   map[grimoireauth.Person]grimoireauth.Role
	marks  map[grimoireauth.Person]bool
	broken error // what the database says
	asked  int
	hang   chan struct{}
	at     []time.Time
}

func (t *table) set(person grimoireauth.Person, role grimoireauth.Role) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rows[person] = role
}

func (t *table) fail(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.broken = err
}

func (t *table) questions() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.asked
}

func (t *table) role(_ context.Context, s grimoireauth.Session, class grimoireauth.ClassID) (grimoireauth.Role, error) {
	t.mu.Lock()
	hang := t.hang
	t.mu.Unlock()
	if hang != nil {
		<-hang // it knows no deadline
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.asked++
	t.at = append(t.at, time.Now())
	return t.rows[grimoireauth.Person{Member: s.Member(), Class: class}], t.broken
}

func (t *table) can(_ context.Context, s grimoireauth.Session, class grimoireauth.ClassID, _, _ string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.broken != nil {
		return t.broken
	}
	if !t.marks[grimoireauth.Person{Member: s.Member(), Class: class}] {
		return grimoireauth.ErrForbidden
	}
	return nil
}

// streaming is a service with streams, in one of the two ways to map a school.
type streaming struct {
	*real
	table *table // nil: a class is an Organization
	guard *middleware.Guard
	class grimoireauth.ClassID
}

// everyWay runs a test for a class that is an Organization and for one in a table.
func everyWay(t *testing.T, test func(t *testing.T, s *streaming)) {
	for _, way := range []string{"a class is an Organization", "one Organization"} {
		t.Run(way, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				x := newReal(t)
				s := &streaming{real: x, class: x.class.ID}
				config := middleware.Config{Can: x.client.Can, Watch: x.verifier.Watch}
				if way == "one Organization" {
					s.class = "LAWS1100"
					s.table = &table{rows: map[grimoireauth.Person]grimoireauth.Role{}, marks: map[grimoireauth.Person]bool{}}
					config.Role, config.Can = s.table.role, s.table.can
				}
				s.guard = newGuard(t, x.verifier.Authenticate, config)
				test(t, s)
				synctest.Wait()
				time.Sleep(2 * time.Second)
			})
		})
	}
}

// enroll makes a member, and a row if there is a table.
func (s *streaming) enroll(name string, role grimoireauth.Role) grimoireauth.MemberID {
	stytch := role.String()
	if s.table != nil || role == grimoireauth.RoleStudent {
		stytch = ""
	}
	var member grimoireauth.MemberID
	if stytch == "" {
		member = s.stytch.AddStudent(s.real.class.ID, name+"@example.edu")
	} else {
		member = s.stytch.AddMember(s.real.class.ID, name+"@example.edu", stytch)
	}
	if s.table != nil {
		s.table.set(grimoireauth.Person{Member: member, Class: s.class}, role)
	}
	return member
}

// stream is an open connection.
type stream struct {
	began  time.Time
	leave  context.CancelFunc
	done   chan struct{}
	status int
	cause  error
	ended  time.Time
}

// open opens a connection behind these guards and returns when it is open or refused.
func (s *streaming) open(t *testing.T, c grimoireauth.Credentials, wrap func(http.Handler) http.Handler, rules ...middleware.Rule) *stream {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	x := &stream{began: time.Now(), leave: cancel, done: make(chan struct{})}
	opened := make(chan struct{})
	mux := http.NewServeMux()
	mux.Handle("GET /classes/{class}/events", wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := s.guard.Watch(r, rules...)
		if err := context.Cause(ctx); err != nil {
			s.guard.Respond(w, r, err)
			return
		}
		close(opened)
		<-ctx.Done()
		x.cause, x.ended = context.Cause(ctx), time.Now()
	})))
	r := httptest.NewRequest("GET", "/classes/"+string(s.class)+"/events", nil).WithContext(ctx)
	require.NoError(t, s.guard.Attach(r, c))
	go func() {
		defer close(x.done)
		x.status = serve(s.guard.Protect(mux), r).StatusCode
	}()
	select {
	case <-opened:
	case <-x.done:
	}
	return x
}

// endsWithin waits for the end, and returns how long it took.
func (x *stream) endsWithin(t *testing.T, most time.Duration) (time.Duration, error) {
	t.Helper()
	began := time.Now()
	select {
	case <-x.done:
	case <-time.After(most):
		t.Fatalf("the stream is open after another %v", most)
	}
	return x.ended.Sub(began), x.cause
}

func (x *stream) stays(t *testing.T, as time.Duration) {
	t.Helper()
	select {
	case <-x.done:
		t.Fatalf("the stream has ended: %v", x.cause)
	case <-time.After(as):
	}
}

func (s *streaming) in(least grimoireauth.Role) func(http.Handler) http.Handler {
	return s.guard.InClass(middleware.PathClass("class"), least)
}

// A05: what ends a stream, and when, in both ways to map a school.
func TestA05_StreamsAreDecidedAgain(t *testing.T) {
	const every = 10 * time.Second
	marking := func(s *streaming) func(http.Handler) http.Handler {
		return s.guard.Can(middleware.PathClass("class"), "class", "mark")
	}
	for name, row := range map[string]struct {
		wrap   func(*streaming) func(http.Handler) http.Handler
		change func(t *testing.T, s *streaming, who grimoireauth.MemberID)
		most   time.Duration
		want   []error // by organizations, by table
	}{
		"removed": {
			change: func(t *testing.T, s *streaming, who grimoireauth.MemberID) {
				require.NoError(t, s.client.Roster.Remove(t.Context(), s.real.class.ID, who))
			}, most: time.Second, want: []error{grimoireauth.ErrSessionEnded, grimoireauth.ErrSessionEnded},
		},
		"signed out": {
			change: func(t *testing.T, s *streaming, who grimoireauth.MemberID) {
				require.NoError(t, s.client.Sessions.RevokeMember(t.Context(), s.real.class.ID, who))
			}, most: time.Second, want: []error{grimoireauth.ErrSessionEnded, grimoireauth.ErrSessionEnded},
		},
		"demoted": {
			wrap: func(s *streaming) func(http.Handler) http.Handler { return s.in(grimoireauth.RoleInstructor) },
			change: func(t *testing.T, s *streaming, who grimoireauth.MemberID) {
				s.demote(t, who, grimoireauth.RoleTutor)
			}, most: time.Second, want: []error{grimoireauth.ErrForbidden, grimoireauth.ErrForbidden},
		},
		"out of the class, announced": {
			change: func(t *testing.T, s *streaming, who grimoireauth.MemberID) {
				if s.table == nil {
					require.NoError(t, s.client.Roster.Remove(t.Context(), s.real.class.ID, who))
					return
				}
				s.table.set(grimoireauth.Person{Member: who, Class: s.class}, grimoireauth.RoleNone)
				s.guard.Changed(grimoireauth.Person{Class: s.class})
			}, most: time.Second, want: []error{grimoireauth.ErrSessionEnded, grimoireauth.ErrNotFound},
		},
		"out of the class, not announced": {
			change: func(t *testing.T, s *streaming, who grimoireauth.MemberID) {
				if s.table == nil {
					require.NoError(t, s.client.Roster.Remove(t.Context(), s.real.class.ID, who))
					return
				}
				s.table.set(grimoireauth.Person{Member: who, Class: s.class}, grimoireauth.RoleNone)
				s.guard.Changed(grimoireauth.Person{Member: "another", Class: s.class})
				s.guard.Changed(grimoireauth.Person{Class: "LAWS2200"})
			}, most: every, want: []error{grimoireauth.ErrSessionEnded, grimoireauth.ErrNotFound},
		},
		"the permission is revoked": {
			wrap: marking,
			change: func(t *testing.T, s *streaming, who grimoireauth.MemberID) {
				if s.table == nil {
					s.demote(t, who, grimoireauth.RoleStudent)
					return
				}
				s.table.mu.Lock()
				delete(s.table.marks, grimoireauth.Person{Member: who, Class: s.class})
				s.table.mu.Unlock()
			}, most: every, want: []error{grimoireauth.ErrForbidden, grimoireauth.ErrForbidden},
		},
		"the permission of a route about no class is revoked": {
			wrap: func(s *streaming) func(http.Handler) http.Handler {
				return s.guard.Can(middleware.NoClass, "class", "mark")
			},
			change: func(t *testing.T, s *streaming, who grimoireauth.MemberID) {
				if s.table == nil {
					s.demote(t, who, grimoireauth.RoleStudent)
					return
				}
				s.table.mu.Lock()
				clear(s.table.marks)
				s.table.mu.Unlock()
				s.guard.Changed(grimoireauth.Person{Member: who})
			}, most: time.Second, want: []error{grimoireauth.ErrForbidden, grimoireauth.ErrForbidden},
		},
	} {
		t.Run(name, func(t *testing.T) {
			everyWay(t, func(t *testing.T, s *streaming) {
				who := s.enroll("zoe", grimoireauth.RoleInstructor)
				if s.table != nil {
					s.table.marks[grimoireauth.Person{Member: who, Class: s.class}] = true
					s.table.marks[grimoireauth.Person{Member: who}] = true
				}
				wrap := s.in(grimoireauth.RoleStudent)
				if row.wrap != nil {
					wrap = row.wrap(s)
				}
				x := s.open(t, s.stytch.SignIn(who, mock.WithDuration(8*time.Hour)), wrap)
				x.stays(t, 33*time.Minute) // through several session_jwts
				row.change(t, s, who)
				took, cause := x.endsWithin(t, time.Hour)
				require.LessOrEqual(t, took, row.most)
				want := row.want[0]
				if s.table != nil {
					want = row.want[1]
				}
				require.ErrorIs(t, cause, want)
			})
		})
	}
}

// demote gives a lower role, in Stytch or in the table.
func (s *streaming) demote(t *testing.T, who grimoireauth.MemberID, role grimoireauth.Role) {
	t.Helper()
	if s.table == nil {
		// The class needs another instructor.
		s.enroll("other", grimoireauth.RoleInstructor)
		_, err := s.client.Roster.SetRole(t.Context(), s.class, who, role)
		require.NoError(t, err)
		return
	}
	s.table.set(grimoireauth.Person{Member: who, Class: s.class}, role)
	s.guard.Changed(grimoireauth.Person{Member: who})
}

// A05: another role is no reason to end a stream that needs less, and what happens after
// it is seen at once, too.
func TestA05_ARoleThatIsEnoughStays(t *testing.T) {
	everyWay(t, func(t *testing.T, s *streaming) {
		who := s.enroll("zoe", grimoireauth.RoleInstructor)
		x := s.open(t, s.stytch.SignIn(who, mock.WithDuration(8*time.Hour)), s.in(grimoireauth.RoleStudent))
		time.Sleep(7 * time.Second)
		s.demote(t, who, grimoireauth.RoleTutor)
		x.stays(t, 1500*time.Millisecond)
		require.NoError(t, s.client.Roster.Remove(t.Context(), s.real.class.ID, who))
		took, cause := x.endsWithin(t, time.Hour)
		require.LessOrEqual(t, took, time.Second)
		require.ErrorIs(t, cause, grimoireauth.ErrSessionEnded)
	})
}

// A05: a refresh within the second in which the session_jwt was issued returns the same
// one. A second revocation, as of a member who is removed, is seen soon all the same.
func TestA05_TheSameTokenAfterARevocation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		school, watched := newSchool(t), make(chan context.CancelCauseFunc, 9)
		var removed atomic.Bool
		auth := func(ctx context.Context, c grimoireauth.Credentials) (grimoireauth.Authentication, error) {
			if removed.Load() {
				return grimoireauth.Authentication{}, grimoireauth.ErrSessionEnded
			}
			return school.Authenticate(ctx, c)
		}
		watch := func(ctx context.Context, _ grimoireauth.Authentication) context.Context {
			ctx, cancel := context.WithCancelCause(ctx)
			watched <- cancel
			return ctx
		}
		guard := newGuard(t, auth, middleware.Config{Watch: watch})
		done := make(chan error, 1)
		stream := guard.Require(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			ctx := guard.Watch(r)
			<-ctx.Done()
			done <- context.Cause(ctx)
		}))
		go serve(stream, request("GET", "/", "jwt.ada.x"))
		revoke := <-watched
		revoke(grimoireauth.ErrExpired)
		time.Sleep(10 * time.Millisecond)
		removed.Store(true)
		began := time.Now()
		require.ErrorIs(t, <-done, grimoireauth.ErrSessionEnded)
		require.LessOrEqual(t, time.Since(began), time.Second)
	})
}

// A05: without Config.Watch a revocation is seen within the interval.
func TestA05_WithoutASignal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newReal(t)
		s := &streaming{real: x, guard: newGuard(t, x.verifier.Authenticate, middleware.Config{WatchEvery: 4 * time.Second}), class: x.class.ID}
		who := s.enroll("zoe", grimoireauth.RoleStudent)
		open := s.open(t, s.stytch.SignIn(who), s.in(grimoireauth.RoleStudent))
		open.stays(t, time.Minute)
		require.NoError(t, s.client.Roster.Remove(t.Context(), s.class, who))
		took, cause := open.endsWithin(t, time.Hour)
		require.LessOrEqual(t, took, 4*time.Second)
		require.ErrorIs(t, cause, grimoireauth.ErrSessionEnded)
	})
}

// A05: that nothing can be found out ends no stream for a minute, and then each, also if
// a function of the application's never returns or panics.
func TestA05_Doubt(t *testing.T) {
	for name, row := range map[string]struct {
		lasts time.Duration
		hangs bool
		most  time.Duration // 0: it stays
	}{
		"59 seconds": {lasts: 59 * time.Second},
		"61 seconds": {lasts: 61 * time.Second, most: time.Minute},
		"for ever":   {lasts: time.Hour, most: time.Minute},
		"hangs":      {lasts: time.Hour, hangs: true, most: time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				x := newReal(t)
				s := &streaming{real: x, class: "LAWS1100", table: &table{rows: map[grimoireauth.Person]grimoireauth.Role{}}}
				s.guard = newGuard(t, x.verifier.Authenticate, middleware.Config{Role: s.table.role, Watch: x.verifier.Watch})
				who := s.enroll("zoe", grimoireauth.RoleStudent)
				open := s.open(t, s.stytch.SignIn(who, mock.WithDuration(8*time.Hour)), s.in(grimoireauth.RoleStudent))
				open.stays(t, 20*time.Minute)
				hang := make(chan struct{})
				if row.hangs {
					s.table.mu.Lock()
					s.table.hang = hang
					s.table.mu.Unlock()
				} else {
					s.table.fail(errors.New("the database is away"))
				}
				s.guard.Changed(grimoireauth.Person{}) // the outage begins with a question
				time.AfterFunc(row.lasts, func() { s.table.fail(nil) })
				if row.most == 0 {
					open.stays(t, 20*time.Minute)
					s.table.set(grimoireauth.Person{Member: who, Class: s.class}, grimoireauth.RoleNone)
					took, cause := open.endsWithin(t, time.Hour)
					require.LessOrEqual(t, took, 10*time.Second)
					require.ErrorIs(t, cause, grimoireauth.ErrNotFound)
				} else {
					took, cause := open.endsWithin(t, time.Hour)
					require.Equal(t, row.most, took)
					require.ErrorIs(t, cause, grimoireauth.ErrUnavailable)
				}
				close(hang)
				time.Sleep(2 * time.Hour)
			})
		})
	}
}

// A05: Stytch is away, and the session_jwt expires meanwhile.
func TestA05_DoubtAboutTheSession(t *testing.T) {
	everyWay(t, func(t *testing.T, s *streaming) {
		who := s.enroll("zoe", grimoireauth.RoleStudent)
		open := s.open(t, s.stytch.SignIn(who, mock.WithDuration(8*time.Hour)), s.in(grimoireauth.RoleStudent))
		open.stays(t, 20*time.Minute)
		s.stytch.Fail(mock.Fault{Status: 503})
		took, cause := open.endsWithin(t, time.Hour)
		require.ErrorIs(t, cause, grimoireauth.ErrUnavailable)
		require.Greater(t, took, time.Minute, "a session_jwt is good while it lasts")
		require.LessOrEqual(t, took, 5*time.Minute+10*time.Second+time.Minute)
	})
}

// A05: a panic in a function of the application's is kept to the connections.
func TestA05_PanicIsNoAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newReal(t)
		var broken atomic.Bool
		s := &streaming{real: x, class: "LAWS1100"}
		s.guard = newGuard(t, x.verifier.Authenticate, middleware.Config{Role: func(context.Context, grimoireauth.Session, grimoireauth.ClassID) (grimoireauth.Role, error) {
			if broken.Load() {
				panic("out of range")
			}
			return grimoireauth.RoleStudent, nil
		}})
		open := s.open(t, s.stytch.SignIn(s.member), s.in(grimoireauth.RoleStudent))
		broken.Store(true)
		took, cause := open.endsWithin(t, time.Hour)
		require.ErrorIs(t, cause, grimoireauth.ErrUnavailable)
		require.LessOrEqual(t, took, 70*time.Second)
	})
}

// A05: a thousand connections of one session and class are one question per interval, and
// a thousand sessions do not ask in one moment.
func TestA05_QuestionsAreSharedAndSpread(t *testing.T) {
	const many = 1000
	for _, sessions := range []int{1, many} {
		t.Run(fmt.Sprint(sessions, " sessions"), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				x := newReal(t)
				s := &streaming{real: x, class: "LAWS1100", table: &table{rows: map[grimoireauth.Person]grimoireauth.Role{}}}
				auth := func(_ context.Context, c grimoireauth.Credentials) (grimoireauth.Authentication, error) {
					fields := grimoireauth.SessionFields{
						ID: grimoireauth.SessionID("session-" + c.Token.Reveal()), Member: "zoe", Organization: law, ExpiresAt: time.Now().Add(time.Hour),
					}
					session, err := grimoireauth.NewSession(fields)
					return grimoireauth.Authentication{Session: session, Credentials: c, Source: grimoireauth.SourceLocal}, err
				}
				s.guard = newGuard(t, auth, middleware.Config{Role: s.table.role})
				s.table.set(grimoireauth.Person{Member: "zoe", Class: s.class}, grimoireauth.RoleStudent)
				streams := make([]*stream, many)
				for i := range streams {
					streams[i] = s.open(t, grimoireauth.NewCredentials("", fmt.Sprint("token-", i%sessions)), s.in(grimoireauth.RoleStudent))
				}
				s.table.mu.Lock()
				s.table.asked, s.table.at = 0, nil
				s.table.mu.Unlock()
				time.Sleep(10*10*time.Second + time.Millisecond)
				require.InDelta(t, 10*sessions, s.table.questions(), 1)
				if sessions > 1 {
					most, in := 0, map[int64]int{}
					for _, at := range s.table.at {
						in[at.UnixMilli()/100]++
						most = max(most, in[at.UnixMilli()/100])
					}
					require.Less(t, most, 40, "of a thousand, in a tenth of a second; ten is even")
				}
				s.table.set(grimoireauth.Person{Member: "zoe", Class: s.class}, grimoireauth.RoleNone)
				s.guard.Changed(grimoireauth.Person{Member: "zoe"})
				for _, open := range streams {
					took, cause := open.endsWithin(t, time.Hour)
					require.LessOrEqual(t, took, time.Duration(0))
					require.ErrorIs(t, cause, grimoireauth.ErrNotFound)
				}
				asked := s.table.questions()
				time.Sleep(time.Hour)
				require.Equal(t, asked, s.table.questions(), "no connection, no question")
			})
		})
	}
}

// A05: what a stream costs at Stytch: the session_jwt is renewed, and nothing else.
func TestA05_CallsToStytch(t *testing.T) {
	everyWay(t, func(t *testing.T, s *streaming) {
		who := s.enroll("zoe", grimoireauth.RoleStudent)
		credentials := s.stytch.SignIn(who, mock.WithDuration(8*time.Hour))
		for range 20 {
			s.open(t, credentials, s.in(grimoireauth.RoleStudent))
		}
		time.Sleep(time.Hour)
		require.LessOrEqual(t, s.calls(authenticate), 2*15, "twenty connections, an hour")
		t.Log(s.calls(authenticate), "calls")
	})
}

// A05: Shutdown ends streams cleanly, and a stream that begins later at once.
func TestA05_EndWatches(t *testing.T) {
	everyWay(t, func(t *testing.T, s *streaming) {
		credentials := s.stytch.SignIn(s.enroll("zoe", grimoireauth.RoleStudent))
		open := s.open(t, credentials, s.in(grimoireauth.RoleStudent))
		open.stays(t, time.Minute)
		s.guard.EndWatches()
		took, cause := open.endsWithin(t, time.Second)
		require.Zero(t, took)
		require.ErrorIs(t, cause, http.ErrServerClosed)
		late := s.open(t, credentials, s.in(grimoireauth.RoleStudent))
		<-late.done
		require.Equal(t, http.StatusServiceUnavailable, late.status, "another process takes its place")
		var none *middleware.Guard
		none.EndWatches()
		none.Changed(grimoireauth.Person{})
	})
}

// A05: the server's Shutdown ends streams with a last word, and returns within a second.
func TestA05_ShutdownEndsStreams(t *testing.T) {
	for _, via := range []struct {
		name  string
		http2 bool
		send  func(http.ResponseWriter, *http.Request) (func(string) error, func())
	}{{"SSE on HTTP/1.1", false, sse}, {"SSE on HTTP/2", true, sse}, {"taken over", false, socket}} {
		t.Run(via.name, func(t *testing.T) {
			x := newReal(t)
			guard := newGuard(t, x.verifier.Authenticate, middleware.Config{Watch: x.verifier.Watch})
			left := make(chan struct{})
			mux := http.NewServeMux()
			mux.Handle("GET /events", guard.Require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				defer close(left)
				ctx := guard.Watch(r)
				event, done := via.send(w, r)
				if event == nil || event("tick") != nil {
					return
				}
				defer done()
				<-ctx.Done()
				if errors.Is(context.Cause(ctx), http.ErrServerClosed) {
					_ = event("end")
				}
			})))
			server := httptest.NewUnstartedServer(mux)
			server.EnableHTTP2 = via.http2
			server.StartTLS()
			defer server.Close()
			server.Config.RegisterOnShutdown(guard.EndWatches)
			r, err := http.NewRequestWithContext(t.Context(), "GET", server.URL+"/events", nil)
			require.NoError(t, err)
			require.NoError(t, guard.Attach(r, x.stytch.SignIn(x.member)))
			if via.name == "taken over" {
				r.Header.Set("Connection", "Upgrade")
				r.Header.Set("Upgrade", "lines")
				r.Header.Set("Origin", server.URL)
			}
			res, err := server.Client().Do(r)
			require.NoError(t, err)
			defer func() { _ = res.Body.Close() }()
			lines := bufio.NewScanner(res.Body)
			require.True(t, lines.Scan())
			require.Equal(t, "data: tick", lines.Text())
			require.NoError(t, server.Config.Shutdown(t.Context()))
			last := ""
			for lines.Scan() {
				if lines.Text() != "" {
					last = lines.Text()
				}
			}
			<-left // Shutdown waits for no connection that was taken over
			require.Equal(t, "data: end", last)
		})
	}
}

// A05: a handler names what it has decided itself, and a mounted router with wildcards of
// its own does not change what was decided around it.
func TestA05_WhereverTheDecisionWasMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newReal(t)
		rows := &table{rows: map[grimoireauth.Person]grimoireauth.Role{}}
		guard := newGuard(t, x.verifier.Authenticate, middleware.Config{Role: rows.role, Watch: x.verifier.Watch})
		person := grimoireauth.Person{Member: x.member, Class: "LAWS1100"}
		elsewhere := grimoireauth.Person{Member: x.member, Class: "essay-1"}
		rows.set(elsewhere, grimoireauth.RoleInstructor)
		credentials := x.stytch.SignIn(x.member, mock.WithDuration(8*time.Hour))
		watch := func(rules ...middleware.Rule) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				ctx := guard.Watch(r, rules...)
				<-ctx.Done()
				w.Header().Set("Ended-By", context.Cause(ctx).Error())
			}
		}
		inner := http.NewServeMux()
		inner.Handle("GET /essays/{class}", watch())
		mounted := http.NewServeMux()
		mounted.Handle("GET /classes/{class}/", guard.InClass(middleware.PathClass("class"), grimoireauth.RoleStudent)(http.StripPrefix("/classes/LAWS1100", inner)))
		for name, tt := range map[string]struct {
			handler http.Handler
			path    string
		}{
			"a mounted router": {mounted, "/classes/LAWS1100/essays/essay-1"},
			"in the handler":   {guard.Require(watch(middleware.HasRole("LAWS1100", grimoireauth.RoleStudent))), "/"},
			"no guard":         {watch(middleware.HasRole("LAWS1100", grimoireauth.RoleStudent)), "/"},
		} {
			rows.set(person, grimoireauth.RoleStudent)
			r := httptest.NewRequest("GET", tt.path, nil).WithContext(t.Context())
			require.NoError(t, guard.Attach(r, credentials))
			began := time.Now()
			time.AfterFunc(10*time.Minute, func() { rows.set(person, grimoireauth.RoleNone); guard.Changed(person) })
			res := serve(tt.handler, r)
			require.Equal(t, 10*time.Minute, time.Since(began), name)
			require.Equal(t, grimoireauth.ErrNotFound.Error(), res.Header.Get("Ended-By"), name)
		}
	})
}

// A05: streams of other protocols ask by the same function.
func TestA05_DecideAndWatch(t *testing.T) {
	everyWay(t, func(t *testing.T, s *streaming) {
		who := s.enroll("zoe", grimoireauth.RoleStudent)
		for _, name := range []string{"both", "bearer"} {
			credentials := s.stytch.SignIn(who, mock.WithDuration(8*time.Hour))
			if name == "bearer" {
				credentials = grimoireauth.NewCredentials(credentials.JWT.Reveal(), "")
			}
			ctx, cancel := context.WithCancel(t.Context())
			watched, decision, err := s.guard.DecideAndWatch(ctx, credentials, middleware.HasRole(s.class, grimoireauth.RoleStudent))
			require.NoError(t, err)
			require.Equal(t, grimoireauth.Person{Member: who, Class: s.class}, decision.Person)
			began := time.Now()
			if name == "bearer" {
				<-watched.Done()
				require.ErrorIs(t, context.Cause(watched), grimoireauth.ErrExpired)
				require.InDelta(t, 5*time.Minute, time.Since(began), float64(16*time.Second))
			} else {
				time.Sleep(20 * time.Minute)
				require.NoError(t, watched.Err())
				require.NoError(t, s.client.Sessions.Revoke(t.Context(), decision.Authentication.Session))
				<-watched.Done()
				require.ErrorIs(t, context.Cause(watched), grimoireauth.ErrSessionEnded)
			}
			cancel()
		}
		_, _, err := s.guard.DecideAndWatch(t.Context(), grimoireauth.Credentials{}, middleware.HasRole(s.class, grimoireauth.RoleStudent))
		require.ErrorIs(t, err, grimoireauth.ErrNoCredentials)
		_, _, err = s.guard.DecideAndWatch(t.Context(), s.stytch.SignIn(who), middleware.HasRole(s.class, grimoireauth.RoleInstructor))
		require.ErrorIs(t, err, grimoireauth.ErrForbidden)
	})
}

// A05: requests that may not pass get a context that has ended.
func TestA05_NobodyIsWatched(t *testing.T) {
	guard := newGuard(t, newSchool(t).Authenticate, middleware.Config{})
	for name, tt := range map[string]struct {
		guard *middleware.Guard
		jwt   string
		rules []middleware.Rule
		want  error
	}{
		"nobody":     {guard, "", nil, grimoireauth.ErrNoCredentials},
		"ended":      {guard, "jwt.ended.x", nil, grimoireauth.ErrSessionEnded},
		"no rule":    {guard, "jwt.ada.x", []middleware.Rule{{}}, middleware.ErrMisconfigured},
		"not enough": {guard, "jwt.ada.x", []middleware.Rule{middleware.HasRole(law, grimoireauth.RoleInstructor)}, grimoireauth.ErrForbidden},
		"zero":       {new(middleware.Guard), "jwt.ada.x", nil, middleware.ErrMisconfigured},
		"nil":        {nil, "jwt.ada.x", nil, middleware.ErrMisconfigured},
	} {
		ctx := tt.guard.Watch(request("GET", "/", tt.jwt), tt.rules...)
		require.ErrorIs(t, context.Cause(ctx), tt.want, name)
	}
	_, err := middleware.New(newSchool(t).Authenticate, middleware.Config{WatchEvery: 2 * time.Minute})
	require.ErrorContains(t, err, "WatchEvery")
	_, err = middleware.New(newSchool(t).Authenticate, middleware.Config{WatchEvery: -1})
	require.ErrorContains(t, err, "WatchEvery")
}

// A05: a change that is announced between the decision about a request and the watch is
// not missed.
func TestA05_ChangedBeforeTheWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newReal(t)
		rows := &table{rows: map[grimoireauth.Person]grimoireauth.Role{}}
		guard := newGuard(t, x.verifier.Authenticate, middleware.Config{Role: rows.role, Watch: x.verifier.Watch})
		person := grimoireauth.Person{Member: x.member, Class: "LAWS1100"}
		credentials := x.stytch.SignIn(x.member, mock.WithDuration(8*time.Hour))
		for _, pause := range []time.Duration{0, 300 * time.Millisecond, 2 * time.Second} {
			rows.set(person, grimoireauth.RoleStudent)
			mux := http.NewServeMux()
			mux.Handle("GET /classes/{class}", guard.InClass(middleware.PathClass("class"), grimoireauth.RoleStudent)(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				rows.set(person, grimoireauth.RoleNone)
				guard.Changed(person)
				time.Sleep(pause)
				began := time.Now()
				ctx := guard.Watch(r)
				<-ctx.Done()
				require.ErrorIs(t, context.Cause(ctx), grimoireauth.ErrNotFound)
				require.Zero(t, time.Since(began), pause)
			})))
			r := httptest.NewRequest("GET", "/classes/LAWS1100", nil).WithContext(t.Context())
			require.NoError(t, guard.Attach(r, credentials))
			require.Equal(t, 200, serve(mux, r).StatusCode)
		}
	})
}

// A05: connections come and go and are decided again on several processors; when it is
// over, nothing is asked any more.
func TestA05_WatchStorm(t *testing.T) {
	var role atomic.Int64
	var asked atomic.Int64
	role.Store(int64(grimoireauth.RoleStudent))
	guard := newGuard(t, func(_ context.Context, c grimoireauth.Credentials) (grimoireauth.Authentication, error) {
		session, err := grimoireauth.NewSession(grimoireauth.SessionFields{
			ID: grimoireauth.SessionID("session-" + c.Token.Reveal()), Member: "zoe", Organization: law, ExpiresAt: time.Now().Add(time.Hour),
		})
		return grimoireauth.Authentication{Session: session, Credentials: c, Source: grimoireauth.SourceLocal}, err
	}, middleware.Config{
		WatchEvery: time.Millisecond,
		Role: func(context.Context, grimoireauth.Session, grimoireauth.ClassID) (grimoireauth.Role, error) {
			asked.Add(1)
			if asked.Load()%17 == 0 {
				return grimoireauth.RoleNone, errors.New("the database is away")
			}
			return grimoireauth.Role(role.Load()), nil
		},
		Watch: func(ctx context.Context, _ grimoireauth.Authentication) context.Context {
			ctx, cancel := context.WithTimeout(ctx, time.Millisecond) // a revocation, again and again
			context.AfterFunc(ctx, cancel)
			return ctx
		},
	})
	var all, open sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for j := range 50 {
				ctx, cancel := context.WithCancel(t.Context())
				watched, _, err := guard.DecideAndWatch(ctx, grimoireauth.NewCredentials("", fmt.Sprintf("token-%d-%d", i%4, j%5)), middleware.HasRole(law, grimoireauth.RoleStudent))
				if err != nil {
					if !errors.Is(err, grimoireauth.ErrUnavailable) {
						t.Error(err)
					}
					cancel()
					continue
				}
				if j%3 == 0 {
					guard.Changed(grimoireauth.Person{Member: "zoe"})
				}
				if j%2 == 0 {
					cancel()
					continue
				}
				open.Go(func() {
					defer cancel()
					<-watched.Done()
					if err := context.Cause(watched); !errors.Is(err, grimoireauth.ErrNotFound) {
						t.Error(err)
					}
				})
			}
		})
	}
	all.Wait()
	role.Store(int64(grimoireauth.RoleNone))
	guard.Changed(grimoireauth.Person{})
	open.Wait()
	require.Eventually(t, func() bool {
		before := asked.Load()
		time.Sleep(50 * time.Millisecond)
		return asked.Load() == before
	}, 30*time.Second, time.Millisecond, "no connection, no question")
}
