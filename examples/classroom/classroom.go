package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/jwtlocal"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/middleware/signin"
)

// classroom is the application: the four parts of the library, put together.
type classroom struct {
	options
	client   *grimoireauth.Client
	verifier *jwtlocal.Verifier
	guard    *middleware.Guard
	signin   http.Handler

	known sync.Map // ClassID -> Class: pages show names also while Stytch is down
}

func newClassroom(ctx context.Context, o options) (*classroom, error) {
	cutoffs := new(jwtlocal.MemoryCutoffs)
	client, clientErr := grimoireauth.New(grimoireauth.Config{
		ProjectID: o.projectID, Secret: o.secret, BaseURL: o.stytchURL, Transport: o.transport,
		Cut: cutoffs.Cut, Observe: alarms,
	})
	config := jwtlocal.Config{
		ProjectID: o.projectID, BaseURL: o.stytchURL, Transport: o.transport,
		Cutoffs: cutoffs, Observe: alarms,
	}
	if client != nil {
		config.Refresh = client.Sessions.Authenticate
	}
	verifier, verifierErr := jwtlocal.New(config)
	if err := errors.Join(clientErr, verifierErr); err != nil {
		return nil, err
	}
	guard, err := middleware.New(verifier.Authenticate, middleware.Config{
		SignInURL: "/auth/",
		// The page is served on http://127.0.0.1, where a Secure cookie is refused
		// by some browsers. Behind TLS, leave this out and set HostPrefix.
		InsecureCookies: true,
	})
	if err != nil {
		return nil, err
	}
	room := &classroom{options: o, client: client, verifier: verifier, guard: guard}
	room.signin, err = signin.New(guard, client, signin.Config{
		BaseURL: o.url,
		Class:   classWanted,
		Pages:   signInPages(o.demo),
	})
	if err != nil {
		return nil, err
	}
	if o.demo != nil {
		if room.classes, err = o.demo.seed(ctx, client); err != nil {
			return nil, fmt.Errorf("seed the demonstration: %w", err)
		}
	}
	return room, nil
}

// classWanted says which class somebody wants to sign in to: the one they chose,
// or the one whose page they were sent away from.
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

// alarms writes down what only an operator can put right.
func alarms(ctx context.Context, event grimoireauth.Event) {
	if alarm, ok := event.(grimoireauth.OperatorAlarm); ok {
		slog.ErrorContext(ctx, alarm.Problem, "err", alarm.Err)
	}
}

// handler returns every route. Those that are not named in Protect need a
// session, also those that somebody adds next year.
func (c *classroom) handler() http.Handler {
	class := middleware.PathClass("class")
	students := c.guard.InClass(class, grimoireauth.RoleStudent)
	instructors := c.guard.InClass(class, grimoireauth.RoleInstructor)

	mux := http.NewServeMux()
	mux.Handle("GET /{$}", c.guard.Load(http.HandlerFunc(c.home)))
	mux.HandleFunc("GET /style.css", serveStyle)
	mux.Handle("/auth/", c.signin)
	mux.Handle("GET /classes/{class}", students(http.HandlerFunc(c.class)))
	mux.Handle("GET /classes/{class}/roster", instructors(http.HandlerFunc(c.roster)))
	mux.Handle("POST /classes/{class}/invitations", instructors(http.HandlerFunc(c.invite)))
	public := []string{"GET /{$}", "GET /style.css", "/auth/"}
	if c.demo != nil {
		mux.Handle("GET /outbox", c.guard.Load(http.HandlerFunc(c.outbox)))
		mux.HandleFunc("POST /demo/stale", c.stale)
		public = append(public, "GET /outbox")
	}
	// Forms of other sites must not act with our cookies.
	return http.NewCrossOriginProtection().Handler(c.guard.Protect(mux, public...))
}

func (c *classroom) frame(r *http.Request) frame {
	_, signedIn := grimoireauth.SessionFromContext(r.Context())
	f := frame{SignedIn: signedIn}
	if c.demo != nil {
		f.Demo, f.Mail = true, len(c.demo.stytch.Outbox())
	}
	return f
}

// about returns the class. Its name is asked for once; while it cannot be had,
// the slug from the session has to do.
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

func (c *classroom) home(w http.ResponseWriter, r *http.Request) {
	type card struct {
		grimoireauth.Class
		People []grimoireauth.Member // who can sign in, shown in the demonstration only
	}
	page := struct {
		frame
		MyClass grimoireauth.OrganizationID
		Classes []card
	}{frame: c.frame(r)}
	if session, ok := grimoireauth.SessionFromContext(r.Context()); ok {
		page.MyClass = session.Organization()
	}
	for _, id := range c.classes {
		shown := card{Class: c.about(r.Context(), id)}
		if c.demo != nil {
			for member, err := range c.client.Roster.Members(r.Context(), id) {
				if err != nil {
					c.guard.Respond(w, r, err)
					return
				}
				shown.People = append(shown.People, member)
			}
		}
		page.Classes = append(page.Classes, shown)
	}
	show(w, http.StatusOK, "home", page)
}

