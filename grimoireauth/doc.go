// Package grimoireauth signs students and instructors into classes with Stytch
// B2B, whose Organizations are our classes and whose Members are our people.
//
//	client, err := grimoireauth.New(grimoireauth.Config{ProjectID: id, Secret: secret, Cut: cutoffs.Cut})
//	class, err := client.Classes.Create(ctx, grimoireauth.NewClass{Name: "LAWS1100"})
//	member, err := client.Roster.Enroll(ctx, class.ID, grimoireauth.NewMember{Email: "sam@example.edu"})
//	err = client.SignIn.SendMagicLink(ctx, grimoireauth.MagicLink{Class: class.ID, Email: "sam@example.edu"})
//
// A stytchclient.Client groups what it does by noun: Classes, Roster, SignIn, Sessions. It does
// nothing by itself, so it is made once and never closed, and a server starts while
// Stytch is down. stytchclient.Doctor says at start-up what would lock people out.
//
// # Who somebody is
//
// A [Session] is what a session_jwt or an answer of Stytch attests. The
// [Credentials] that prove it are apart from it, and a [Secret] prints under no
// verb. A [Person] is a member in a class; a [Student] and an [Instructor] carry in
// their type what a guard has found, so that a function can ask for one. A [Role] is
// ordered, a [RoleTable] maps Stytch's role ids to it, and what nobody knows grants
// nothing.
//
// # Signing in
//
// Every way to sign in returns a stytchclient.SignedIn, or an error. A *stytchclient.StepUpError is a
// sign-in that is half done: it carries an [Intermediate], which is no session, and
// says what the class still wants.
//
// # Errors
//
// The sentinels decide and an [*Error] explains. [ErrUnauthenticated] says that
// credentials prove nobody; only [ErrSessionEnded] below it is a reason to delete
// cookies. [ErrUnavailable] and [ErrRateLimited] say that nobody could find out, and
// nothing may be concluded. Texts of errors name no secret and nobody.
//
// # Beside other packages
//
// The packages of this module meet in function types that are declared here:
// [AuthFunc] (whose credentials are these?), [RoleFunc] (what are they in this
// class?), [CanFunc] (are they permitted?), [Cut] (who is told that tokens are
// worthless?) and [Observe] (who wants to know what happened?). Package jwtlocal
// answers the first locally, package middleware asks them for each request, and
// each can be replaced by a function of one's own.
package grimoireauth
