package mock_test

import (
	"context"
	"fmt"
	"net/url"

	"github.com/stytchauth/stytch-go/v16/stytch/b2b/idp/oauth"

	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/mock"
)

// A tutor lets an app of another developer read the class. Their role allows it, so they
// can grant the scope.
func ExampleStytch_AddConnectedApp() {
	stytch := &mock.Stytch{Scopes: []mock.Scope{
		{Scope: "class:read", Description: "See the class", Permissions: []mock.Permission{{Resource: "class", Actions: []string{"read"}}}},
	}}
	app := mock.ConnectedApp{Name: "Notes", RedirectURLs: []string{"https://notes.example/callback"}}
	id := stytch.AddConnectedApp(app)
	credentials := stytch.SignIn(stytch.AddMember(stytch.AddClass("LAWS1100").ID, "ada@example.edu", "tutor"))
	client, err := stytchclient.New(stytchclient.Config{
		ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), BaseURL: stytch.BaseURL(), Transport: stytch,
	})
	if err != nil {
		panic(err)
	}
	authorizations, scopes := client.Stytch().IDP.OAuth, []string{"class:read"}
	start, err := authorizations.AuthorizeStart(context.Background(), &oauth.AuthorizeStartParams{
		ClientID: id, RedirectURI: app.RedirectURLs[0], ResponseType: "code", Scopes: scopes, SessionToken: credentials.Token.Reveal(),
	})
	if err != nil {
		panic(err)
	}
	fmt.Println("consent:", start.ConsentRequired, "grantable:", start.ScopeResults[0].IsGrantable)
	done, err := authorizations.Authorize(context.Background(), &oauth.AuthorizeParams{
		ConsentGranted: true, State: "s1",
		ClientID: id, RedirectURI: app.RedirectURLs[0], ResponseType: "code", Scopes: scopes, SessionToken: credentials.Token.Reveal(),
	})
	if err != nil {
		panic(err)
	}
	to, err := url.Parse(done.RedirectURI)
	if err != nil {
		panic(err)
	}
	fmt.Println(to.Host+to.Path, to.Query().Get("state"), to.Query().Get("code") == done.AuthorizationCode)
	// Output:
	// consent: true grantable: true
	// notes.example/callback s1 true
}
