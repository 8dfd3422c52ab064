package signin_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/middleware/signin"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// hook is an OnSignIn that fails as long as it has an error, and hears of sign-ins.
type hook struct {
	fails error
	heard []grimoireauth.SessionID
}

func (k *hook) onSignIn(_ context.Context, signedIn stytchclient.SignedIn) error {
	k.heard = append(k.heard, signedIn.ID())
	return k.fails
}

// twoReplicas are two processes, of which the OnSignIn of the first one fails.
type twoReplicas struct {
	first, second *fixture
	failing, good *hook
	class         mock.Class // to which the person signs in
	b             *browser   // of the first
}

// newTwoReplicas prepares a way to sign in. It needs virtual time.
func newTwoReplicas(t *testing.T, name string, oneOrganization bool) *twoReplicas {
	t.Helper()
	x := &twoReplicas{failing: &hook{fails: errors.New("no database")}, good: &hook{}}
	base := newFixture(t, signin.Config{})
	x.class = base.law
	if name == "second factor" {
		if oneOrganization {
			_, err := base.client.Classes.Update(t.Context(), base.law.ID, stytchclient.ClassChange{SecondFactorForAll: stytchclient.Set(true)})
			require.NoError(t, err)
		} else {
			base.secure, _ = base.strict()
			x.class = base.secure
		}
		base.withPhone(x.class.ID)
	}
	x.first = base.processWith(oneOrganization, signin.Config{Discovery: true, OnSignIn: x.failing.onSignIn})
	x.second = base.processWith(oneOrganization, signin.Config{Discovery: true, OnSignIn: x.good.onSignIn})
	x.b = x.first.browser()
	if x.first.ways()[name].signedIn {
		x.b.on(x.second).signIn(base.art.ID, "ada@example.edu")
		x.good.heard = nil
	}
	time.Sleep(time.Minute)
	return x
}

// fails signs in on the first replica, up to the page that says that it did not work for a
// moment. It returns where the form of that page goes, and the form.
func (x *twoReplicas) fails(t *testing.T, name string) (path string, form url.Values) {
	t.Helper()
	finish := x.first.ways()[name].begin(x.b, x.class, "/classes/a")
	time.Sleep(time.Second)
	res := finish(x.b)
	path, form = x.b.lastPath, x.b.lastForm
	if res.at == "/auth/confirm" { // from a provider
		res = x.b.get(res.at)
		path, form = "/auth/callback", url.Values{"attempt": {x.b.attempt}}
	}
	require.Equal(t, http.StatusServiceUnavailable, res.status, res.body)
	require.Len(t, x.failing.heard, 1)
	if name == "switch class" {
		require.Empty(t, x.b.kept(), "it can be done again")
	} else {
		require.Empty(t, x.b.cookie(sessionAt))
	}
	return path, form
}

// redemptions counts the calls that use something up.
func (w *fixture) redemptions() int {
	n := 0
	for _, request := range w.stytch.Journal() {
		redeems := strings.HasSuffix(request.Endpoint, "/authenticate") && !strings.Contains(request.Endpoint, "/sessions/")
		if redeems || strings.HasSuffix(request.Endpoint, "/email/reset") || strings.Contains(request.Endpoint, "/discovery/intermediate_sessions/exchange") {
			n++
		}
	}
	return n
}

// P07: OnSignIn fails on one replica, for a moment, and the person tries again on another
// one: as on one. The token or code was redeemed once, and it is the same session.
func TestP07_OnSignInFailsOnOneReplica(t *testing.T) {
	for _, oneOrganization := range []bool{false, true} {
		for name := range newFixture(t, signin.Config{}).ways() {
			if oneOrganization && (name == "switch class" || name == "choose class" || name == "discovery by a provider") {
				continue // there is one Organization, so nothing to choose at Stytch
			}
			for _, late := range []time.Duration{time.Second, 4 * time.Minute} {
				for _, other := range []bool{true, false} {
					title := name + "/" + late.String()
					for label, yes := range map[string]bool{"/one organization": oneOrganization, "/on the same": !other} {
						if yes {
							title += label
						}
					}
					t.Run(title, func(t *testing.T) {
						synctest.Test(t, func(t *testing.T) {
							x := newTwoReplicas(t, name, oneOrganization)
							path, form := x.fails(t, name)
							before := x.first.redemptions()
							time.Sleep(late)
							b, heard := x.b.on(x.second), x.good
							if !other {
								b, heard = x.b, x.failing
								x.failing.fails = nil
							}
							res := b.post(path, form)
							require.Equal(t, "/classes/a", res.at, res.body)
							require.Equal(t, string(x.first.memberOf(x.class.ID, "ada@example.edu")), b.who())
							require.NotEmpty(t, heard.heard)
							if name != "switch class" { // that exchanges the session again
								require.Equal(t, before, x.first.redemptions(), "it was redeemed once")
								require.Equal(t, x.failing.heard[0], heard.heard[len(heard.heard)-1], "it is the same session")
							}
							require.Empty(t, b.kept(), "nothing is left of the attempt")
							if name != "switch class" {
								require.Zero(t, x.first.calls(revoked), "the session goes on")
							}
						})
					})
				}
			}
		}
	}
}

