package redisrevocations

import (
	"context"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/mock"
)

func nobodysAuth(context.Context, grimoireauth.Credentials) (grimoireauth.Authentication, error) {
	return grimoireauth.Authentication{}, errors.New("no request is authenticated by this one")
}

// mappings are the two ways to map a school.
var mappings = map[string][]func(*service){"an Organization for each class": nil, "one Organization": {oneOrganization}}

// soon is a bound for what takes milliseconds, on a machine that is busy.
const soon = 5 * time.Second

// TestP01_RefusedOnAllOthers: what one process revokes is refused by the others, and the
// streams there end, also while tokens have to be confirmed since Redis has just begun.
func TestP01_RefusedOnAllOthers(t *testing.T) {
	all := maps.Clone(mappings)
	all["a Redis that has just begun"] = []func(*service){func(s *service) { s.begun = true }}
	for mapping, configure := range all {
		t.Run(mapping, func(t *testing.T) {
			s := newService(t, 3, configure...)
			for _, row := range []struct {
				name  string
				order order
				page  string
				want  int // on the page
				feed  string
			}{
				{"logout", order{Do: "revoke"}, "/page", 401, "/events"},
				{"demotion", order{Do: "role", Role: grimoireauth.RoleStudent}, "/marks", 403, "/drafts"},
				{"suspension", order{Do: "suspend"}, "/page", 401, "/events"},
				{"removal", order{Do: "remove"}, "/page", 401, "/events"},
				{"archive", order{Do: "archive"}, "/page", 401, "/events"},
			} {
				t.Run(row.name, func(t *testing.T) {
					if row.name == "archive" && s.school != "" {
						t.Skip("the class is a row of the application's tables")
					}
					add := s.addClass("LAWS-" + row.name)
					m := add(true)
					other := add(true)
					var streams []<-chan string
					for _, p := range s.all {
						p.t = t
						require.Equal(t, 200, p.status(m.path+row.page, m.credentials))
						require.Equal(t, 200, p.status(m.path+row.page, other.credentials))
						streams = append(streams, p.open(m.path+row.feed, m.credentials))
					}
					o := row.order
					o.JWT, o.Token, o.Class, o.Member = m.credentials.JWT.Reveal(), m.credentials.Token.Reveal(), m.class, m.id
					s.all[0].must(o)
					for i, p := range s.all {
						p.within(soon, row.want, m.path+row.page, m.credentials)
						for range 3 {
							require.Equal(t, row.want, p.status(m.path+row.page, m.credentials), "and it stays so")
						}
						select {
						case last := <-streams[i]:
							require.True(t, strings.HasPrefix(last, "data: over"), last)
						case <-time.After(soon):
							require.Fail(t, "the stream goes on", "process %d", i)
						}
						if row.name != "archive" {
							require.Equal(t, 200, p.status(m.path+row.page, other.credentials), "another person's right")
						}
					}
				})
			}
		})
	}
}

// TestP01_EndedByStytch: a session that was ended in Stytch's dashboard is refused by
// all processes as soon as one of them has learned of it from Stytch.
func TestP01_EndedByStytch(t *testing.T) {
	for mapping, configure := range mappings {
		t.Run(mapping, func(t *testing.T) {
			s := newService(t, 3, configure...)
			m := s.addClass("LAWS")(false)
			require.Equal(t, 200, s.all[0].status(m.path+"/grades", m.credentials))
			streams := make([]<-chan string, len(s.all))
			for i, p := range s.all {
				streams[i] = p.open(m.path+"/events", m.credentials)
			}
			s.stytch.EndSession(m.credentials)
			for _, p := range s.all {
				require.Equal(t, 200, p.status(m.path+"/page", m.credentials), "no process knows yet")
			}
			require.Equal(t, 401, s.all[0].status(m.path+"/grades", m.credentials))
			for i, p := range s.all {
				p.within(soon, 401, m.path+"/page", m.credentials)
				select {
				case last := <-streams[i]:
					require.True(t, strings.HasPrefix(last, "data: over"), last)
				case <-time.After(soon):
					require.Fail(t, "the stream goes on", "process %d", i)
				}
			}
		})
	}
}

// entries returns the live revocations.
func (s *service) entries() []redis.XMessage {
	s.t.Helper()
	client := redis.NewClient(&redis.Options{Addr: s.redis.Addr()})
	defer client.Close()
	all, err := client.XRange(s.t.Context(), s.key(), "-", "+").Result()
	require.NoError(s.t, err)
	return all
}

