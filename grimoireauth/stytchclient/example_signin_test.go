package stytchclient_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/mock"
)

// A link by e-mail that works only in the browser that asked for it.
func ExampleSignIn() {
	stytch, client := offline()
	ctx, class := context.Background(), stytch.AddClass("Torts").ID
	stytch.AddStudent(class, "sam@example.edu")

	verifier := stytchclient.NewVerifier() // to be kept in a cookie of this browser
	if err := client.SignIn.SendMagicLink(ctx, stytchclient.MagicLink{Class: class, Email: "sam@example.edu", SameBrowser: verifier}); err != nil {
		fmt.Println(err)
		return
	}
	signedIn, err := client.SignIn.WithMagicLink(ctx, stytchclient.MagicLinkSignIn{
		Token: grimoireauth.NewSecret(stytch.Outbox()[0].Token), Verifier: verifier, Class: class,
		SignInOptions: stytchclient.SignInOptions{SessionOptions: stytchclient.SessionOptions{
			Duration: 8 * time.Hour, CustomClaims: map[string]any{"tutorial": "Tue 10"},
		}},
	})
	fmt.Println(signedIn.Member.Email, signedIn.Class.Name, err)
	fmt.Println(signedIn.ExpiresAt().Sub(signedIn.StartedAt()))
	// Output:
	// sam@example.edu Torts <nil>
	// 8h0m0s
}

// A password is set by a link, the first one as well.
func ExamplePasswords() {
	stytch, client := offline()
	ctx, class := context.Background(), stytch.AddClass("Torts").ID
	stytch.AddStudent(class, "sam@example.edu")
	first, second := grimoireauth.NewSecret("nine purple llamas dance"), grimoireauth.NewSecret("four green herons wait")

	strength := must(client.Passwords.Check(ctx, grimoireauth.NewSecret("password"), "sam@example.edu"))
	fmt.Println("good enough:", strength.OK)

	verifier := must(client.Passwords.StartReset(ctx, stytchclient.PasswordReset{Class: class, Email: "sam@example.edu"}))
	must(client.Passwords.FinishReset(ctx, stytchclient.NewPassword{
		Token: grimoireauth.NewSecret(stytch.Outbox()[0].Token), Verifier: verifier, Password: first, Class: class,
	}))
	signedIn := must(client.SignIn.WithPassword(ctx, stytchclient.PasswordSignIn{Class: class, Email: "sam@example.edu", Password: first}))
	fmt.Println(signedIn.Member.Email)

	must(client.Passwords.Change(ctx, stytchclient.PasswordChange{Class: class, Email: "sam@example.edu", Old: first, New: second}))
	_, err := client.SignIn.WithPassword(ctx, stytchclient.PasswordSignIn{Class: class, Email: "sam@example.edu", Password: first})
	fmt.Println("the old one works:", !errors.Is(err, grimoireauth.ErrWrongPassword))
	// Output:
	// good enough: false
	// sam@example.edu
	// the old one works: false
}

// browse goes to a start URL as a browser does, picks a user of the scripted
// provider, and returns what comes back.
func browse(stytch *mock.Stytch, start stytchclient.Start, idpUser string) url.Values {
	browser := http.Client{Transport: stytch, CheckRedirect: func(next *http.Request, _ []*http.Request) error {
		if next.URL.Query().Has("stytch_token_type") {
			return http.ErrUseLastResponse
		}
		return nil
	}}
	answer, err := browser.Get(start.URL + "&mock_persona=" + url.QueryEscape(idpUser))
	if err != nil {
		panic(err)
	}
	defer answer.Body.Close()
	back, err := answer.Location()
	if err != nil {
		panic(err)
	}
	return back.Query()
}

// withPublicToken returns a client that can also start sign-ins elsewhere.
func withPublicToken() (*mock.Stytch, *stytchclient.Client) {
	stytch := new(mock.Stytch)
	return stytch, must(stytchclient.New(stytchclient.Config{
		ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), PublicToken: stytch.PublicToken(), BaseURL: stytch.BaseURL(), Transport: stytch,
	}))
}

