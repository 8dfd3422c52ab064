package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/jwtlocal"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/middleware/signin"
)

// classroom is the application: the four parts of the library, put together.
type classroom struct {
	options
	client   *stytchclient.Client
	verifier *jwtlocal.Verifier
	guard    *middleware.Guard
	signin   http.Handler
	rooms    []room // of the demonstration; with the real Stytch the classes of the options are used

	known   sync.Map // ClassID -> Class: pages show names during an outage of Stytch, too
	several sync.Map // MemberID -> bool: whether the person is in other classes, too
}

func newClassroom(ctx context.Context, o options) (*classroom, error) {
	revocations := new(jwtlocal.MemoryRevocations)
	clientConfig := o.client()
	clientConfig.OnRevoke, clientConfig.Observe = revocations.Add, alarms
	client, clientErr := stytchclient.New(clientConfig)
	config := jwtlocal.Config{
		ProjectID: o.projectID, BaseURL: o.stytchURL, Transport: o.transport,
		Revocations: revocations, Observe: alarms,
	}
	if client != nil {
		config.Refresh = client.Sessions.Authenticate
	}
	verifier, verifierErr := jwtlocal.New(config)
	if err := errors.Join(clientErr, verifierErr); err != nil {
		return nil, err
	}
	room := &classroom{options: o, client: client, verifier: verifier}
	guard, err := middleware.New(verifier.Authenticate, middleware.Config{
		SignInURL:    "/auth/",
		SessionMarks: client.SessionMarks(),
		Respond:      room.respond,
		// The page is served on http://127.0.0.1, where a Secure cookie is refused
		// by some browsers. Behind TLS, leave this out.
		InsecureCookies: true,
	})
	if err != nil {
		return nil, err
	}
	room.guard = guard
	pages := signin.Config{
		BaseURL:   o.url,
		Class:     classWanted,
		Discovery: true,
		ClassName: room.className,
		OnSignIn:  room.remember,
		Pages:     room.signInPages(),
	}
	if o.demo != nil {
		pages.Limit = unlimited{}
	}
	room.signin, err = signin.New(guard, client, pages)
	if err != nil {
		return nil, err
	}
	if o.demo != nil {
		if room.rooms, err = o.demo.seed(ctx); err != nil {
			return nil, fmt.Errorf("seed the demonstration: %w", err)
		}
		for _, r := range room.rooms {
			room.known.Store(r.ID, grimoireauth.Class{ID: r.ID, Name: r.Name, Slug: r.Slug})
		}
	}
	return room, nil
}

// classWanted returns the class to sign in to: the one that was chosen, or the one
// whose page redirected to the sign-in page.
func classWanted(r *http.Request) grimoireauth.ClassID {
	if class := r.Form.Get("class"); class != "" {
		return grimoireauth.ClassID(class)
	}
	rest, ok := strings.CutPrefix(r.Form.Get("return_to"), "/classes/")
	if !ok {
		return ""
	}
	class, _, _ := strings.Cut(rest, "/")
	return grimoireauth.ClassID(class)
}

// alarms logs what only an operator can correct.
func alarms(ctx context.Context, event grimoireauth.Event) {
	if alarm, ok := event.(grimoireauth.OperatorAlarm); ok {
		slog.ErrorContext(ctx, alarm.Problem, "err", alarm.Err)
	}
}

// handler returns every route. Routes that are not named in Protect need a session,
// also those that are added later.
func (c *classroom) handler() http.Handler {
	class := middleware.PathClass("class")
	students := c.guard.InClass(class, grimoireauth.RoleStudent)
	instructors := c.guard.InClass(class, grimoireauth.RoleInstructor)

	mux := http.NewServeMux()
	mux.Handle("GET /{$}", c.guard.Load(http.HandlerFunc(c.home)))
	mux.Handle("/auth/", c.signin)
	mux.Handle("GET /classes/{class}", students(http.HandlerFunc(c.class)))
	mux.Handle("GET /classes/{class}/roster", instructors(http.HandlerFunc(c.roster)))
	mux.Handle("POST /classes/{class}/invitations", instructors(http.HandlerFunc(c.invite)))
	public := append(publicFiles(mux), "GET /{$}", "/auth/")
	if c.demo != nil {
		public = append(public, c.demoRoutes(mux)...)
	}
	mux.Handle("/", c.noPage(mux))
	// Forms of other sites must not use our cookies.
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(http.HandlerFunc(c.foreignForm))
	return protection.Handler(c.guard.Protect(mux, public...))
}

// remember stores, while Stytch can be reached, whether the person is in several
// classes, so that the header can offer to switch. If that cannot be found out, the
// sign-in goes on.
func (c *classroom) remember(ctx context.Context, signedIn stytchclient.SignedIn) error {
	found, err := c.client.Discovery.List(ctx, signedIn.Credentials)
	if err != nil {
		slog.WarnContext(ctx, "other classes unknown", "member", signedIn.Session.Member(), "err", err)
		return nil
	}
	c.several.Store(signedIn.Session.Member(), len(found.Classes) > 1)
	return nil
}

// about returns the class. Its name is looked up once; if that fails, the slug in the
// session is shown.
func (c *classroom) about(ctx context.Context, id grimoireauth.ClassID) grimoireauth.Class {
	if class, ok := c.known.Load(id); ok {
		return class.(grimoireauth.Class)
	}
	class, err := c.client.Classes.Get(ctx, id)
	if err != nil {
		slog.WarnContext(ctx, "class name unknown", "class", id, "err", err)
		class = grimoireauth.Class{ID: id, Name: string(id)}
		if session, ok := grimoireauth.SessionFromContext(ctx); ok && string(session.Organization()) == string(id) {
			class.Name = session.OrganizationSlug()
		}
		return class
	}
	c.known.Store(id, class)
	return class
}

// className returns the name of a class, an id or a slug, if it is known.
func (c *classroom) className(class string) string {
	name := ""
	c.known.Range(func(id, known any) bool {
		if known := known.(grimoireauth.Class); string(id.(grimoireauth.ClassID)) == class || known.Slug == class {
			name = known.Name
		}
		return name == ""
	})
	return name
}

// announce prints what to do next.
func (c *classroom) announce(w io.Writer, url string) {
	if c.demo == nil {
		_, _ = fmt.Fprintf(w, "The classroom is at %s\nwith the Stytch project %s.\nTry next: register a redirect URL in the Stytch dashboard,\n%s/auth/callback\n", url, c.projectID, url)
		return
	}
	_, _ = fmt.Fprintf(w, "The classroom is at %s\n\nStytch is in this program's memory: nothing leaves this machine.\nWho can sign in:\n\n%s\nTry next: open the address, sign in as one of them, and read their e-mail and\ntext messages at %s/outbox\nStop with Ctrl-C.\n", url, c.demo.people(), url)
}
