package docs_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/doctor"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/jwtlocal"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/middleware/signin"
	"github.com/promptgrimoire/auth/mock"
)

// fromEnvironment makes a service for the real Stytch.
func fromEnvironment(see grimoireauth.Observe) (*http.Server, error) {
	return newService(stytchclient.Config{
		ProjectID:   os.Getenv("STYTCH_PROJECT_ID"),
		Secret:      grimoireauth.NewSecret(os.Getenv("STYTCH_SECRET")),
		PublicToken: os.Getenv("STYTCH_PUBLIC_TOKEN"), // only for OAuth and SSO
	}, "https://classes.example.edu", see)
}

// newService makes a whole service, with the settings of a real one.
func newService(project stytchclient.Config, address string, see grimoireauth.Observe) (*http.Server, error) {
	revocations := new(jwtlocal.MemoryRevocations) // what was revoked here; replicas share revocations of their own
	project.OnRevoke = revocations.Add
	project.Observe = see
	project.SessionDuration = 8 * time.Hour // zero: Stytch's 60 minutes
	client, err := stytchclient.New(project)
	if err != nil {
		return nil, err // all faults at once: missing ids, a mixture of test and live
	}
	verifier, err := jwtlocal.New(jwtlocal.Config{
		ProjectID: project.ProjectID, BaseURL: project.BaseURL, Transport: project.Transport,
		Refresh:     client.Sessions.Authenticate,
		Revocations: revocations,   // without them a logout takes effect when the session_jwt expires
		OutageGrace: 2 * time.Hour, // zero: while Stytch is down an expired session_jwt is 503
		Observe:     see,
	})
	if err != nil {
		return nil, err
	}
	guard, err := middleware.New(verifier.Authenticate, middleware.Config{
		Can:           client.Can,                // for guard.Can, which panics without it
		Fresh:         verifier.Refresh,          // for guard.Fresh, which panics without it
		SignInURL:     "/auth/",                  // to which browsers are redirected; empty: they get 401
		Revoke:        client.Sessions.Revoke,    // a sign-in ends the session that the browser had
		Watch:         verifier.Watch,            // streams end at once when their session does
		SessionMarks:  client.SessionMarks(),     // strangers cannot use up the limits of signed-in people
		ClientAddress: middleware.ForwardedFor(), // a proxy on this machine; nil: there is none
	})
	if err != nil {
		return nil, err
	}
	pages, err := signin.New(guard, client, signin.Config{BaseURL: address})
	if err != nil {
		return nil, err
	}

	mux := routes(guard)
	mux.Handle("/auth/", pages)
	server := &http.Server{
		Addr:              "127.0.0.1:8080",
		Handler:           http.NewCrossOriginProtection().Handler(guard.Protect(mux, "GET /{$}", "GET /healthz", "/auth/")),
		ReadHeaderTimeout: 10 * time.Second,
		MaxHeaderBytes:    64 << 10,
	}
	server.RegisterOnShutdown(guard.EndWatches) // Shutdown ends streams
	return server, nil
}

// firstClass makes a class and its first instructor.
func firstClass(ctx context.Context, client *stytchclient.Client) (grimoireauth.Class, error) {
	class, err := client.Classes.Create(ctx, stytchclient.NewClass{Name: "LAWS1100 Contracts, 2026 S1"})
	if err != nil {
		return grimoireauth.Class{}, err
	}
	_, err = client.Roster.Invite(ctx, class.ID, stytchclient.Invitation{NewMember: stytchclient.NewMember{
		Email: "ines@example.edu", Name: "Ines", Role: grimoireauth.RoleInstructor,
	}})
	return class, err
}