// The session that waits is worth nothing before OnSignIn has agreed: the browser cannot
// read it, and no other attempt, choice or question takes it.
func TestP07_WhatWaitsIsSealed(t *testing.T) {
	for name, misuse := range map[string]func(t *testing.T, x *twoReplicas, path string) *browser{
		"another class": func(t *testing.T, x *twoReplicas, path string) *browser {
			b := x.b.on(x.second)
			require.NotEqual(t, "/classes/a", b.post(path, url.Values{"class": {string(x.first.art.ID)}}).at)
			return b
		},
		"a question about the account": func(t *testing.T, x *twoReplicas, _ string) *browser {
			b := x.b.on(x.second)
			b.change(func(fields []string) { fields[fieldAccount] = "ada@example.edu" })
			require.Equal(t, http.StatusGone, b.post("/auth/account", url.Values{"answer": {"yes"}}).status)
			return b
		},
		"another attempt": func(t *testing.T, x *twoReplicas, _ string) *browser {
			sealed := x.b.field(fieldHeld)
			b := x.second.browser()
			form := b.open(x.first.link(x.first.law.ID, "ada@example.edu"))
			b.attempt = form.Get("attempt")
			b.change(func(fields []string) { fields[fieldHeld] = sealed })
			require.Equal(t, "/auth/account", b.post("/auth/callback", form).at, "its own link, which was not asked for")
			return b
		},
		"the cookie of a session": func(t *testing.T, x *twoReplicas, _ string) *browser {
			b := x.second.browser()
			b.plant(sessionAt, x.b.field(fieldHeld))
			return b
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				x := newTwoReplicas(t, "choose class", false)
				path, _ := x.fails(t, "choose class")
				held := x.b.held()
				_, err := x.first.client.Sessions.Authenticate(t.Context(), grimoireauth.NewCredentials("", held))
				require.NoError(t, err, "the session is live")
				require.NotContains(t, x.b.field(fieldHeld), held[:8])
				require.Empty(t, misuse(t, x, path).who())
				require.Empty(t, x.good.heard)
			})
		})
	}
}

// OnSignIn says no on the other replica: the session ends.
func TestP07_RefusedOnTheOtherReplica(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newTwoReplicas(t, "link", false)
		path, form := x.fails(t, "link")
		live := grimoireauth.NewCredentials("", x.b.held())
		x.good.fails = grimoireauth.ErrForbidden
		res := x.b.on(x.second).post(path, form)
		require.Equal(t, http.StatusForbidden, res.status)
		require.Len(t, x.b.kept(), 1, "what was asked for, and not what came of it")
		_, err := x.first.client.Sessions.Authenticate(t.Context(), live)
		require.ErrorIs(t, err, grimoireauth.ErrSessionEnded)
	})
}

// It is given up: the session ends when the browser comes back too late, and when it signs
// out.
func TestP07_GivenUp(t *testing.T) {
	for _, signsOut := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			x := newTwoReplicas(t, "link", false)
			path, form := x.fails(t, "link")
			live := grimoireauth.NewCredentials("", x.b.held())
			b := x.b.on(x.second)
			if signsOut {
				b.signOut(nil)
			} else {
				time.Sleep(11 * time.Minute)
				require.Equal(t, http.StatusGone, b.post(path, form).status)
			}
			require.Empty(t, b.who())
			_, err := x.first.client.Sessions.Authenticate(t.Context(), live)
			require.ErrorIs(t, err, grimoireauth.ErrSessionEnded)
		})
	}
}

// The verifier of one replica cannot verify the new credentials, and that of the other can.
func TestP07_OneReplicaHasNoKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newTwoReplicas(t, "link", false)
		x.failing.fails = nil
		x.b.on(x.second).get("/classes/warm") // fetches nothing, since there is no session
		finish := x.first.ways()["link"].begin(x.b, x.class, "/classes/a")
		x.first.stytch.Fail(mock.Fault{Endpoint: "GET /v1/b2b/sessions/jwks/{project_id}", Status: 503})
		res := finish(x.b)
		require.Equal(t, http.StatusServiceUnavailable, res.status, res.body)
		require.Empty(t, x.failing.heard)
		x.first.stytch.ClearFaults()
		require.Equal(t, "/classes/a", x.b.on(x.second).post(x.b.lastPath, x.b.lastForm).at)
		require.Equal(t, 1, x.first.calls(redeemed))
		require.Len(t, x.good.heard, 1)
	})
}

// The callback of a link is opened twice, on two replicas, and its button is pressed on
// both, one after the other: the person is signed in once, and sees no error.
func TestP07_TheCallbackIsOpenedTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newTwoReplicas(t, "link", false)
		x.failing.fails = nil
		x.b.asks(x.class, "/classes/a")
		link := x.first.callbackAddress(x.first.newest())
		one, two := x.b, x.b.tab().on(x.second)
		form, same := one.open(link), two.open(link)
		require.Equal(t, form, same, "it is one attempt")
		require.Equal(t, "/classes/a", one.post("/auth/callback", form).at)
		res := two.post("/auth/callback", same)
		require.Equal(t, http.StatusSeeOther, res.status, res.body)
		require.Equal(t, string(x.first.ada), two.who())
		require.Equal(t, 1, x.first.calls(redeemed))
		require.Len(t, append(x.failing.heard, x.good.heard...), 1)
		require.Zero(t, x.first.calls(revoked))
	})
}

