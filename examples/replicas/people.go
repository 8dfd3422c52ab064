package main

import (
	"context"
	"crypto/rand"
	"fmt"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/mock"
)

// person is a person of the demonstration.
type person struct {
	Name, Email, Password string
	Role                  grimoireauth.Role
	Member                grimoireauth.MemberID
}

// seed makes a class at Stytch and the people in it, who have passwords. There are two
// instructors, since the last one of a class cannot be made a student.
func seed(ctx context.Context, stytch *mock.Stytch, url string) (grimoireauth.ClassID, []person, error) {
	client, err := stytchclient.New(stytchclient.Config{ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), BaseURL: url})
	if err != nil {
		return "", nil, err
	}
	class, err := client.Classes.Create(ctx, stytchclient.NewClass{Name: "Contracts, semester 1", Slug: "contracts-semester-1"})
	if err != nil {
		return "", nil, err
	}
	people := []person{
		{Name: "Iris Okafor", Email: "iris@example.edu", Role: grimoireauth.RoleInstructor},
		{Name: "Ada Quist", Email: "ada@example.edu", Role: grimoireauth.RoleInstructor},
		{Name: "Sam Lindqvist", Email: "sam@example.edu", Role: grimoireauth.RoleStudent},
	}
	for i := range people {
		p := &people[i]
		member, err := client.Roster.Enroll(ctx, class.ID, stytchclient.NewMember{Name: p.Name, Email: p.Email, Role: p.Role})
		if err != nil {
			return "", nil, fmt.Errorf("%s: %w", p.Email, err)
		}
		p.Member, p.Password = member.Member, rand.Text()
		// Only the person can choose a password, so they are signed in for a moment.
		session, err := client.Sessions.Authenticate(ctx, stytch.SignIn(p.Member))
		if err != nil {
			return "", nil, err
		}
		signedIn, err := client.Passwords.Set(ctx, session, grimoireauth.NewSecret(p.Password), stytchclient.SessionOptions{})
		if err != nil {
			return "", nil, err
		}
		if err := client.Sessions.Revoke(ctx, signedIn.Authentication.Session); err != nil {
			return "", nil, err
		}
	}
	return class.ID, people, nil
}