// singleSignOn connects a class with the identity provider of its school.
func singleSignOn(ctx context.Context, client *stytchclient.Client, class grimoireauth.ClassID, secret grimoireauth.Secret) (stytchclient.Connection, error) {
	connections := client.Connections
	made, err := connections.CreateOIDC(ctx, class, stytchclient.NewConnection{Name: "School account"})
	if err != nil {
		return stytchclient.Connection{}, err
	}
	// made.AnswerURL goes to the administrator of the identity provider, who
	// gives an issuer, a client id and a client secret in return.
	return connections.UpdateOIDC(ctx, class, made.ID, stytchclient.OIDCChange{
		Issuer:       stytchclient.Set("https://login.example.edu"),
		ClientID:     stytchclient.Set("classes"),
		ClientSecret: stytchclient.Set(secret),
	})
}

// checked prints, before the server starts, the settings that would lock people out.
func checked(ctx context.Context, config stytchclient.Config, classes ...grimoireauth.ClassID) error {
	diagnosis := doctor.Check(ctx, config, doctor.Options{Classes: classes})
	fmt.Print(diagnosis)
	return diagnosis.Err() // nil if Stytch could not be asked: a server should start all the same
}

func Example_doctor() {
	stytch := new(mock.Stytch)
	err := checked(context.Background(), stytchclient.Config{
		ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), BaseURL: stytch.BaseURL(), Transport: stytch,
	})
	fmt.Println(err)
	// Output:
	// ok       configuration: ids, secret and base URL are those of a test project
	// ok       keys: the key set verifies session_jwts (keys: 1)
	// ok       secret: Stytch takes the project's id and secret
	// ok       roles: the RBAC policy has every role of the role table
	// unknown  limits: no call of Stytch's tells whether user locks are on, nor which
	//          rate limits this project has
	//          -> Look in the Stytch dashboard. Without user locks, only package
	//             signin limits wrong codes and passwords, in each process by itself.
	// 4 ok, 0 warning, 0 fault, 1 unknown
	// <nil>
}

var _ = fromEnvironment

// The whole service, with the in-memory Stytch in place of the real one: the routes of
// the guide and the pages to sign in are there, and nothing panics.
func Example_service() {
	stytch := new(mock.Stytch)
	server, err := newService(stytchclient.Config{
		ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), PublicToken: stytch.PublicToken(),
		BaseURL: stytch.BaseURL(), Transport: stytch,
	}, "https://classes.example.edu", nil)
	if err != nil {
		log.Fatal(err)
	}
	class := stytch.AddClass("LAWS1100").ID
	ines := stytch.SignIn(stytch.AddInstructor(class, "ines@example.edu"))
	ask := func(method, path string, credentials grimoireauth.Credentials) *httptest.ResponseRecorder {
		request := httptest.NewRequest(method, path, nil)
		request.Header.Set("Accept", "text/html")
		request.Header.Set("Sec-Fetch-Mode", "navigate")
		if err := mock.Cookies(request, credentials); err != nil {
			log.Fatal(err)
		}
		answer := httptest.NewRecorder()
		server.Handler.ServeHTTP(answer, request)
		return answer
	}
	stranger := ask("GET", "/me", grimoireauth.Credentials{})
	fmt.Println("a stranger is led to", stranger.Header().Get("Location"))
	fmt.Println("the sign-in page:", ask("GET", "/auth/", grimoireauth.Credentials{}).Code)
	fmt.Println("an instructor releases:", ask("POST", "/classes/"+string(class)+"/release", ines).Code)
	// Output:
	// a stranger is led to /auth/?return_to=%2Fme
	// the sign-in page: 200
	// an instructor releases: 200
}

func Example_gettingStarted() {
	ctx, s := context.Background(), newSchool(nil)
	class, err := firstClass(ctx, s.client)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(class.Slug, "has sent", len(s.stytch.Outbox()), s.stytch.Outbox()[0].Kind)
	connection, err := singleSignOn(ctx, s.client, class.ID, grimoireauth.NewSecret("from the identity provider"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(connection.Kind, connection.Issuer)
	// Output:
	// laws1100-contracts-2026-s1 has sent 1 invite
	// oidc https://login.example.edu
}
