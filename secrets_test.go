package auth_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/jwtlocal"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/middleware/signin"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// echo is a Stytch, or a proxy in front of it, whose errors quote the body and the
// credentials of the call.
type echo struct {
	next http.RoundTripper
	on   bool
	seen func(*http.Request)
}

func (e *echo) RoundTrip(req *http.Request) (*http.Response, error) {
	if e.seen != nil {
		e.seen(req)
	}
	var body []byte
	if req.Body != nil {
		var err error
		if body, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
		req.Body = io.NopCloser(bytes.NewReader(body))
	}
	res, err := e.next.RoundTrip(req)
	if err != nil || !e.on || res.StatusCode < 400 {
		return res, err
	}
	var refusal map[string]any
	if err := json.NewDecoder(res.Body).Decode(&refusal); err != nil {
		return nil, err
	}
	_, secret, _ := req.BasicAuth()
	refusal["error_message"] = fmt.Sprintf("bad input: %s, secret %s, header %v", body, secret, req.Header)
	refusal["error_url"] = "https://stytch.com/docs?" + string(body)
	refusal["error_details"] = map[string]any{"input": string(body), "secret": secret}
	quoted, err := json.Marshal(refusal)
	res.Body, res.ContentLength = io.NopCloser(bytes.NewReader(quoted)), int64(len(quoted))
	res.Header.Del("Content-Length")
	return res, err
}

