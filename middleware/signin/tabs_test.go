package signin_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/jwtlocal"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/middleware/signin"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// process is another replica of the world's server, over the same Stytch: with a
// client, a verifier, a guard and pages of its own. With oneOrganization the school is
// one Organization, and its classes are in the application's tables.
func (w *fixture) process(oneOrganization bool) *fixture {
	w.t.Helper()
	return w.processWith(oneOrganization, signin.Config{Discovery: true})
}

// processWith is process with other pages.
func (w *fixture) processWith(oneOrganization bool, config signin.Config) *fixture {
	w.t.Helper()
	other := *w
	guard := middleware.Config{SignInURL: "/auth/", Logger: slog.New(slog.NewTextHandler(w.log, nil))}
	if oneOrganization {
		guard.Role = func(context.Context, grimoireauth.Session, grimoireauth.ClassID) (grimoireauth.Role, error) {
			return grimoireauth.RoleStudent, nil
		}
		config.Class = func(*http.Request) grimoireauth.ClassID { return w.law.ID }
	}
	var err error
	revocations := new(jwtlocal.MemoryRevocations)
	other.client, err = stytchclient.New(stytchclient.Config{ProjectID: w.stytch.ProjectID(), Secret: w.stytch.Secret(), PublicToken: w.stytch.PublicToken(), Transport: w.stytch, OnRevoke: revocations.Add})
	require.NoError(w.t, err)
	other.verifier, err = jwtlocal.New(jwtlocal.Config{ProjectID: w.stytch.ProjectID(), Audiences: []string{audience}, Transport: w.stytch, Refresh: other.client.Sessions.Authenticate, Revocations: revocations})
	require.NoError(w.t, err)
	w.t.Cleanup(func() { _ = other.verifier.Wait(context.Background()) })
	guard.Revoke = other.client.Sessions.Revoke
	other.guard, err = middleware.New(other.verifier.Authenticate, guard)
	require.NoError(w.t, err)
	other.serve(config, guard.Logger)
	return &other
}

// on is the same tab, whose requests another process answers.
func (b *browser) on(w *fixture) *browser {
	return &browser{w: w, jar: b.jar, attempt: b.attempt, from: b.from}
}

// way is a way to sign in, in two parts with something else in between.
type way struct {
	signedIn bool // it begins with a session
	twice    bool // its two tabs sign in to two classes, where there are two
	begin    func(b *browser, class mock.Class, back string) (finish func(b *browser) answer)
}

func startForm(class mock.Class, method, back string) url.Values {
	return url.Values{"class": {class.Slug}, "email": {"ada@example.edu"}, "method": {method}, "return_to": {back}}
}