// To Google and back. The verifier stays in the browser that left.
func ExampleSignIn_WithOAuth() {
	stytch, client := withPublicToken()
	class := stytch.AddClass("Torts").ID
	stytch.AddStudent(class, "sam@example.edu")

	start := must(client.SignIn.StartOAuth(stytchclient.OAuthStart{Provider: grimoireauth.MethodGoogle, Class: class}))
	back := browse(stytch, start, "sam@example.edu")
	signedIn, err := client.SignIn.WithOAuth(context.Background(), stytchclient.OAuthSignIn{
		Token: grimoireauth.NewSecret(back.Get("token")), Verifier: start.Verifier, Class: class,
	})
	fmt.Println(signedIn.Member.Email, signedIn.Provider.Method, err)
	// Output: sam@example.edu google_oauth <nil>
}

// To the school's identity provider and back.
func ExampleSignIn_WithSSO() {
	stytch, client := withPublicToken()
	class := stytch.AddClass("Torts").ID
	stytch.AddStudent(class, "sam@example.edu")
	connection := stytchclient.ConnectionID(stytch.AddSSO(class, "oidc", nil))

	start := must(client.SignIn.StartSSO(stytchclient.SSOStart{Connection: connection}))
	back := browse(stytch, start, "sam@example.edu")
	signedIn, err := client.SignIn.WithSSO(context.Background(), stytchclient.SSOSignIn{
		Token: grimoireauth.NewSecret(back.Get("token")), Verifier: start.Verifier, Class: class,
	})
	fmt.Println(signedIn.Member.Email, signedIn.Class.Name, err)
	// Output: sam@example.edu Torts <nil>
}

// An authenticator app: enrolled while signing in, where the class asks for it.
func ExampleSecondFactors() {
	stytch, client := offline()
	ctx := context.Background()
	class := stytch.AddClass("Torts", mock.Settings{"mfa_policy": "REQUIRED_FOR_ALL"}).ID
	sam := stytch.AddStudent(class, "sam@example.edu")
	if err := client.SignIn.SendMagicLink(ctx, stytchclient.MagicLink{Class: class, Email: "sam@example.edu"}); err != nil {
		fmt.Println(err)
		return
	}
	_, err := client.SignIn.WithMagicLink(ctx, stytchclient.MagicLinkSignIn{Token: grimoireauth.NewSecret(stytch.Outbox()[0].Token)})
	var stepUp *stytchclient.StepUpError
	if !errors.As(err, &stepUp) {
		fmt.Println(err)
		return
	}
	app := must(client.SecondFactors.EnrollApp(ctx, stepUp.Owner()))
	fmt.Println(app.URI, len(app.RecoveryCodes), "recovery codes")
	signedIn, err := client.SecondFactors.WithAppCode(ctx, stepUp.Owner(), stytchclient.FactorCode{Code: grimoireauth.NewSecret(stytch.TOTPCode(sam))})
	fmt.Println(len(signedIn.Factors()), "factors", err)
	// Later, in the live session.
	left := must(client.SecondFactors.RecoveryCodes(ctx, signedIn.Authentication))
	fmt.Println(len(left), "are left")
	// Output:
	// [secret] 10 recovery codes
	// 2 factors <nil>
	// 10 are left
}

// An app for a member who is signed in, in a class that does not ask for one.
func ExampleOwnerOf() {
	stytch, client := offline()
	sam := stytch.AddStudent(stytch.AddClass("Torts").ID, "sam@example.edu")
	session := must(client.Sessions.Authenticate(context.Background(), stytch.SignIn(sam)))

	app, err := client.SecondFactors.EnrollApp(context.Background(), stytchclient.OwnerOf(session))
	fmt.Println(app.URI, len(app.RecoveryCodes), "recovery codes", err)
	// Output: [secret] 10 recovery codes <nil>
}

// Tokens of others: an application of the project's, a system of the school, and
// the system that signed people in before.
func ExampleSignIn_WithTrustedToken() {
	stytch, client := offline()
	ctx, class := context.Background(), stytch.AddClass("Torts").ID
	sam := stytch.AddStudent(class, "sam@example.edu")

	one := must(client.SignIn.WithAccessToken(ctx, stytchclient.AccessToken{Token: stytch.ForeignToken(sam, mock.AccessToken), Class: class}))
	two := must(client.SignIn.WithTrustedToken(ctx, stytchclient.TrustedToken{
		Token: stytch.ForeignToken(sam, mock.TrustedAuthToken), Profile: mock.TrustedProfile, Class: class,
	}))
	three := must(client.SignIn.WithOtherSession(ctx, stytchclient.OtherSession{Token: stytch.ForeignToken(sam, mock.ExternalSession), Class: class}))
	fmt.Println(one.Member.Email, two.Member.Email, three.Member.Email)
	// Output: sam@example.edu sam@example.edu sam@example.edu
}