// No value that a handler can reach, or that a program holds, prints a secret, in any
// arrangement of guards, under any verb and from any struct.
func TestC14_NothingPrintsASecret(t *testing.T) {
	stytch := new(mock.Stytch)
	class := stytch.AddClass("LAWS1100")
	ada := stytch.AddInstructor(class.ID, "ada@example.edu")
	p := &printer{forms: map[string]string{}, leaks: map[string]bool{}}
	p.keep("the project secret", stytch.Secret())

	line := &echo{next: stytch}
	var mu sync.Mutex // guards seen: some events come on goroutines of the verifier
	var seen []any
	observe := func(ctx context.Context, e grimoireauth.Event) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, e, ctx)
	}
	revocations := new(jwtlocal.MemoryRevocations)
	clientConfig := stytchclient.Config{
		ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), PublicToken: stytch.PublicToken(), Transport: line, OnRevoke: revocations.Add, Observe: observe,
	}
	client, err := stytchclient.New(clientConfig)
	require.NoError(t, err)
	verifierConfig := jwtlocal.Config{ProjectID: stytch.ProjectID(), Transport: line, Refresh: client.Sessions.Authenticate, Revocations: revocations, Observe: observe}
	verifier, err := jwtlocal.New(verifierConfig)
	require.NoError(t, err)
	// A watch has a timer until a second after its session has ended, and fmt reads values
	// without their locks: this one is not printed.
	watching, err := jwtlocal.New(verifierConfig)
	require.NoError(t, err)
	t.Cleanup(func() { _ = verifier.Wait(context.Background()) })
	var log bytes.Buffer
	guardConfig := middleware.Config{Can: client.Can, Fresh: verifier.Refresh, Logger: slog.New(slog.NewTextHandler(&log, nil))}
	guard, err := middleware.New(verifier.Authenticate, guardConfig)
	require.NoError(t, err)
	pagesConfig := signin.Config{BaseURL: "https://classes.example.edu", Logger: guardConfig.Logger, OnSignIn: func(ctx context.Context, signedIn stytchclient.SignedIn) error {
		p.print("the context of OnSignIn", ctx)
		p.print("what OnSignIn gets", signedIn)
		return nil
	}}
	pages, err := signin.New(guard, client, pagesConfig)
	require.NoError(t, err)

	// A sign-in, with all secrets of its requests.
	strict := stytch.AddClass("EQUI2200", mock.Settings{"mfa_policy": "REQUIRED_FOR_ALL"})
	stytch.AddStudent(strict.ID, "ada@example.edu")
	challenge := stytchclient.NewVerifier()
	p.keep("a PKCE verifier", challenge)
	link := stytchclient.MagicLink{Class: strict.ID, Email: "ada@example.edu", SameBrowser: challenge}
	require.NoError(t, client.SignIn.SendMagicLink(t.Context(), link))
	p.print("a MagicLink", link)
	sent := stytch.Outbox()
	redeem := stytchclient.MagicLinkSignIn{Token: grimoireauth.NewSecret(sent[len(sent)-1].Token), Verifier: challenge}
	p.keep("the token of a link", redeem.Token)
	p.print("a MagicLinkSignIn", redeem)
	_, err = client.SignIn.WithMagicLink(t.Context(), redeem)
	var owed *stytchclient.StepUpError
	require.ErrorAs(t, err, &owed)
	p.keep("the intermediate_session_token", owed.Intermediate.Token)
	p.err("a StepUpError", err)
	p.print("an Intermediate", owed.Intermediate)
	p.print("a FactorOwner", owed.Owner())
	enrollment, err := client.SecondFactors.EnrollApp(t.Context(), owed.Owner())
	require.NoError(t, err)
	p.keep("the key of an authenticator app", enrollment.Secret)
	p.keep("a recovery code", enrollment.RecoveryCodes[0])
	p.print("an AppEnrollment", enrollment)
	code := stytchclient.FactorCode{Code: grimoireauth.NewSecret(stytch.TOTPCode(owed.Member.Member))}
	p.print("a FactorCode", code)
	signedIn, err := client.SecondFactors.WithAppCode(t.Context(), owed.Owner(), code)
	require.NoError(t, err)
	p.keep("the session_token", signedIn.Token)
	p.keep("the session_jwt", signedIn.JWT)
	p.print("a SignedIn", signedIn)
	nested(p, "a SignedIn", &signedIn)
	start, err := client.SignIn.StartOAuth(stytchclient.OAuthStart{Provider: grimoireauth.MethodGoogle, Class: class.ID})
	require.NoError(t, err)
	p.keep("the verifier of a start", start.Verifier)
	p.print("a Start", start)

	// A session for every arrangement of guards.
	live := stytch.SignIn(ada, mock.WithFactors(grimoireauth.Factor{Type: "password"}))
	stale := stytch.Stale(stytch.SignIn(ada, mock.WithFactors(grimoireauth.Factor{Type: "password"})))
	for name, c := range map[string]grimoireauth.Credentials{"live": live, "stale": stale} {
		p.keep("the session_token ("+name+")", c.Token)
		p.keep("the session_jwt ("+name+")", c.JWT)
		p.print("Credentials", c)
		nested(p, "Credentials", &c)
	}
	served := 0
	page := func(name string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			served++
			ctx := r.Context()
			if c, ok := grimoireauth.CredentialsFromContext(ctx); ok {
				p.keep("the session_jwt of "+name, c.JWT)
				p.keep("the session_token of "+name, c.Token)
				p.print(name+": Credentials", c)
			}
			p.print(name+": r.Context()", ctx)
			cancelled, cancel := context.WithTimeout(ctx, time.Hour)
			defer cancel()
			p.print(name+": a context with a deadline", cancelled)
			p.print(name+": a context with a value", context.WithValue(ctx, http.LocalAddrContextKey, "v"))
			p.print(name+": a context without its cancellation", context.WithoutCancel(ctx))
			type wrapped struct{ context.Context }
			p.print(name+": another package's context", wrapped{ctx})
			p.print(name+": another package's context, by a pointer", &wrapped{ctx})
			// The request itself has the Cookie header, as net/http gives it.
			bare := r.Clone(ctx)
			bare.Header = http.Header{}
			p.print(name+": the request without its header", bare)
			p.print(name+": the ResponseWriter's header", w.Header().Get("Cache-Control"))
			a, ok := grimoireauth.AuthenticationFromContext(ctx)
			_, err := guard.Check(r)
			p.err(name+": the error of Check", err)
			if !ok {
				return
			}
			p.print(name+": the Authentication", a)
			nested(p, name+": the Authentication", &a)
			p.print(name+": the Session", a.Session)
			person, role, _ := grimoireauth.RoleFromContext(ctx)
			p.print(name+": person and role", []any{person, role})
			for what, derived := range map[string]context.Context{
				"Authentication": grimoireauth.ContextWithAuthentication(ctx, a),
				"Role":           grimoireauth.ContextWithRole(ctx, person, role),
				"Person":         grimoireauth.ContextWithRole(grimoireauth.ContextWithAuthentication(ctx, a), person, role),
				"both in turn":   grimoireauth.ContextWithAuthentication(grimoireauth.ContextWithRole(ctx, person, role), a),
			} {
				p.print(name+": a context with "+what, derived)
			}
			p.print(name+": a watched context", watching.Watch(cancelled, a))
		})
	}
	between := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(w, r) })
	}
	inClass := guard.InClass(middleware.PathClass("class"), grimoireauth.RoleStudent)
	recent := guard.Recent(24*time.Hour, "password")
	mux := http.NewServeMux()
	routes := map[string]http.Handler{
		"Protect":                              page("Protect"),
		"Load":                                 guard.Load(page("Load")),
		"Require":                              guard.Require(page("Require")),
		"Fresh":                                guard.Fresh(page("Fresh")),
		"Recent":                               recent(page("Recent")),
		"InClass":                              inClass(page("InClass")),
		"Recent in InClass":                    inClass(recent(page("Recent in InClass"))),
		"InClass in Recent":                    recent(inClass(page("InClass in Recent"))),
		"Recent in something":                  between(recent(page("Recent in something"))),
		"InClass in something in Require":      guard.Require(between(inClass(page("InClass in something in Require")))),
		"Recent in something in InClass":       inClass(between(recent(page("Recent in something in InClass")))),
		"Fresh in something in Recent in Load": guard.Load(recent(between(guard.Fresh(page("Fresh in something in Recent in Load"))))),
	}
	wanted := 0
	public := []string{}
	for name, handler := range routes {
		pattern := "GET /" + strings.ReplaceAll(name, " ", "-") + "/{class}"
		mux.Handle(pattern, handler)
		if name == "Load" {
			public = append(public, pattern)
		}
	}
	app := guard.Protect(mux, public...)
	ask := func(name string, c grimoireauth.Credentials) int {
		r := httptest.NewRequest("GET", "/"+url.PathEscape(strings.ReplaceAll(name, " ", "-"))+"/"+string(class.ID), nil)
		if !c.IsZero() {
			require.NoError(t, guard.Attach(r, c))
		}
		w := httptest.NewRecorder()
		app.ServeHTTP(w, r)
		return w.Code
	}
	for name := range routes {
		for _, c := range []grimoireauth.Credentials{live, stale} {
			require.Equal(t, http.StatusOK, ask(name, c), name)
			wanted++
		}
	}
	gone := stytch.SignIn(ada)
	stytch.EndSession(gone)
	p.keep("the session_token (ended)", gone.Token)
	p.keep("the session_jwt (ended)", gone.JWT)
	for _, c := range []grimoireauth.Credentials{{}, {Token: gone.Token}, stytch.Forged(ada)} {
		require.Equal(t, http.StatusOK, ask("Load", c), "anonymous")
		wanted++
	}
	require.Equal(t, wanted, served, "every page was served")

	// Fmt reads values without their locks.
	require.NoError(t, verifier.Wait(t.Context()))
	kinds := make(map[string]bool)
	for _, v := range seen {
		if kind := fmt.Sprintf("%T", v); !kinds[kind] {
			kinds[kind] = true
			p.print("an event, or its context: a "+kind, v)
		}
	}

	// The values that a program holds all the time.
	p.print("a Client", client)
	nested(p, "a Client", client)
	for name, part := range map[string]any{
		"Classes": client.Classes, "Roster": client.Roster, "SignIn": client.SignIn, "Sessions": client.Sessions, "Connections": client.Connections, "Stytch": client.Stytch(),
	} {
		p.print("Client."+name, part)
	}
	p.print("a Verifier", verifier)
	nested(p, "a Verifier", verifier)
	p.print("a Verifier's Stats", verifier.Stats())
	p.print("MemoryRevocations", revocations)
	nested(p, "MemoryRevocations", revocations)
	p.print("a Guard", guard)
	nested(p, "a Guard", guard)
	p.print("a signin.Handler", pages)
	nested(p, "a signin.Handler", pages)
	for name, config := range map[string]any{"Client": clientConfig, "Verifier": verifierConfig, "Guard": guardConfig, "signin": pagesConfig} {
		p.print("the Config of "+name, config)
	}
	p.print("a mock.Stytch", stytch)

	// Errors of a Stytch that quotes the call.
	line.on = true
	line.seen = func(r *http.Request) { p.print("the context of a call to Stytch", r.Context()) }
	bad := grimoireauth.NewSecret("AAAAbbbbCCCCddddEEEEffffGGGGhhhhIIIIjjjjKKK=")
	password := grimoireauth.NewSecret("correct horse battery staple, but wrong")
	p.keep("a token that Stytch does not know", bad)
	p.keep("a password", password)
	refusals := map[string]func(context.Context) error{
		"Sessions.Authenticate": func(ctx context.Context) error {
			_, err := client.Sessions.Authenticate(ctx, grimoireauth.Credentials{Token: gone.Token})
			return err
		},
		"RedeemMagicLink": func(ctx context.Context) error {
			_, err := client.SignIn.WithMagicLink(ctx, stytchclient.MagicLinkSignIn{Token: bad})
			return err
		},
		"WithPassword": func(ctx context.Context) error {
			_, err := client.SignIn.WithPassword(ctx, stytchclient.PasswordSignIn{Class: class.ID, Email: "ada@example.edu", Password: password})
			return err
		},
		"ResumeWithApp": func(ctx context.Context) error {
			_, err := client.SecondFactors.WithAppCode(ctx, owed.Owner(), stytchclient.FactorCode{Code: bad})
			return err
		},
		"Switch": func(ctx context.Context) error {
			_, err := client.Sessions.Switch(ctx, gone, strict.ID)
			return err
		},
		"Verifier.Authenticate": func(ctx context.Context) error {
			_, err := verifier.Authenticate(ctx, grimoireauth.Credentials{Token: gone.Token})
			return err
		},
		"Verifier.Refresh": func(ctx context.Context) error {
			_, err := verifier.Refresh(ctx, gone)
			return err
		},
		"Verifier.Verify": func(ctx context.Context) error {
			_, err := verifier.Verify(ctx, stytch.Forged(ada).JWT)
			return err
		},
		"Guard.Authenticate": func(ctx context.Context) error {
			_, err := guard.Authenticate(ctx, grimoireauth.Credentials{Token: gone.Token})
			return err
		},
		"Guard.Authenticate with an AuthFunc that quotes": func(ctx context.Context) error {
			quoting, err := middleware.New(func(_ context.Context, c grimoireauth.Credentials) (grimoireauth.Authentication, error) {
				return grimoireauth.Authentication{}, fmt.Errorf("SELECT * FROM sessions WHERE token = %q", c.Token.Reveal())
			}, guardConfig)
			require.NoError(t, err)
			_, err = quoting.Authenticate(ctx, live)
			return err
		},
		"Revoke with an OnRevoke that quotes": func(ctx context.Context) error {
			config := clientConfig
			config.OnRevoke = func(context.Context, grimoireauth.Revocation) error { return errors.New(password.Reveal()) }
			quoting, err := stytchclient.New(config)
			require.NoError(t, err)
			return quoting.Sessions.Revoke(ctx, signedIn.Session)
		},
		"New": func(context.Context) error {
			_, err := stytchclient.New(stytchclient.Config{ProjectID: stytch.ProjectID(), Secret: password})
			return err
		},
	}
	for name, call := range refusals {
		err := call(t.Context())
		require.Error(t, err, name)
		p.err("the error of "+name, err)
	}
	p.print("an Acting client", client.As(live))
	p.look("the log", log.String())

	require.Greater(t, p.printed, 10_000, "much was printed")
	for leak := range p.leaks {
		t.Error(leak)
	}
}