func (w *fixture) ways() map[string]way {
	connections := map[grimoireauth.ClassID]string{w.law.ID: w.stytch.AddSSO(w.law.ID, "saml", nil), w.art.ID: w.stytch.AddSSO(w.art.ID, "saml", nil)}
	byProvider := func(path func(mock.Class) string, then func(b *browser, class mock.Class, res answer) answer) func(*browser, mock.Class, string) func(*browser) answer {
		return func(b *browser, class mock.Class, back string) func(*browser) answer {
			query := url.Values{"return_to": {back}}
			if then == nil {
				query.Set("class", string(class.ID))
			}
			start := b.leave(path(class) + "?" + query.Encode())
			return func(b *browser) answer {
				res := b.get(b.w.provider(start, "mock_persona", "ada@example.edu"))
				if then != nil {
					res = then(b, class, res)
				}
				return res
			}
		}
	}
	chosen := func(b *browser, class mock.Class, res answer) answer {
		require.Equal(b.w.t, "/auth/classes", res.at, res.body)
		return b.post("/auth/classes", classForm(class.ID))
	}
	return map[string]way{
		"OAuth": {twice: true, begin: byProvider(func(mock.Class) string { return "/auth/oauth/google" }, nil)},
		"SSO":   {twice: true, begin: byProvider(func(c mock.Class) string { return "/auth/sso/" + connections[c.ID] }, nil)},
		"link": {twice: true, begin: func(b *browser, class mock.Class, back string) func(*browser) answer {
			b.ask(startForm(class, "magic_link", back))
			link := b.w.newest()
			return func(b *browser) answer { return b.post("/auth/callback", b.open(b.w.callbackAddress(link))) }
		}},
		"code": {twice: true, begin: func(b *browser, class mock.Class, back string) func(*browser) answer {
			b.ask(startForm(class, "email_otp", back))
			code := b.w.newest().Code
			return func(b *browser) answer {
				res := b.post("/auth/code", url.Values{"code": {code}})
				if res.status == http.StatusGone { // only the newest works; the page offers another
					b.w.stytch.Age(2 * time.Second)
					b.ask(startForm(class, "email_otp", back))
					res = b.post("/auth/code", url.Values{"code": {b.w.newest().Code}})
				}
				return res
			}
		}},
		"reset": {twice: true, begin: func(b *browser, class mock.Class, back string) func(*browser) answer {
			b.ask(startForm(class, "reset", back))
			link := b.w.newest()
			return func(b *browser) answer {
				require.Equal(b.w.t, "/auth/new-password", b.get(b.w.callbackAddress(link)).at)
				form := b.newPassword()
				form.Set("password", goodPassword+back)
				return b.post("/auth/new-password", form)
			}
		}},
		"discovery by a provider": {begin: byProvider(func(mock.Class) string { return "/auth/oauth/google" }, chosen)},
		"choose class": {begin: func(b *browser, class mock.Class, back string) func(*browser) answer {
			form := startForm(class, "magic_link", back)
			form.Set("class", "")
			b.ask(form)
			res := b.post("/auth/callback", b.open(b.w.callbackAddress(b.w.newest())))
			return func(b *browser) answer { return chosen(b, class, res) }
		}},
		"second factor": {begin: func(b *browser, class mock.Class, back string) func(*browser) answer {
			form := startForm(class, "magic_link", back)
			form.Set("class", b.w.secure.Slug)
			if b.w.secure.ID == "" {
				form.Set("class", class.Slug)
			}
			b.ask(form)
			require.Equal(b.w.t, "/auth/factor", b.post("/auth/callback", b.open(b.w.callbackAddress(b.w.newest()))).at)
			return func(b *browser) answer {
				b.w.stytch.Age(2 * time.Second)
				require.Equal(b.w.t, "/auth/factor", b.post("/auth/factor/send", url.Values{}).at)
				return b.post("/auth/factor", factorForm("sms_otp", b.w.newest().Code))
			}
		}},
		"switch class": {signedIn: true, twice: true, begin: func(b *browser, class mock.Class, back string) func(*browser) answer {
			require.Equal(b.w.t, http.StatusOK, b.get("/auth/switch").status)
			return func(b *browser) answer {
				return b.post("/auth/switch", url.Values{"class": {string(class.ID)}, "return_to": {back}})
			}
		}},
	}
}

// Two tabs begin, and both end signed in: whichever comes back first, on one process
// or on two, for two classes or twice for one, and in both ways to map a school.
func TestC06_TwoTabsBothEndSignedIn(t *testing.T) {
	for _, oneOrganization := range []bool{false, true} {
		for name := range newFixture(t, signin.Config{}).ways() {
			for _, order := range [][]int{{0, 1}, {1, 0}} {
				for _, replicas := range []bool{false, true} {
					for _, twoClasses := range []bool{false, true} {
						twoTabs(t, name, oneOrganization, order, replicas, twoClasses)
					}
				}
			}
		}
	}
}

