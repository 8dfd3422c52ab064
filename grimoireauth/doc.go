// Package grimoireauth holds the nouns of a library that signs students and instructors
// into classes with Stytch B2B, whose Organizations are the classes and whose Members are
// the people. It imports the standard library only. Package stytchclient is the client:
//
//	client, err := stytchclient.New(stytchclient.Config{ProjectID: id, Secret: secret, OnRevoke: revocations.Add})
//	class, err := client.Classes.Create(ctx, stytchclient.NewClass{Name: "LAWS1100"})
//	member, err := client.Roster.Enroll(ctx, class.ID, stytchclient.NewMember{Email: "sam@example.edu"})
//	err = client.SignIn.SendMagicLink(ctx, stytchclient.MagicLink{Class: class.ID, Email: "sam@example.edu"})
//
// A [Session] is what a session_jwt or an answer of Stytch attests; the [Credentials] that
// prove it are apart from it. The sentinel errors decide and an [*Error] explains: only
// [ErrSessionEnded] is a reason to delete cookies. The packages of this module meet in
// function types: [AuthFunc], [RoleFunc], [CanFunc], [OnRevoke] and [Observe].
package grimoireauth