func (s *service) key() string { return "{grimoire:" + s.stytch.ProjectID() + "}:revocations" }

// TestP02_LostDoubledLate: a process that hears nothing for a while, or whose connections
// break, knows every revocation afterwards; doubled and late entries refuse no right.
func TestP02_LostDoubledLate(t *testing.T) {
	s := newService(t, 2)
	add := s.addClass("LAWS")
	here, there := s.all[0], s.all[1]
	for name, disturb := range map[string]func() (undo func()){
		"dropped, then it arrives": func() func() { there.proxy.Drop(true); return func() { there.proxy.Drop(false) } },
		"dropped, then it breaks": func() func() {
			there.proxy.Drop(true)
			return func() { there.proxy.Cut(); there.proxy.Drop(false) }
		},
		"broken": func() func() { there.proxy.Cut(); return func() {} },
		"broken and slow": func() func() {
			there.proxy.Delay(50 * time.Millisecond)
			there.proxy.Cut()
			return func() { there.proxy.Delay(0) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			here.t, there.t = t, t
			m, other := add(false), add(false)
			require.Equal(t, 200, there.status(m.path+"/page", m.credentials))
			undo := disturb()
			here.must(order{Do: "revoke", JWT: m.credentials.JWT.Reveal(), Token: m.credentials.Token.Reveal()})
			require.Equal(t, 200, there.status(m.path+"/page", other.credentials), "no request fails because of it")
			undo()
			there.within(20*time.Second, 401, m.path+"/page", m.credentials)
			require.Equal(t, 200, there.status(m.path+"/page", other.credentials))
			there.isInTouch()
		})
	}
	t.Run("doubled, late and strange", func(t *testing.T) {
		here.t, there.t = t, t
		m := add(true)
		add(true)
		here.must(order{Do: "role", Class: m.class, Member: m.id, Role: grimoireauth.RoleTutor})
		client := redis.NewClient(&redis.Options{Addr: s.redis.Addr()})
		defer client.Close()
		old := s.entries()[len(s.entries())-1]
		for _, values := range []map[string]any{
			old.Values,
			{"v": "1", "kind": "member", "id": string(m.id), "at": "1000-0"},
			{"v": "1", "kind": "member", "id": string(m.id), "at": "99999999999999-0"},
			{"v": "2", "kind": "session", "id": "x"}, {"v": "1", "kind": "planet", "id": "x"}, {"v": "1", "kind": "member"}, {"hello": "world"},
		} {
			require.NoError(t, client.XAdd(t.Context(), &redis.XAddArgs{Stream: s.key(), Values: values}).Err())
		}
		here.isInTouch()
		there.isInTouch()
		for range 3 {
			for _, p := range s.all {
				require.Equal(t, 200, p.status(m.path+"/page", m.credentials))
				require.Equal(t, 403, p.status(m.path+"/marks", m.credentials))
			}
		}
		// And the next one arrives.
		here.must(order{Do: "revoke", JWT: add(false).credentials.JWT.Reveal()})
	})
}

// TestP03_RestartedEmpty: what was revoked stays so when Redis begins anew, for those who
// know it and for those who start later.
func TestP03_RestartedEmpty(t *testing.T) {
	for mapping, configure := range mappings {
		t.Run(mapping, func(t *testing.T) {
			s := newService(t, 2, configure...)
			add := s.addClass("LAWS")
			out, in := add(false), add(false)
			s.all[0].must(order{Do: "revoke", JWT: out.credentials.JWT.Reveal(), Token: out.credentials.Token.Reveal()})
			s.all[1].within(soon, 401, out.path+"/page", out.credentials)
			s.redis.Restart()
			for range 20 {
				for _, p := range s.all {
					require.Equal(t, 401, p.status(out.path+"/page", out.credentials))
					require.Equal(t, 200, p.status(out.path+"/page", in.credentials))
				}
				time.Sleep(10 * time.Millisecond)
			}
			for _, p := range s.all {
				p.isInTouch()
			}
			require.Eventually(t, func() bool {
				for _, e := range s.entries() {
					if e.Values["kind"] == "session" && e.Values["at"] != nil {
						return true
					}
				}
				return false
			}, 30*time.Second, 20*time.Millisecond, "it was not published again")
			late := s.start()
			for range 20 {
				require.Equal(t, 401, late.status(out.path+"/page", out.credentials))
				require.Equal(t, 200, late.status(out.path+"/page", in.credentials))
			}

			// All of them, and Redis with them.
			s.redis.Kill()
			for _, p := range s.all {
				p.kill()
			}
			s.redis.Start()
			next := s.start()
			next.isInTouch()
			for range 5 {
				require.Equal(t, 401, next.status(out.path+"/page", out.credentials))
				require.Equal(t, 200, next.status(out.path+"/page", in.credentials))
			}
		})
	}
}

