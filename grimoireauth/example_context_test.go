package grimoireauth_test

import (
	"context"
	"fmt"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// What a guard puts into a request's context, and what a handler reads there. In a
// test of a handler this stands in the place of the guard.
// must returns the value: what these examples do cannot fail.
func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func ExampleContextWithRole() {
	session := must(grimoireauth.NewSession(grimoireauth.SessionFields{ID: "session", Member: "ines", Organization: "laws1100"}))
	authentication := grimoireauth.Authentication{Session: session, Credentials: grimoireauth.NewCredentials("a.b.c", "")}
	who := grimoireauth.Person{Member: "ines", Class: "laws1100"}
	ctx := grimoireauth.ContextWithRole(grimoireauth.ContextWithAuthentication(context.Background(), authentication), who, grimoireauth.RoleInstructor)

	person, role, ok := grimoireauth.RoleFromContext(ctx)
	fmt.Println(person.Member, role, ok)
	instructor, ok := grimoireauth.InstructorFromContext(ctx)
	fmt.Println(instructor.Class, ok)
	_, ok = grimoireauth.StudentFromContext(ctx)
	fmt.Println("a student:", ok)
	// Output:
	// ines instructor true
	// laws1100 true
	// a student: false
}

// The answer to "who is this?", and what a request's context tells of it.
func ExampleAuthentication() {
	// What an AuthFunc returns, such as that of a client or of a verifier.
	authentication := grimoireauth.Authentication{
		Session:     must(grimoireauth.NewSession(grimoireauth.SessionFields{ID: "session", Member: "sam", Organization: "torts", OrganizationSlug: "torts"})),
		Credentials: grimoireauth.Credentials{Token: grimoireauth.NewSecret("session_token")},
		Source:      grimoireauth.SourceRemote,
	}
	fmt.Println(authentication.OrganizationSlug(), authentication.Source, authentication.IsZero())

	ctx := grimoireauth.ContextWithAuthentication(context.Background(), authentication)
	found, ok := grimoireauth.AuthenticationFromContext(ctx)
	session, _ := grimoireauth.SessionFromContext(ctx)
	fmt.Println(ok, session.ID() == found.ID())
	_, _, decided := grimoireauth.RoleFromContext(ctx)
	fmt.Println("a role:", decided) // nobody has said for which class

	ctx = grimoireauth.ContextWithRole(ctx, grimoireauth.Person{Member: session.Member(), Class: "torts"}, grimoireauth.RoleStudent)
	student, ok := grimoireauth.StudentFromContext(ctx)
	fmt.Println(student.Class, ok)
	// Output:
	// torts remote false
	// true true
	// a role: false
	// torts true
}

// Credentials come from a request and go on to the next service. They do not show
// themselves on the way.
func ExampleCredentials() {
	credentials := grimoireauth.NewCredentials("header.payload.signature", "")
	fmt.Println(credentials.IsZero(), credentials.Token.IsZero())
	fmt.Println(credentials.JWT)
	_, ok := grimoireauth.CredentialsFromContext(context.Background())
	fmt.Println("signed in:", ok)
	// The proof of a pending sign-in is none of them.
	fmt.Println(grimoireauth.Intermediate{Token: grimoireauth.NewSecret("intermediate_session_token")}.Token)
	// Output:
	// false true
	// [secret]
	// signed in: false
	// [secret]
}

// An AuthFunc of one's own that extends sessions leaves alone those of connections that
// are merely open.
func ExampleContextUnattended() {
	extend := func(ctx context.Context) {
		fmt.Println("extended:", !grimoireauth.UnattendedFromContext(ctx))
	}
	extend(context.Background())
	extend(grimoireauth.ContextUnattended(context.Background()))
	// Output:
	// extended: true
	// extended: false
}
