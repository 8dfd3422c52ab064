package control

import (
	"bytes"
	"cmp"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// shown bounds the lists of the page, so that it stays one that a person reads.
const shown = 100

// pageContent is what GET / shows, copied under the lock.
type pageContent struct {
	Project, PublicToken, URL string
	Now                       time.Time
	Counts                    pageCounts
	Classes                   []pageClass
	MoreClasses               int
	Sessions                  []pageSession
	MoreSessions              int
	Outbox                    []state.Message // newest first
	MoreOutbox                int
	Journal                   []Request // newest first
	MoreJournal               int
	Faults                    []Fault
}

// pageCounts are how many there are, shown or not.
type pageCounts struct{ Classes, Members, Sessions, Outbox, Journal int }

type pageClass struct {
	Name, Slug, ID string
	Notes          []string // settings that differ from Stytch's defaults
	Members        []pageMember
	More           int
}

type pageMember struct {
	Name, Email, ID, Status string
	Roles                   []string
	Sessions                int
}

type pageSession struct {
	Email, Class, ID   string
	Roles, Factors     []string
	Started, ExpiresAt time.Time
}

//go:embed pages
var pageFiles embed.FS

var pageTemplate = template.Must(template.New("control.html").Funcs(template.FuncMap{
	"stamp":  func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
	"clock":  func(t time.Time) string { return t.UTC().Format("15:04:05") },
	"left":   func(t, now time.Time) string { return inWords(t.Sub(now)) },
	"ago":    func(t, now time.Time) string { return inWords(now.Sub(t)) },
	"words":  func(kind string) string { return strings.ReplaceAll(kind, "_", " ") },
	"role":   func(id string) string { return strings.TrimPrefix(id, "stytch_") },
	"failed": func(r Request) bool { return r.Status == 0 || r.Status >= 400 },
}).ParseFS(pageFiles, "pages/control.html"))

// inWords is a length of time in its largest unit.
func inWords(d time.Duration) string {
	d = max(d, 0)
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}

func (p Plane) page(w http.ResponseWriter, r *http.Request) {
	var out bytes.Buffer
	if err := pageTemplate.Execute(&out, p.content()); err != nil {
		panic("mock: cannot write the page: " + err.Error())
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if r.Method != http.MethodHead {
		_, _ = w.Write(out.Bytes()) // an error means that the browser went away
	}
}

func icon(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "image/svg+xml")
	http.ServeFileFS(w, r, pageFiles, "pages/icon.svg")
}

func controlStyle(w http.ResponseWriter, r *http.Request) {
	http.ServeFileFS(w, r, pageFiles, "pages/control.css")
}

func (p Plane) content() pageContent {
	p.Server.Mu.Lock()
	defer p.Server.Mu.Unlock()
	c := p.Server.NewCall()
	journal := p.Journal()
	out := pageContent{Faults: p.Faults(), Project: p.Server.ProjectID, PublicToken: p.Server.PublicToken, URL: p.Server.Base, Now: c.Now}
	perMember := make(map[*state.Member]int)
	for _, session := range p.Server.State.Sessions {
		if _, err := c.Alive(session); err == nil {
			perMember[p.Server.State.Member(session.MemberID)]++
			out.Sessions = append(out.Sessions, p.onPage(session))
		}
	}
	slices.SortFunc(out.Sessions, func(a, b pageSession) int {
		return cmp.Or(b.Started.Compare(a.Started), strings.Compare(a.ID, b.ID))
	})
	var members int
	out.Classes, members = p.classes(perMember)
	out.Counts = pageCounts{len(out.Classes), members, len(out.Sessions), len(p.Server.State.Outbox), len(journal)}
	out.Sessions, out.MoreSessions = firstOf(out.Sessions)
	out.Classes, out.MoreClasses = firstOf(out.Classes)
	out.Outbox, out.MoreOutbox = firstOf(newestFirst(p.Server.State.Outbox))
	out.Journal, out.MoreJournal = firstOf(newestFirst(journal))
	return out
}

// pageClasses returns the organizations with their members, and how many members
// there are in all.
func (p Plane) classes(sessions map[*state.Member]int) ([]pageClass, int) {
	members := make(map[*state.Organization][]pageMember)
	all := 0
	for _, m := range p.Server.State.Members {
		if m.Status == state.StatusDeleted {
			continue
		}
		all++
		members[p.Server.State.Org(m.OrganizationID)] = append(members[p.Server.State.Org(m.OrganizationID)], pageMember{
			Name: m.Name, Email: m.Email, ID: m.ID, Status: m.Status, Roles: besidesMember(p.Server.State.RoleIDs(m)), Sessions: sessions[m],
		})
	}
	var out []pageClass
	for _, o := range p.Server.State.Organizations {
		class := pageClass{Name: o.Name, Slug: o.Slug, ID: o.ID, Notes: notes(o.Settings)}
		if o.SCIM != nil {
			class.Notes = append(class.Notes, "SCIM of "+o.SCIM.IdentityProvider+", token …"+o.SCIM.Bearer.LastFour())
		}
		class.Members, class.More = firstOf(members[o])
		out = append(out, class)
	}
	return out, all
}

// notes are the settings that decide about access, where they are not Stytch's
// defaults.
func notes(s wire.Settings) []string {
	var out []string
	if s.MFAPolicy == wire.MFAForAll {
		out = append(out, "second factor for all")
	}
	if s.AuthMethods == wire.Restricted {
		out = append(out, "only "+strings.Join(s.AllowedAuthMethods, ", "))
	}
	if s.EmailJITProvisioning == wire.Restricted {
		out = append(out, "open to "+strings.Join(s.EmailAllowedDomains, ", "))
	}
	if s.EmailInvites != wire.AllAllowed {
		out = append(out, "invitations "+strings.ToLower(strings.ReplaceAll(s.EmailInvites, "_", " ")))
	}
	return out
}

func (p Plane) onPage(session *state.Session) pageSession {
	m := p.Server.State.Member(session.MemberID)
	out := pageSession{
		Email: m.Email, Class: p.Server.State.Org(m.OrganizationID).Name, ID: session.ID,
		Roles: besidesMember(p.Server.State.SessionRoles(session)), Started: session.StartedAt, ExpiresAt: session.ExpiresAt,
	}
	for _, f := range session.Factors {
		out.Factors = append(out.Factors, f.Kind)
	}
	return out
}

// besidesMember leaves out the role that all members have.
func besidesMember(roles []string) []string {
	return slices.DeleteFunc(slices.Clone(roles), func(id string) bool { return id == wire.RoleMember })
}

func newestFirst[T any](list []T) []T {
	out := slices.Clone(list)
	slices.Reverse(out)
	return out
}

// firstOf returns as many as the page shows, and how many more there are.
func firstOf[T any](list []T) ([]T, int) {
	n := min(len(list), shown)
	return list[:n], len(list) - n
}
