package mock_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/mock"
)

// exampleClient is a client of this module, as an application has one.
func exampleClient(stytch *mock.Stytch) *stytchclient.Client {
	client, err := stytchclient.New(stytchclient.Config{
		ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), PublicToken: stytch.PublicToken(), BaseURL: stytch.BaseURL(), Transport: stytch,
	})
	if err != nil {
		panic(err)
	}
	return client
}

// A session to the measure of a test, in one call.
func ExampleStytch_SignIn() {
	stytch := new(mock.Stytch)
	ada := stytch.AddStudent(stytch.AddClass("LAWS1100").ID, "ada@example.edu")
	credentials := stytch.SignIn(ada,
		mock.WithRoles("tutor"), // beside the roster's, as an SSO connection can give
		mock.WithFactors(grimoireauth.Factor{Type: "password"}, grimoireauth.Factor{Type: "totp"}),
		mock.WithClaims(map[string]any{"tutorial": "Tue 10"}),
		mock.WithDuration(8*time.Hour),
		mock.WithJWTAge(6*time.Minute), // so the session_jwt has expired
	)
	session, err := exampleClient(stytch).Sessions.Authenticate(context.Background(), credentials)
	if err != nil {
		panic(err)
	}
	fmt.Println(session.Roles(), len(session.Factors()), session.ExpiresAt().Sub(session.StartedAt()))
	// Output: [stytch_member tutor] 2 8h0m0s
}

// Credentials on a request, as a browser sends them and as a program does.
func ExampleCookies() {
	stytch := new(mock.Stytch)
	credentials := stytch.SignIn(stytch.AddStudent(stytch.AddClass("LAWS1100").ID, "ada@example.edu"))
	browser, program := httptest.NewRequest("GET", "/", nil), httptest.NewRequest("GET", "/", nil)
	if err := mock.Cookies(browser, credentials); err != nil {
		panic(err)
	}
	if err := mock.Bearer(program, credentials); err != nil {
		panic(err)
	}
	fmt.Println(len(browser.Cookies()), "cookies;", len(program.Cookies()), "cookies and a header:", program.Header.Get("Authorization") != "")
	// Output: 4 cookies; 0 cookies and a header: true
}

// What an application asked, for a test that counts.
func ExampleStytch_Journal() {
	stytch := new(mock.Stytch)
	client, class := exampleClient(stytch), stytch.AddClass("LAWS1100").ID
	for range 2 {
		if _, err := client.Classes.Get(context.Background(), class); err != nil {
			panic(err)
		}
	}
	for _, request := range stytch.Journal() {
		fmt.Println(request.Endpoint, request.Status)
	}
	// Output:
	// GET /v1/b2b/organizations/{organization_id} 200
	// GET /v1/b2b/organizations/{organization_id} 200
}

// The RBAC policy of the project.
func ExampleRole() {
	stytch := &mock.Stytch{Roles: []mock.Role{{ID: "marker", Permissions: []mock.Permission{{Resource: "essay", Actions: []string{"mark"}}}}}}
	class := stytch.AddClass("LAWS1100").ID
	client, ctx := exampleClient(stytch), context.Background()
	session, err := client.Sessions.Authenticate(ctx, stytch.SignIn(stytch.AddMember(class, "max@example.edu", "marker")))
	if err != nil {
		panic(err)
	}
	fmt.Println(client.Can(ctx, session.Session, "", "essay", "mark"))
	// Output: <nil>
}

// Somebody whom the identity provider knows, and what it says of them.
func ExampleStytch_AddIdPUser() {
	stytch := new(mock.Stytch)
	class := stytch.AddClass("LAWS1100").ID
	stytch.AddStudent(class, "ada@example.edu")
	connection := stytch.AddSSO(class, "oidc", map[string]string{"affiliation": "eduPersonAffiliation"})
	stytch.AddIdPUser(mock.IdPUser{Email: "ada@example.edu", Name: "Ada Lovelace", Attributes: map[string]any{"eduPersonAffiliation": "staff"}})

	client := exampleClient(stytch)
	start, err := client.SignIn.StartSSO(stytchclient.SSOStart{Connection: stytchclient.ConnectionID(connection)})
	if err != nil {
		panic(err)
	}
	browser := http.Client{Transport: stytch, CheckRedirect: func(next *http.Request, _ []*http.Request) error {
		if next.URL.Query().Has("stytch_token_type") {
			return http.ErrUseLastResponse // here the application begins
		}
		return nil
	}}
	answer, err := browser.Get(start.URL + "&mock_persona=ada@example.edu")
	if err != nil {
		panic(err)
	}
	defer answer.Body.Close()
	back, err := answer.Location()
	if err != nil {
		panic(err)
	}
	signedIn, err := client.SignIn.WithSSO(context.Background(), stytchclient.SSOSignIn{
		Token: grimoireauth.NewSecret(back.Query().Get("token")), Verifier: start.Verifier, Class: class,
	})
	fmt.Println(signedIn.Member.Name, signedIn.Member.Status, err)
	// Output: Ada Lovelace active <nil>
}