const authenticating = "POST /v1/b2b/sessions/authenticate"

func (s *service) calls() int {
	n := 0
	for _, r := range s.stytch.Journal() {
		if r.Endpoint == authenticating {
			n++
		}
	}
	return n
}

// TestP04_Silence: in a silence of Redis sessions are served if Stytch confirms them, once in
// a Bound; without Stytch they are unavailable, and never signed out.
func TestP04_Silence(t *testing.T) {
	for name, disturb := range map[string]func(*service) (undo func()){
		"stopped": func(s *service) func() { s.redis.Pause(); return s.redis.Resume },
		"killed":  func(s *service) func() { s.redis.Kill(); return s.redis.Start },
		"cut off": func(s *service) func() {
			s.all[1].proxy.Drop(true)
			return func() { s.all[1].proxy.Drop(false) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			const silence = 3 * time.Second
			s := newService(t, 2, bound(silence))
			add := s.addClass("LAWS")
			m, out := add(false), add(false)
			p := s.all[1]
			require.Equal(t, 200, p.status(m.path+"/page", m.credentials))
			require.Zero(t, s.calls())
			undo := disturb(s)
			began := time.Now()
			require.Equal(t, 200, p.status(m.path+"/page", m.credentials), "within the bound")
			// A logout that does not reach this process over Redis.
			o := s.all[0].ask(order{Do: "revoke", JWT: out.credentials.JWT.Reveal(), Token: out.credentials.Token.Reveal()})
			if name != "cut off" {
				require.NotEmpty(t, o.Err, "publishing fails loudly")
			}
			time.Sleep(time.Until(began.Add(silence + 200*time.Millisecond)))
			require.True(t, p.ask(order{Do: "status"}).Status.Silent)
			require.Equal(t, 401, p.status(out.path+"/page", out.credentials), "beyond the bound")
			calls := s.calls()
			for range 10 {
				require.Equal(t, 200, p.status(m.path+"/page", m.credentials))
			}
			require.LessOrEqual(t, s.calls()-calls, 2, "one in a Bound")
			// No Stytch either.
			s.stytch.Fail(mock.Fault{Status: 503})
			time.Sleep(silence + 200*time.Millisecond)
			status, cleared := p.get(m.path+"/page", m.credentials)
			require.Equal(t, 503, status)
			require.False(t, cleared, "an outage is no logout")
			s.stytch.ClearFaults()
			p.within(10*time.Second, 200, m.path+"/page", m.credentials)
			undo()
			p.isInTouch()
			calls = s.calls()
			require.Equal(t, 401, p.status(out.path+"/page", out.credentials))
			for range 10 {
				require.Equal(t, 200, p.status(m.path+"/page", m.credentials))
			}
			require.LessOrEqual(t, s.calls()-calls, 1)
			s.all[0].isInTouch()
			require.Zero(t, s.all[0].ask(order{Do: "status"}).Status.Unpublished)
		})
	}
}

// TestP06_LateStart: a process that starts serves nothing that was revoked, from its first
// answer on, also if Stytch cannot be reached.
func TestP06_LateStart(t *testing.T) {
	s := newService(t, 1)
	add := s.addClass("LAWS")
	var out []member
	for range 200 {
		m := add(false)
		s.all[0].must(order{Do: "revoke", JWT: m.credentials.JWT.Reveal(), Token: m.credentials.Token.Reveal()})
		out = append(out, m)
	}
	in := add(false)
	s.stytch.Fail(mock.Fault{Endpoint: authenticating, Status: 503})
	late := s.start()
	for _, m := range out {
		require.NotEqual(t, 200, late.status(m.path+"/page", m.credentials))
	}
	late.within(soon, 200, in.path+"/page", in.credentials)
	for _, m := range out {
		require.Equal(t, 401, late.status(m.path+"/page", m.credentials))
	}
}
