package control

import (
	"bytes"
	"cmp"
	"embed"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// pageContent is what GET / shows, copied under the lock.
type pageContent struct {
	Project, PublicToken, URL string
	Now                       time.Time
	Query                     string // what all lists are filtered for
	Counts                    pageCounts
	Class                     string // the only one that is shown; empty: all
	Classes                   []pageClass
	ClassList                 list
	Sessions                  []pageSession
	SessionList               list
	Outbox                    []state.Message // newest first
	OutboxList                list
	Journal                   []Request // newest first
	JournalList               list
	SendsWebhooks             bool
	Webhooks                  []WebhookAttempt // newest first
	WebhookList               list
	Faults                    []Fault
}

// pageCounts are how many there are, shown or not.
type pageCounts struct{ Classes, Members, Sessions, Outbox, Journal, Webhooks int }

type pageClass struct {
	Name, Slug, ID string
	Notes          []string // settings that differ from Stytch's defaults
	Members        []pageMember
	MemberList     list
	More           string // the address of all members; empty: they are here
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
	if err := pageTemplate.Execute(&out, p.content(r.URL.Query())); err != nil {
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

func (p Plane) content(query url.Values) pageContent {
	p.Server.Mu.Lock()
	defer p.Server.Mu.Unlock()
	c := p.Server.NewCall()
	journal, webhooks := newestFirst(p.Journal()), newestFirst(p.Webhooks())
	out := pageContent{
		Faults: p.Faults(), Project: p.Server.ProjectID, PublicToken: p.Server.PublicToken, URL: p.Server.Base, Now: c.Now,
		Query: strings.TrimSpace(query.Get("q")), SendsWebhooks: len(p.Server.Webhooks) > 0,
	}
	perMember := make(map[*state.Member]int)
	var sessions []pageSession
	for _, session := range p.Server.State.Sessions {
		if _, err := c.Alive(session); err == nil {
			perMember[p.Server.State.Member(session.MemberID)]++
			sessions = append(sessions, p.onPage(session))
		}
	}
	slices.SortFunc(sessions, func(a, b pageSession) int {
		return cmp.Or(b.Started.Compare(a.Started), strings.Compare(a.ID, b.ID))
	})
	classes, members := p.classes(perMember)
	out.Counts = pageCounts{len(classes), members, len(sessions), len(p.Server.State.Outbox), len(journal), len(webhooks)}
	if i := slices.IndexFunc(classes, func(one pageClass) bool { return one.Slug == query.Get("class") }); i >= 0 {
		classes, out.Class = classes[i:i+1], classes[i].Name
	}
	out.Classes, out.ClassList = classPage(query, classes)
	out.Sessions, out.SessionList = onePage(query, "sessions", sessions, pageSession.texts)
	out.Outbox, out.OutboxList = onePage(query, "outbox", newestFirst(p.Server.State.Outbox), func(m state.Message) []string {
		return []string{m.To, m.Channel, m.Kind, m.Code}
	})
	out.Journal, out.JournalList = onePage(query, "journal", journal, func(r Request) []string {
		return []string{r.Method + " " + r.Path, r.Endpoint, strconv.Itoa(r.Status), r.ErrorType}
	})
	out.Webhooks, out.WebhookList = onePage(query, "webhooks", webhooks, func(a WebhookAttempt) []string {
		return []string{a.EventType, a.URL, a.ID, a.Failed, string(a.Body)}
	})
	return out
}

// classPage returns the classes that the query asks for. A class matches the filter, or
// some of its members do, and then only these are shown.
func classPage(query url.Values, classes []pageClass) ([]pageClass, list) {
	var found []pageClass
	for _, class := range classes {
		if !matches(query, class.Name, class.Slug, class.ID) {
			class.Members = slices.DeleteFunc(class.Members, func(m pageMember) bool { return !matches(query, m.texts()...) })
			if len(class.Members) == 0 {
				continue
			}
		}
		found = append(found, class)
	}
	unfiltered := maps.Clone(query) // the filter has been applied
	delete(unfiltered, "q")
	rows, l := onePage(unfiltered, "classes", found, nil)
	for i := range rows {
		class := &rows[i]
		alone := query.Get("class") == class.Slug
		at := url.Values{}
		if alone {
			at = unfiltered
		}
		class.Members, class.MemberList = onePage(at, "members", class.Members, nil)
		if !alone && class.MemberList.Several() {
			class.More = "/?" + url.Values{"class": {class.Slug}}.Encode() + "#classes"
		}
	}
	if query.Has("q") {
		for _, to := range []*string{&l.Earlier, &l.Later} {
			*to = strings.Replace(*to, "/?", "/?"+url.Values{"q": query["q"]}.Encode()+"&", 1)
		}
	}
	return rows, l
}

// classes returns the organizations with all their members, and how many members there
// are.
func (p Plane) classes(sessions map[*state.Member]int) ([]pageClass, int) {
	all := 0
	var out []pageClass
	for _, o := range p.Server.State.Organizations {
		class := pageClass{Name: o.Name, Slug: o.Slug, ID: o.ID, Notes: notes(o.Settings)}
		for _, m := range p.Server.State.Roster(o).Members {
			if m.Status == state.StatusDeleted {
				continue
			}
			class.Members = append(class.Members, pageMember{
				Name: m.Name, Email: m.Email, ID: m.ID, Status: m.Status, Roles: besidesMember(p.Server.State.RoleIDs(m)), Sessions: sessions[m],
			})
		}
		all += len(class.Members)
		out = append(out, class)
	}
	return out, all
}

func (m pageMember) texts() []string {
	return append([]string{m.Name, m.Email, m.ID, m.Status}, m.Roles...)
}

func (s pageSession) texts() []string {
	return slices.Concat([]string{s.Email, s.Class, s.ID}, s.Roles, s.Factors)
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
