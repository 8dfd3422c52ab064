package middleware_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"testing"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/stretchr/testify/require"
)

// A09: a decision without an http.Request is the one that net/http would get, for every
// guard, every kind of credentials and every class, and says the same about the person.
func TestA09_DecideIsWhatTheGuardDecides(t *testing.T) {
	school := newSchool(t)
	credentials := map[string]grimoireauth.Credentials{"none": {}}
	for name := range school.answers {
		credentials[name] = grimoireauth.NewCredentials(name, "token-of-it")
	}
	credentials["forged"] = grimoireauth.NewCredentials("jwt.who.x", "token-of-it")
	credentials["no token's letters"] = grimoireauth.NewCredentials("jwt.ada.x", "to ken")
	credentials["another session's name"] = grimoireauth.Credentials{
		JWT: grimoireauth.NewSecret("jwt.ada.x"), Token: grimoireauth.NewSecret("tok"), NamedSession: "session-of-tom",
	}
	guard := newGuard(t, school.Authenticate, middleware.Config{Can: permitOwn, Fresh: func(ctx context.Context, c grimoireauth.Credentials) (grimoireauth.Authentication, error) {
		a, err := school.Authenticate(ctx, c)
		a.Source = grimoireauth.SourceRemote
		return a, err
	}})
	for _, class := range []grimoireauth.ClassID{law, art, "nowhere", ""} {
		known := func(*http.Request) grimoireauth.ClassID { return class }
		for name, tt := range map[string]struct {
			wrap  func(http.Handler) http.Handler
			rules []middleware.Rule
		}{
			"signed in": {guard.Require, nil},
			"role":      {guard.InClass(known, grimoireauth.RoleTutor), []middleware.Rule{middleware.HasRole(class, grimoireauth.RoleTutor)}},
			"permission": {guard.Can(middleware.OneClass(class), "marks", "read"),
				[]middleware.Rule{middleware.HasPermission(middleware.OneClass(class), "marks", "read")}},
			"permission about no class": {guard.Can(middleware.NoClass, "marks", "read"),
				[]middleware.Rule{middleware.HasPermission(middleware.NoClass, "marks", "read")}},
			"recent": {guard.Recent(time.Hour), []middleware.Rule{middleware.SignedInWithin(time.Hour)}},
			"fresh":  {guard.Fresh, []middleware.Rule{middleware.StytchSays()}},
			"role and permission": {func(next http.Handler) http.Handler {
				return guard.InClass(known, grimoireauth.RoleStudent)(guard.Can(middleware.OneClass(class), "marks", "read")(next))
			}, []middleware.Rule{middleware.HasRole(class, grimoireauth.RoleStudent), middleware.HasPermission(middleware.OneClass(class), "marks", "read")}},
		} {
			for whose, c := range credentials {
				r := request("GET", "/", "")
				bad := guard.Attach(r, c)
				var person grimoireauth.Person
				var role grimoireauth.Role
				res := serve(tt.wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
					person, role, _ = grimoireauth.RoleFromContext(r.Context())
				})), r)
				decision, err := guard.Decide(t.Context(), c, tt.rules...)
				got := 200
				if err != nil {
					got = statusOf(guard, err)
					require.Equal(t, middleware.Decision{}, decision)
				}
				want := res.StatusCode
				if bad != nil {
					want = 401
				}
				require.Equal(t, want, got, "%s of %s in %q: %v", name, whose, class, err)
				if err == nil {
					require.Equal(t, person, decision.Person, name)
					require.Equal(t, role, decision.Role, name)
					require.False(t, decision.Authentication.IsZero())
				}
			}
		}
	}
}

func statusOf(guard *middleware.Guard, err error) int {
	res := serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { guard.Respond(w, r, err) }), request("GET", "/", ""))
	return res.StatusCode
}

// Rules that are wrong are no rules.
func TestA09_WrongRulesFailClosed(t *testing.T) {
	guard := newGuard(t, newSchool(t).Authenticate, middleware.Config{})
	good := grimoireauth.NewCredentials("jwt.ivy.x", "tok")
	for name, rule := range map[string]middleware.Rule{
		"zero":              {},
		"no class":          middleware.HasRole("", grimoireauth.RoleStudent),
		"no role":           middleware.HasRole(law, grimoireauth.RoleNone),
		"no CanFunc":        middleware.HasPermission(middleware.NoClass, "marks", "read"),
		"nothing":           middleware.HasPermission(nil, "marks", "read"),
		"no action":         middleware.HasPermission(middleware.NoClass, "marks", ""),
		"no age":            middleware.SignedInWithin(0),
		"Fresh without one": middleware.StytchSays(),
	} {
		_, err := guard.Decide(t.Context(), good, rule)
		require.ErrorIs(t, err, middleware.ErrMisconfigured, name)
	}
	for _, none := range []*middleware.Guard{nil, {}} {
		_, err := none.Decide(t.Context(), good)
		require.ErrorIs(t, err, middleware.ErrMisconfigured)
	}
}

// A09: a session_jwt that comes alone is a bearer token. It proves a session as long as it
// lasts and is never refreshed.
func TestA09_BearerIsNotRefreshed(t *testing.T) {
	guard := newGuard(t, newSchool(t).Authenticate, middleware.Config{})
	decision, err := guard.Decide(t.Context(), grimoireauth.NewCredentials("jwt.ada.x", ""), middleware.HasRole(law, grimoireauth.RoleStudent))
	require.NoError(t, err)
	require.Equal(t, "jwt.ada.x", decision.Authentication.JWT.Reveal())
	_, err = guard.Decide(t.Context(), grimoireauth.NewCredentials("jwt.stale.x", ""))
	require.ErrorIs(t, err, grimoireauth.ErrExpired)
}

// A server of another protocol asks for the decision that a guard would make.
func ExampleGuard_Decide() {
	guard, err := middleware.New(exampleAuth, middleware.Config{Can: permitAll})
	if err != nil {
		log.Fatal(err)
	}
	// mayMark are the rules of this service for marking in a class.
	mayMark := func(class grimoireauth.ClassID) []middleware.Rule {
		var about middleware.Known = middleware.OneClass(class)
		return []middleware.Rule{middleware.HasRole(class, grimoireauth.RoleTutor), middleware.HasPermission(about, "essay", "mark")}
	}
	for _, jwt := range []string{"ivy.i.jwt", "ada.s.jwt", ""} {
		var decision middleware.Decision
		decision, err = guard.Decide(context.Background(), grimoireauth.NewCredentials(jwt, ""), mayMark("laws1100")...)
		fmt.Println(decision.Person.Member, decision.Role, err)
	}
	// What is dangerous asks for a sign-in of the last ten minutes and for Stytch's word.
	_, err = guard.Decide(context.Background(), grimoireauth.NewCredentials("ivy.i.jwt", ""), middleware.SignedInWithin(10*time.Minute))
	fmt.Println(err)
	_, err = guard.Decide(context.Background(), grimoireauth.NewCredentials("ivy.i.jwt", ""), middleware.StytchSays())
	fmt.Println(err)
	// Output:
	// ivy instructor <nil>
	//  none not permitted
	//  none no credentials were presented
	// this needs a sign-in within the last 10m0s
	// the guard is misconfigured: invalid: Config.Fresh is missing
}
