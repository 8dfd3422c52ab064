package signin

import (
	"context"
	"errors"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/middleware/signin/internal/once"
	"github.com/stretchr/testify/require"
)

// What works once and was used stays; another "no", and "could not find out", is
// asked for again.
func TestAttemptOutcomes(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want int
	}{
		{nil, 1}, {grimoireauth.ErrTokenSpent, 1}, {grimoireauth.ErrWrongCode, 1}, {&stytchclient.StepUpError{}, 1},
		{grimoireauth.ErrForbidden, 2}, {grimoireauth.ErrNotInvited, 2}, {grimoireauth.ErrLocked, 2},
		{grimoireauth.ErrUnavailable, 2}, {grimoireauth.ErrRateLimited, 2}, {errors.Join(grimoireauth.ErrForbidden, grimoireauth.ErrUnavailable), 2},
	} {
		var group once.Group[progress]
		works := 0
		for range 2 {
			_, err := group.Do(t.Context(), "key", func(p *progress) (bool, error) { works++; return p.final(tt.err), tt.err })
			require.Equal(t, tt.err, err)
		}
		require.Equal(t, tt.want, works, "%v", tt.err)
	}
}

// R10: the new credentials must prove the session that was signed in.
func TestR10_NewCredentialsOfSomebodyElse(t *testing.T) {
	session := func(id, member, organization string) grimoireauth.Session {
		s, err := grimoireauth.NewSession(grimoireauth.SessionFields{
			ID: grimoireauth.SessionID(id), Member: grimoireauth.MemberID(member), Organization: grimoireauth.OrganizationID(organization),
		})
		require.NoError(t, err)
		return s
	}
	credentials := grimoireauth.NewCredentials("a.b.c", "token")
	tests := []struct {
		name   string
		proved grimoireauth.Session
		err    error
		good   bool
	}{
		{"the same", session("s", "m", "o"), nil, true},
		{"another session", session("s2", "m", "o"), nil, false},
		{"another member", session("s", "m2", "o"), nil, false},
		{"another class", session("s", "m", "o2"), nil, false},
		{"nobody", grimoireauth.Session{}, grimoireauth.ErrUnauthenticated, false},
		{"nobody could find out", grimoireauth.Session{}, grimoireauth.ErrUnavailable, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			quiet := slog.New(slog.DiscardHandler)
			guard, err := middleware.New(func(context.Context, grimoireauth.Credentials) (grimoireauth.Authentication, error) {
				return grimoireauth.Authentication{Session: tt.proved, Credentials: credentials}, tt.err
			}, middleware.Config{Logger: quiet})
			require.NoError(t, err)
			var ended []grimoireauth.SessionID
			h := &Handler{
				guard:  guard,
				config: Config{BaseURL: "https://classes.example.edu", Logger: quiet},
				revoke: func(_ context.Context, session grimoireauth.Session) error {
					ended = append(ended, session.ID())
					return nil
				},
			}
			w := httptest.NewRecorder()
			err = h.sign(w, httptest.NewRequest("POST", "/auth/callback", nil), signing{key: "key"}, func(context.Context) (stytchclient.SignedIn, error) {
				return stytchclient.SignedIn{Authentication: grimoireauth.Authentication{Session: session("s", "m", "o"), Credentials: credentials}}, nil
			})
			require.Equal(t, tt.good, err == nil)
			require.Equal(t, errors.Is(tt.err, grimoireauth.ErrUnavailable), isUndecided(err))
			require.Equal(t, !tt.good && !isUndecided(err), errors.Is(err, errNotProven), "and nothing that the person did wrong")
			set := strings.Contains(strings.Join(w.Header()["Set-Cookie"], "\n"), "stytch_session=token")
			require.Equal(t, tt.good, set, "no cookie before everything agrees")
			if errors.Is(err, errNotProven) {
				require.Equal(t, []grimoireauth.SessionID{"s"}, ended)
			}
		})
	}
}

// FuzzCallback holds the reader of the callback's query to its rules.
func FuzzCallback(f *testing.F) {
	f.Add("stytch_token_type=multi_tenant_magic_links&token=c29tZS10b2tlbi10aGF0LXdhcw==&slug=laws1100")
	f.Add("stytch_token_type=oauth&token=c29tZS10b2tlbi10aGF0LXdhcw==")
	f.Add("token=a&token=b&stytch_token_type=sso")
	f.Add("token=%00&slug=%3Cb%3E;x")
	h := &Handler{config: Config{BaseURL: "https://classes.example.edu"}}
	f.Fuzz(func(t *testing.T, query string) {
		a, ok := h.callbackTokenOf(query)
		if !ok {
			if a != (callbackToken{}) {
				t.Fatalf("refused, and returned %v", a)
			}
			return
		}
		if strings.Count(query, "token=") < 1 || !strings.Contains(query, a.kind) && !strings.Contains(query, "%") {
			t.Fatalf("accepted %q", query)
		}
		if a.kind == kindDiscovery || a.kind == kindDiscoveryOAuth || a.kind == kindImpersonation {
			t.Fatalf("accepted %q, which is switched off", a.kind)
		}
		if strings.Trim(a.token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-=") != "" {
			t.Fatalf("accepted the token %q", a.token)
		}
		// An accepted token can be written into a cookie and read back.
		w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/auth/callback", nil)
		kept := h.keepToken(w, r, a)
		for _, cookie := range w.Result().Cookies() {
			r.AddCookie(cookie)
		}
		if back := h.stored(r); len(back) != 1 || !back[0].readable || back[0].token != a || back[0].id != kept.id {
			t.Fatalf("%v came back as %v", a, back)
		}
	})
}