// sharedRedemptions are those of two replicas in one process.
type sharedRedemptions struct {
	mu      sync.Mutex
	answers map[string]string
	working map[string]chan struct{}
	fails   bool
}

func (s *sharedRedemptions) Begin(ctx context.Context, name string) (string, error) {
	for {
		s.mu.Lock()
		if s.fails {
			s.mu.Unlock()
			return "", errors.New("no Redis")
		}
		answer, working := s.answers[name], s.working[name]
		if answer == "" && working == nil {
			s.working[name] = make(chan struct{})
		}
		s.mu.Unlock()
		if answer != "" || working == nil {
			return answer, nil
		}
		select {
		case <-working:
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
}

func (s *sharedRedemptions) End(_ context.Context, name, answer string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.working[name])
	delete(s.working, name)
	if answer != "" {
		s.answers[name] = answer
	}
}

// Two clicks at the same moment, on two replicas. The browser drops the first response, and
// the second one signs it in, as on one process; the token is redeemed once.
func TestP07_TwoClicksOnTwoReplicas(t *testing.T) {
	for _, requested := range []bool{true, false} {
		for _, fails := range []bool{false, true} {
			t.Run(fmt.Sprintf("requested %v, without the store %v", requested, fails), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					base := newFixture(t, signin.Config{})
					shared := &sharedRedemptions{answers: map[string]string{}, working: map[string]chan struct{}{}, fails: fails}
					heard := &hook{}
					one := base.processWith(false, signin.Config{OnSignIn: heard.onSignIn, Redemptions: shared})
					two := base.processWith(false, signin.Config{OnSignIn: heard.onSignIn, Redemptions: shared})
					time.Sleep(time.Minute)
					b := one.browser()
					callback := ""
					if requested {
						b.asks(base.law, "/classes/a")
						callback = one.callbackAddress(one.newest())
					} else {
						callback = one.link(base.law.ID, "ada@example.edu")
					}
					form := b.open(callback)
					bare := one.browser()
					bare.copies(b)
					one.stytch.Fail(mock.Fault{Endpoint: redeemed, Latency: 2 * time.Second})
					first := make(chan answer, 1)
					go func() { first <- bare.post("/auth/callback", form) }()
					time.Sleep(time.Second)
					second := b.on(two)
					res := second.post("/auth/callback", form)
					require.Equal(t, http.StatusSeeOther, (<-first).status)
					if fails {
						require.Equal(t, http.StatusGone, res.status, "as without the store")
						return
					}
					require.Equal(t, http.StatusSeeOther, res.status, res.body)
					require.Equal(t, 1, one.calls(redeemed))
					if !requested {
						require.Equal(t, "/auth/account", res.at)
						require.Equal(t, "/", second.post("/auth/account", url.Values{"answer": {"yes"}}).at)
					} else {
						require.Equal(t, "/classes/a", res.at)
					}
					require.Equal(t, string(base.ada), second.who())
					require.Len(t, heard.heard, 1)
					require.Zero(t, one.calls(revoked))
					for _, answer := range shared.answers {
						require.NotContains(t, answer, second.cookie(sessionAt))
					}
				})
			})
		}
	}
}

// The account of a link that was not asked for is confirmed on one replica, whose OnSignIn
// fails, and then on the other.
func TestP07_TheQuestionIsAnsweredOnBoth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newTwoReplicas(t, "link", false)
		require.Equal(t, "/auth/account", x.b.post("/auth/callback", x.b.open(x.first.link(x.class.ID, "ada@example.edu"))).at)
		yes := url.Values{"answer": {"yes"}}
		res := x.b.post("/auth/account", yes)
		require.Equal(t, http.StatusServiceUnavailable, res.status)
		require.Contains(t, res.body, "ada@example.edu", "the question, once more")
		b := x.b.on(x.second)
		require.Equal(t, "/", b.post("/auth/account", yes).at)
		require.Equal(t, string(x.first.ada), b.who())
		require.Equal(t, x.failing.heard, x.good.heard)
		require.Empty(t, b.kept())
	})
}

// The session that waits has ended at Stytch: the person begins again, and nothing is left.
func TestP07_TheSessionEndsMeanwhile(t *testing.T) {
	for _, name := range []string{"link", "code", "OAuth", "reset", "choose class", "second factor"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				x := newTwoReplicas(t, name, false)
				path, form := x.fails(t, name)
				x.first.stytch.EndSession(grimoireauth.NewCredentials("", x.b.held()))
				attempt := x.b.attempt
				b := x.b.on(x.second)
				res := b.post(path, form)
				require.Equal(t, http.StatusGone, res.status, res.body)
				require.NotContains(t, b.kept(), attemptAt+attempt)
				require.Empty(t, b.who())
				require.Empty(t, x.good.heard)
			})
		})
	}
}
