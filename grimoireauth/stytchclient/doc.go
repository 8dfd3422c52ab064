// Package stytchclient is the client that talks to Stytch B2B about classes, rosters,
// sign-ins and sessions, in the nouns of package grimoireauth:
//
//	client, err := stytchclient.New(stytchclient.Config{ProjectID: id, Secret: secret, OnRevoke: revocations.Add})
//	class, err := client.Classes.Create(ctx, stytchclient.NewClass{Name: "LAWS1100"})
//	member, err := client.Roster.Enroll(ctx, class.ID, stytchclient.NewMember{Email: "sam@example.edu"})
//	err = client.SignIn.SendMagicLink(ctx, stytchclient.MagicLink{Class: class.ID, Email: "sam@example.edu"})
//
// A [Client] groups what it does by noun: Classes, Roster, SignIn, Sessions. It makes no
// call by itself, so it is made once and never closed, and a server starts while Stytch is
// down. Package doctor says at start-up what would lock people out.
//
// Every way to sign in returns a [SignedIn], or an error. A [*StepUpError] is a sign-in that
// is not finished: it carries a [grimoireauth.Intermediate], which is no session, and says
// what the class still asks for.
package stytchclient