func (c *classroom) class(w http.ResponseWriter, r *http.Request) {
	authentication, _ := grimoireauth.AuthenticationFromContext(r.Context())
	person, role, _ := grimoireauth.RoleFromContext(r.Context())
	_, teaches := grimoireauth.InstructorFromContext(r.Context())
	digest := sha256.Sum256([]byte(authentication.JWT.Reveal()))
	show(w, http.StatusOK, "class", struct {
		frame
		Class       grimoireauth.Class
		Member      grimoireauth.MemberID
		Role        grimoireauth.Role
		Teaches     bool
		Weeks       []string
		Source      string
		Fingerprint string
		SessionEnds string
	}{
		frame: c.frame(r), Class: c.about(r.Context(), person.Class), Member: person.Member, Role: role, Teaches: teaches,
		Weeks:       []string{"What a prompt is, and what it is not", "Giving an example", "Asking for the reasons", "Marking each other's prompts"},
		Source:      authentication.Source.String(),
		Fingerprint: hex.EncodeToString(digest[:6]),
		SessionEnds: authentication.ExpiresAt().Local().Format("2 January 15:04"),
	})
}

// problems are what can be wrong with an invitation, by the code in the address.
var problems = map[string]string{
	"known":   "That person is in the class already.",
	"address": "That is not an e-mail address. It has the form name@example.edu.",
	"role":    "People can be invited as student or tutor.",
	"refused": "The class does not allow invitations to that address.",
}

func (c *classroom) roster(w http.ResponseWriter, r *http.Request) {
	instructor, _ := grimoireauth.InstructorFromContext(r.Context())
	page := struct {
		frame
		Class   grimoireauth.Class
		People  []grimoireauth.Member
		Invited string
		Problem string
	}{frame: c.frame(r), Class: c.about(r.Context(), instructor.Class), Problem: problems[r.URL.Query().Get("problem")]}
	invited := grimoireauth.MemberID(r.URL.Query().Get("invited"))
	for member, err := range c.client.Roster.Members(r.Context(), instructor.Class) {
		if err != nil {
			c.guard.Respond(w, r, err)
			return
		}
		page.People = append(page.People, member)
		if member.Member == invited {
			page.Invited = member.Email
		}
	}
	show(w, http.StatusOK, "roster", page)
}

func (c *classroom) invite(w http.ResponseWriter, r *http.Request) {
	instructor, ok := grimoireauth.InstructorFromContext(r.Context())
	if !ok {
		c.guard.Respond(w, r, grimoireauth.ErrForbidden)
		return
	}
	back := "/classes/" + string(instructor.Class) + "/roster"
	// The role is chosen from a list of ours: a form must not make anybody more
	// than the person who sends it.
	role, ok := map[string]grimoireauth.Role{"student": grimoireauth.RoleStudent, "tutor": grimoireauth.RoleTutor}[r.PostFormValue("role")]
	if !ok {
		http.Redirect(w, r, back+"?problem=role", http.StatusSeeOther)
		return
	}
	member, err := c.client.Roster.Invite(r.Context(), instructor.Class, grimoireauth.Invitation{
		NewMember:   grimoireauth.NewMember{Email: r.PostFormValue("email"), Name: r.PostFormValue("name"), Role: role},
		By:          instructor.Member,
		RedirectURL: c.url + "/auth/callback",
	})
	problem := ""
	switch {
	case err == nil:
		http.Redirect(w, r, back+"?invited="+string(member.Member), http.StatusSeeOther)
		return
	case errors.Is(err, grimoireauth.ErrConflict):
		problem = "known"
	case errors.Is(err, grimoireauth.ErrInvalid):
		problem = "address"
	case errors.Is(err, grimoireauth.ErrForbidden):
		problem = "refused"
	default:
		c.guard.Respond(w, r, err)
		return
	}
	http.Redirect(w, r, back+"?problem="+problem, http.StatusSeeOther)
}

// announce tells whoever started the program what to do next.
func (c *classroom) announce(w io.Writer, url string) {
	if c.demo == nil {
		_, _ = fmt.Fprintf(w, "The classroom is at %s, with the Stytch project %s.\nRegister %s/auth/callback as a redirect URL in the Stytch dashboard.\n", url, c.projectID, url)
		return
	}
	_, _ = fmt.Fprintf(w, "The classroom is at %s\n\nStytch is in this program's memory: nothing leaves this machine.\nWho can sign in:\n\n%s\nTheir e-mail arrives at %s/outbox. Stop with Ctrl-C.\n", url, c.demo.people(), url)
}
