package docs_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/jwtlocal"
	"github.com/promptgrimoire/auth/mock"
)

// fromEnvironment is how a server talks to the real Stytch.
func fromEnvironment(cutoffs *jwtlocal.MemoryCutoffs) (*grimoireauth.Client, *jwtlocal.Verifier, error) {
	client, err := grimoireauth.New(grimoireauth.Config{
		ProjectID:   os.Getenv("STYTCH_PROJECT_ID"),
		Secret:      grimoireauth.NewSecret(os.Getenv("STYTCH_SECRET")),
		PublicToken: os.Getenv("STYTCH_PUBLIC_TOKEN"), // only for OAuth and SSO
		Cut:         cutoffs.Cut,
	})
	if err != nil {
		return nil, nil, err // every fault at once: missing ids, test and live mixed up
	}
	verifier, err := jwtlocal.New(jwtlocal.Config{
		ProjectID: os.Getenv("STYTCH_PROJECT_ID"),
		Refresh:   client.Sessions.Authenticate,
		Cutoffs:   cutoffs,
	})
	return client, verifier, err
}

// firstClass makes a class and its first instructor.
func firstClass(ctx context.Context, client *grimoireauth.Client) (grimoireauth.Class, error) {
	class, err := client.Classes.Create(ctx, grimoireauth.NewClass{Name: "LAWS1100 Contracts, 2026 S1"})
	if err != nil {
		return grimoireauth.Class{}, err
	}
	_, err = client.Roster.Invite(ctx, class.ID, grimoireauth.Invitation{NewMember: grimoireauth.NewMember{
		Email: "ines@example.edu", Name: "Ines", Role: grimoireauth.RoleInstructor,
	}})
	return class, err
}

// singleSignOn connects a class with the identity provider of its school.
func singleSignOn(ctx context.Context, client *grimoireauth.Client, class grimoireauth.ClassID, secret grimoireauth.Secret) (grimoireauth.Connection, error) {
	connections := client.SignIn.Connections
	made, err := connections.CreateOIDC(ctx, class, grimoireauth.NewConnection{Name: "School account"})
	if err != nil {
		return grimoireauth.Connection{}, err
	}
	// made.AnswerURL goes to the administrator of the identity provider, who
	// gives an issuer, a client id and a client secret in return.
	return connections.UpdateOIDC(ctx, class, made.ID, grimoireauth.OIDCChange{
		Issuer:       grimoireauth.Set("https://login.example.edu"),
		ClientID:     grimoireauth.Set("classes"),
		ClientSecret: grimoireauth.Set(secret),
	})
}

// checked says, before anybody is served, what would lock people out.
func checked(ctx context.Context, config grimoireauth.Config, classes ...grimoireauth.ClassID) error {
	diagnosis := grimoireauth.Doctor(ctx, config, grimoireauth.Checkup{Classes: classes})
	fmt.Print(diagnosis)
	return diagnosis.Err() // nil if Stytch could not be asked: a server should start all the same
}

func Example_doctor() {
	stytch := new(mock.Stytch)
	err := checked(context.Background(), grimoireauth.Config{
		ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), BaseURL: stytch.BaseURL(), Transport: stytch,
	})
	fmt.Println(err)
	// Output:
	// ok       configuration  ids, secret and base URL are those of a test project
	// ok       keys           the key set verifies session_jwts (keys: 1)
	// ok       secret         Stytch takes the project's id and secret
	// ok       roles          the RBAC policy has every role of the role table
	// unknown  limits         no call of Stytch's tells whether user locks are on, nor which rate limits this project has
	//                         -> Look in the Stytch dashboard. Without user locks, only package signin limits wrong codes and passwords, in each process by itself.
	// 4 ok, 0 warning, 0 fault, 1 unknown
	// <nil>
}

func Example_gettingStarted() {
	if _, _, err := fromEnvironment(new(jwtlocal.MemoryCutoffs)); err != nil && os.Getenv("STYTCH_PROJECT_ID") != "" {
		log.Fatal(err)
	}
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
