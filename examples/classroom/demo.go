package main

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/mock"
)

// demo is what the offline demonstration has and a deployment has not: Stytch in
// memory, an outbox that can be looked into, and a way to make a session_jwt old.
type demo struct{ stytch *mock.Stytch }

func newDemo(url string) *demo {
	return &demo{stytch: &mock.Stytch{RedirectURLs: []string{url + "/auth/callback"}}}
}

// start makes the links in the e-mails work, on a port of their own as with the
// real Stytch, and returns how to stop that.
func (d *demo) start() (stop func()) {
	_, stop = d.stytch.Start()
	return stop
}

func (d *demo) options() options {
	return options{
		url:       strings.TrimSuffix(d.stytch.RedirectURLs[0], "/auth/callback"),
		projectID: d.stytch.ProjectID(),
		secret:    d.stytch.Secret(),
		stytchURL: d.stytch.BaseURL(),
		transport: d.stytch,
		demo:      d,
	}
}

// seeds are the classes of the demonstration. Iris Okafor teaches one and studies
// in the other.
var seeds = []struct {
	name   string
	slug   string
	people []grimoireauth.NewMember
}{
	{"Contracts, semester 1", "laws1100-s1", []grimoireauth.NewMember{
		{Name: "Iris Okafor", Email: "iris@example.edu", Role: grimoireauth.RoleInstructor},
		{Name: "Sam Lindqvist", Email: "sam@example.edu", Role: grimoireauth.RoleStudent},
		{Name: "Priya Raman", Email: "priya@example.edu", Role: grimoireauth.RoleStudent},
		{Name: "Tomás Vega", Email: "tomas@example.edu", Role: grimoireauth.RoleTutor},
	}},
	{"Prompt writing for lawyers", "prompt-writing", []grimoireauth.NewMember{
		{Name: "Bao Tran", Email: "bao@example.edu", Role: grimoireauth.RoleCoordinator},
		{Name: "Iris Okafor", Email: "iris@example.edu", Role: grimoireauth.RoleStudent},
		{Name: "Mina Park", Email: "mina@example.edu", Role: grimoireauth.RoleStudent},
	}},
}

// seed fills Stytch through the client, as a registrar's script would.
func (d *demo) seed(ctx context.Context, client *grimoireauth.Client) ([]grimoireauth.ClassID, error) {
	var ids []grimoireauth.ClassID
	for _, s := range seeds {
		class, err := client.Classes.Create(ctx, grimoireauth.NewClass{Name: s.name, Slug: s.slug})
		if err != nil {
			return nil, err
		}
		for _, who := range s.people {
			if _, err := client.Roster.Enroll(ctx, class.ID, who); err != nil {
				return nil, err
			}
		}
		ids = append(ids, class.ID)
	}
	return ids, nil
}

// people lists who can sign in, for the terminal.
func (d *demo) people() string {
	var b strings.Builder
	for _, s := range seeds {
		_, _ = fmt.Fprintf(&b, "  %s\n", s.name)
		for _, who := range s.people {
			_, _ = fmt.Fprintf(&b, "    %-18s %-12s %s\n", who.Email, who.Role, who.Name)
		}
	}
	return b.String()
}

// letter is a message of the outbox with a heading for people.
type letter struct {
	mock.Message
	About string
}

func (c *classroom) outbox(w http.ResponseWriter, r *http.Request) {
	page := struct {
		frame
		Messages []letter
	}{frame: c.frame(r)}
	for _, message := range slices.Backward(c.demo.stytch.Outbox()) {
		about := map[string]string{"login": "Your link to sign in", "signup": "Your link to sign in", "invite": "You are invited to a class"}[message.Kind]
		page.Messages = append(page.Messages, letter{message, cmp.Or(about, message.Kind)})
	}
	show(w, http.StatusOK, "outbox", page)
}

// stale swaps the session_jwt in the visitor's cookie for one that Stytch signed
// an hour ago, which is what a student's browser holds after lunch.
func (c *classroom) stale(w http.ResponseWriter, r *http.Request) {
	authentication, ok := grimoireauth.AuthenticationFromContext(r.Context())
	if !ok {
		c.guard.Respond(w, r, grimoireauth.ErrNoCredentials)
		return
	}
	authentication.Credentials = c.demo.stytch.Stale(authentication.Credentials)
	if err := c.guard.SetCookies(w, authentication); err != nil {
		c.guard.Respond(w, r, err)
		return
	}
	back, _ := middleware.ReturnTo(r.PostFormValue("return_to"))
	http.Redirect(w, r, cmp.Or(back, "/"), http.StatusSeeOther)
}