func twoTabs(t *testing.T, name string, oneOrganization bool, order []int, replicas, twoClasses bool) {
	var labels string
	for label, yes := range map[string]bool{"/one organization": oneOrganization, "/last first": order[0] == 1, "/two processes": replicas, "/two classes": twoClasses} {
		if yes {
			labels += label
		}
	}
	if oneOrganization && (twoClasses || name == "switch class" || name == "choose class" || name == "discovery by a provider") {
		return // there is one Organization, so nothing to choose at Stytch
	}
	t.Run(name+labels, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			base := newFixture(t, signin.Config{})
			if name == "second factor" {
				if oneOrganization {
					_, err := base.client.Classes.Update(t.Context(), base.law.ID, stytchclient.ClassChange{SecondFactorForAll: stytchclient.Set(true)})
					require.NoError(t, err)
					base.withPhone(base.law.ID)
				} else {
					base.secure, _ = base.strict()
					base.withPhone(base.secure.ID)
				}
			}
			first := base.process(oneOrganization)
			second := first
			if replicas {
				second = base.process(oneOrganization)
			}
			w := first.ways()[name]
			if twoClasses && !w.twice {
				return
			}
			one := first.browser()
			if w.signedIn {
				one.signIn(base.law.ID, "ada@example.edu")
			}
			tabs := []*browser{one, one.tab()}
			classes := []mock.Class{base.law, base.law}
			if twoClasses || w.signedIn {
				classes[0] = base.art
			}
			finish := make([]func(*browser) answer, 2)
			backs := []string{"/classes/a?tab=1", "/classes/b?tab=2"}
			for i, tab := range tabs {
				time.Sleep(31 * time.Second) // before that a message counts as on its way
				finish[i] = w.begin(tab, classes[i], backs[i])
			}
			var led []string
			for _, i := range order {
				time.Sleep(time.Second)
				res := finish[i](tabs[i].on(second))
				require.Equal(t, http.StatusSeeOther, res.status, res.body)
				led = append(led, res.at)
				require.NotEmpty(t, tabs[i].on(second).who())
				if twoClasses || !slices.Contains([]string{"OAuth", "SSO", "link", "reset", "discovery by a provider"}, name) {
					require.Equal(t, backs[i], res.at, "where this tab wanted to go")
				}
			}
			slices.Sort(led)
			require.Equal(t, backs, led)
			require.Empty(t, one.kept(), "nothing stays behind")
		})
	})
}

// An attempt that fails, or whose time is over, takes no other with it.
func TestC06_AFailureForgetsOnlyItsOwnAttempt(t *testing.T) {
	w := newFixture(t, signin.Config{Discovery: true})
	fail := map[string]func(b *browser){
		"a person whom the class does not know": func(b *browser) {
			callback := w.provider(b.leave("/auth/oauth/google?class="+w.art.Slug), "mock_persona", "eve@example.edu")
			require.Equal(t, http.StatusForbidden, b.get(callback).status)
		},
		"a provider that says no": func(b *browser) {
			callback := w.provider(b.leave("/auth/oauth/google?class="+w.art.Slug), "mock_error", "access_denied")
			require.Equal(t, http.StatusForbidden, b.get(callback).status)
		},
		"a token that another browser brought": func(b *browser) {
			foreign := w.provider(w.browser().leave("/auth/oauth/google?class="+w.law.Slug), "mock_persona", "ada@example.edu")
			require.Equal(t, http.StatusForbidden, b.get(foreign).status)
		},
		"a link that was used": func(b *browser) {
			link := w.link(w.art.ID, "ada@example.edu")
			other := w.browser()
			require.Equal(t, "/", other.press(other.open(link)).at)
			require.Equal(t, http.StatusGone, b.press(b.open(link)).status)
		},
		"a session that ended at the second factor": func(b *browser) {
			class, _ := w.strict()
			w.withPhone(class.ID)
			w.stytch.Age(2 * time.Second)
			b.begun(class.ID)
			w.stytch.Fail(mock.Fault{Endpoint: smsChecked, Status: 404, ErrorType: "intermediate_session_not_found"})
			require.Equal(t, http.StatusGone, b.post("/auth/factor", factorForm("sms_otp", "123456")).status)
			w.stytch.ClearFaults()
		},
		"another person's sign-in": func(b *browser) { b.signIn(w.art.ID, "ada@example.edu") },
	}
	for name, failing := range fail {
		t.Run(name, func(t *testing.T) {
			w.t = t
			w.stytch.Age(2 * time.Second)
			b := w.browser()
			callback := w.provider(b.leave("/auth/oauth/google?class="+w.law.Slug+"&return_to=/classes/mine"), "mock_persona", "ada@example.edu")
			failing(b.tab())
			require.Equal(t, "/classes/mine", b.get(callback).at)
			require.Equal(t, string(w.ada), b.who())
		})
	}
	w.t = t
}

// A session that was there before is ended once, also by a Guard that would end it too.
func TestC06_TheEarlierSessionEndsOnce(t *testing.T) {
	w := newFixture(t, signin.Config{}).process(false)
	b := w.browser()
	b.signIn(w.law.ID, "ada@example.edu")
	b.signIn(w.art.ID, "ada@example.edu")
	require.Equal(t, 1, w.calls(revoked))
	require.NotContains(t, w.log.String(), "level=WARN")
}
