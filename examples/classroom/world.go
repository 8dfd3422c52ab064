package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
)

// room is a class of the demonstration.
type room struct {
	stytchclient.NewClass
	About  string // its sign-in methods, in words
	SSO    []schoolLogin
	People []person
	ID     grimoireauth.ClassID // after it was created
}

// person is a person of the demonstration. Their secrets are shown to all, so that a
// visitor can play them.
type person struct {
	stytchclient.NewMember
	Password string
	Phone    string // gets codes by SMS
	App      bool   // has an authenticator app, and recovery codes on paper
}

// schoolLogin is an identity provider of an institution.
type schoolLogin struct {
	kind stytchclient.ConnectionKind
	name string
}

// world returns the classes and their people. Iris Okafor teaches one class and studies
// in the other, which requires a second factor of all: she has a phone, Bao has an
// authenticator app, and Mina has to enroll one of them.
func world() []room {
	return []room{
		{
			NewClass: stytchclient.NewClass{Name: "Contracts, semester 1", Slug: "laws1100-s1"},
			About:    "Every way to sign in. No second factor.",
			SSO: []schoolLogin{
				{stytchclient.ConnectionSAML, "Northfield University"},
				{stytchclient.ConnectionOIDC, "Research Federation"},
			},
			People: []person{
				{NewMember: stytchclient.NewMember{Name: "Iris Okafor", Email: "iris@example.edu", Role: grimoireauth.RoleInstructor}, Password: "offer-meets-acceptance-71"},
				{NewMember: stytchclient.NewMember{Name: "Sam Lindqvist", Email: "sam@example.edu", Role: grimoireauth.RoleStudent}, Password: "snail-in-the-bottle-1932"},
				{NewMember: stytchclient.NewMember{Name: "Priya Raman", Email: "priya@example.edu", Role: grimoireauth.RoleStudent}},
				{NewMember: stytchclient.NewMember{Name: "Tomás Vega", Email: "tomas@example.edu", Role: grimoireauth.RoleTutor}},
			},
		},
		{
			NewClass: stytchclient.NewClass{Name: "Prompt writing for lawyers", Slug: "prompt-writing", Settings: grimoireauth.ClassSettings{
				Methods: []grimoireauth.SignInMethod{
					grimoireauth.MethodMagicLink, grimoireauth.MethodEmailCode, grimoireauth.MethodPassword, grimoireauth.MethodGoogle,
				},
				SecondFactorForAll: true,
			}},
			About: "A link, a code, a password or Google; then a second factor.",
			People: []person{
				{NewMember: stytchclient.NewMember{Name: "Bao Tran", Email: "bao@example.edu", Role: grimoireauth.RoleCoordinator}, Password: "carbolic-smoke-ball-1893", App: true},
				{NewMember: stytchclient.NewMember{Name: "Iris Okafor", Email: "iris@example.edu", Role: grimoireauth.RoleStudent}, Phone: "+61491570156"},
				{NewMember: stytchclient.NewMember{Name: "Mina Park", Email: "mina@example.edu", Role: grimoireauth.RoleStudent}},
			},
		},
	}
}

// seed fills Stytch through a client of its own, as a registrar's script would do the
// day before, and returns the classes.
func (d *demo) seed(ctx context.Context) ([]room, error) {
	client, err := stytchclient.New(stytchclient.Config{
		ProjectID: d.stytch.ProjectID(), Secret: d.stytch.Secret(), BaseURL: d.stytch.BaseURL(), Transport: d.stytch,
	})
	if err != nil {
		return nil, err
	}
	rooms := world()
	for i := range rooms {
		r := &rooms[i]
		class, err := client.Classes.Create(ctx, r.NewClass)
		if err != nil {
			return nil, err
		}
		r.ID = class.ID
		for _, login := range r.SSO {
			if err := d.connect(ctx, client, class.ID, login); err != nil {
				return nil, err
			}
		}
		for _, who := range r.People {
			if err := d.prepare(ctx, client, class, who); err != nil {
				return nil, fmt.Errorf("%s in %s: %w", who.Email, r.Slug, err)
			}
		}
	}
	d.seeded = len(d.stytch.Journal())
	return rooms, nil
}

// connect gives a class the login of an institution. The mock plays the identity
// provider.
func (d *demo) connect(ctx context.Context, client *stytchclient.Client, class grimoireauth.ClassID, login schoolLogin) error {
	id := stytchclient.ConnectionID(d.stytch.AddSSO(class, string(login.kind), nil))
	name := stytchclient.Set(login.name)
	var err error
	if login.kind == stytchclient.ConnectionSAML {
		_, err = client.Connections.UpdateSAML(ctx, class, id, stytchclient.SAMLChange{Name: name})
	} else {
		_, err = client.Connections.UpdateOIDC(ctx, class, id, stytchclient.OIDCChange{Name: name})
	}
	return err
}

// prepare enrols a person and does what they would have done before today: choose a
// password, set up the app on their phone.
func (d *demo) prepare(ctx context.Context, client *stytchclient.Client, class grimoireauth.Class, who person) error {
	member, err := client.Roster.Enroll(ctx, class.ID, who.NewMember)
	if err != nil {
		return err
	}
	if who.Phone != "" {
		if _, err := client.Roster.Update(ctx, class.ID, member.Member, stytchclient.MemberChange{Phone: stytchclient.Set(who.Phone)}); err != nil {
			return err
		}
	}
	if who.Password == "" && !who.App {
		return nil
	}
	// Only the person can do both, so they are signed in for a moment.
	session, err := client.Sessions.Authenticate(ctx, d.stytch.SignIn(member.Member))
	if err != nil {
		return err
	}
	if who.Password != "" {
		signedIn, err := client.Passwords.Set(ctx, session, grimoireauth.NewSecret(who.Password), stytchclient.SessionOptions{})
		if err != nil {
			return err
		}
		session = signedIn.Authentication
	}
	if who.App {
		owner := stytchclient.OwnerOf(session)
		enrollment, err := client.SecondFactors.EnrollApp(ctx, owner)
		if err != nil {
			return err
		}
		code, err := d.app.install(who.Name+", "+class.Name, enrollment)
		if err != nil {
			return err
		}
		if _, err := client.SecondFactors.WithAppCode(ctx, owner, stytchclient.FactorCode{Code: grimoireauth.NewSecret(code)}); err != nil {
			return err
		}
	}
	return client.Sessions.Revoke(ctx, session.Session)
}

// people lists who can sign in, for the terminal.
func (d *demo) people() string {
	var b strings.Builder
	for _, r := range world() {
		_, _ = fmt.Fprintf(&b, "  %s\n", r.Name)
		for _, who := range r.People {
			_, _ = fmt.Fprintf(&b, "    %-18s %-12s %s\n", who.Email, who.Role, who.Name)
		}
	}
	return b.String()
}
