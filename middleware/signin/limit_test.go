package signin_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/middleware/signin"
	"github.com/stretchr/testify/require"
)

// ownLimiter is an application's: it answers what it is told to and notes what it was
// asked.
type ownLimiter struct {
	grant    signin.Grant
	err      error
	reserved []signin.Use
	released []signin.Use
}

func (l *ownLimiter) Reserve(_ context.Context, use signin.Use) (signin.Grant, error) {
	l.reserved = append(l.reserved, use)
	if use.Action == signin.ActionAskClass {
		return signin.Grant{}, nil
	}
	return l.grant, l.err
}

func (l *ownLimiter) Release(_ context.Context, use signin.Use) { l.released = append(l.released, use) }

func (l *ownLimiter) last() signin.Use { return l.reserved[len(l.reserved)-1] }

// An application's Limiter is told what is done before each call, under one name for
// each class and address, and afterwards that it came to nothing or was right.
func TestX04_LimiterOfTheApplication(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		own := new(ownLimiter)
		w := newFixture(t, signin.Config{Limit: own})
		b := w.at("2001:db8:1:2:3:4:5:6")
		ask := func(method string, more url.Values) answer {
			form := url.Values{"class": {w.law.Slug}, "email": {" Ada@Example.EDU"}, "method": {method}}
			for name, values := range more {
				form[name] = values
			}
			b.attempt = ""
			return b.post("/auth/start", form)
		}
		use := signin.Use{Action: signin.ActionSendCode, Class: string(w.law.ID), Address: "ada@example.edu", Source: netip.MustParseAddr("2001:db8:1:2::")}
		require.Equal(t, http.StatusSeeOther, ask("email_otp", nil).status)
		require.Equal(t, use, own.last())
		for method, action := range map[string]signin.Action{"magic_link": signin.ActionSendLink, "reset": signin.ActionSendReset} {
			require.Equal(t, http.StatusSeeOther, ask(method, nil).status)
			use.Action = action
			require.Equal(t, use, own.last())
		}
		require.Len(t, own.released, 1, "the question about the class")
		require.Equal(t, signin.ActionAskClass, own.released[0].Action)

		require.Equal(t, http.StatusForbidden, ask("password", url.Values{"password": {"a guess"}}).status)
		use.Action = signin.ActionGuess
		require.Equal(t, use, own.last())
		require.Len(t, own.released, 1, "a wrong guess counts")
		ask("email_otp", nil)
		require.Equal(t, http.StatusSeeOther, b.post("/auth/code", url.Values{"code": {w.newest().Code}}).status)
		sent := use
		sent.Action = signin.ActionSendCode
		require.Equal(t, []signin.Use{sent, use}, own.released[1:])

		// What it refuses is not done.
		calls := len(w.stytch.Journal())
		own.grant = signin.Grant{Wait: time.Minute}
		for _, method := range []string{"magic_link", "email_otp", "reset", "password"} {
			res := ask(method, url.Values{"password": {"a guess"}})
			require.Equal(t, http.StatusTooManyRequests, res.status, method)
			require.Equal(t, "60", res.header.Get("Retry-After"))
			require.Contains(t, res.body, "60 seconds")
		}
		own.grant.Pending = true
		require.Equal(t, "/auth/sent", ask("magic_link", nil).at)
		require.Equal(t, "/auth/code", ask("email_otp", nil).at)

		// While it fails nothing is done either: people are told of an outage.
		own.grant, own.err = signin.Grant{}, errors.New("the store is away")
		for _, method := range []string{"magic_link", "email_otp", "reset", "password"} {
			res := ask(method, url.Values{"password": {"a guess"}})
			require.Equal(t, http.StatusServiceUnavailable, res.status, method)
			require.NotEmpty(t, res.header.Get("Retry-After"))
			require.NotContains(t, res.body, "store")
		}
		require.Contains(t, w.log.String(), "the store is away")
		require.Len(t, w.stytch.Journal(), calls)
	})
}

// The built-in Limiter is one of each process. One that two processes share bounds both.
func TestX04_TwoReplicas(t *testing.T) {
	for name, want := range map[string]int{"each its own": 20, "shared": 10} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var config signin.Config
				if name == "shared" {
					config.Limit = sharedLimiter{counters: memory{}}
				}
				one := newFixture(t, config)
				other := one.process(false)
				other.serve(config, slog.New(slog.DiscardHandler))
				form := startForm(one.law, "password", "")
				form.Set("password", "a guess")
				for range 50 {
					one.at("10.0.0.1").post("/auth/start", form)
					other.at("10.0.0.1").post("/auth/start", form)
				}
				require.Equal(t, want, one.guessed())
			})
		})
	}
}
