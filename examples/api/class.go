package main

import (
	"encoding/json"
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// me is the caller's role in a class. All of it comes from their token, so it is served
// during an outage of Stytch, too.
type me struct {
	Class     grimoireauth.ClassID  `json:"class"`
	Slug      string                `json:"slug"`
	Member    grimoireauth.MemberID `json:"member"`
	Role      string                `json:"role"`
	SignedOut time.Time             `json:"session_expires_at"`
}

func (a *api) class(w http.ResponseWriter, r *http.Request) {
	person, role, ok := grimoireauth.RoleFromContext(r.Context())
	session, signedIn := grimoireauth.SessionFromContext(r.Context())
	if !ok || !signedIn { // the guard has answered
		a.guard.Respond(w, r, grimoireauth.ErrNoCredentials)
		return
	}
	a.answer(w, r, http.StatusOK, me{
		Class: person.Class, Slug: session.OrganizationSlug(),
		Member: person.Member, Role: role.String(), SignedOut: session.ExpiresAt(),
	})
}

// line is one member in the roster.
type line struct {
	Member grimoireauth.MemberID     `json:"member"`
	Name   string                    `json:"name"`
	Email  string                    `json:"email"`
	Role   string                    `json:"role"`
	Status grimoireauth.MemberStatus `json:"status"`
}

// roster calls Stytch, so an outage is a 503 here.
func (a *api) roster(w http.ResponseWriter, r *http.Request) {
	by, ok := grimoireauth.InstructorFromContext(r.Context())
	if !ok {
		a.guard.Respond(w, r, grimoireauth.ErrForbidden)
		return
	}
	lines := []line{}
	for member, err := range a.client.Roster.Members(r.Context(), by.Class) {
		if err != nil {
			a.refuse(w, r, err)
			return
		}
		lines = append(lines, line{member.Member, member.Name, member.Email, member.Role.String(), member.Status})
	}
	a.answer(w, r, http.StatusOK, map[string][]line{"roster": lines})
}

// announcement is what was released to a class.
type announcement struct {
	Title string                `json:"title"`
	By    grimoireauth.MemberID `json:"by"`
	At    time.Time             `json:"at"`
}

const (
	maxBody  = 4 << 10
	maxTitle = 200 // characters
)

// release cannot be undone, so its route asks Stytch first: an instructor who was
// demoted a moment ago is rejected.
func (a *api) release(w http.ResponseWriter, r *http.Request) {
	by, ok := grimoireauth.InstructorFromContext(r.Context())
	if !ok {
		a.guard.Respond(w, r, grimoireauth.ErrForbidden)
		return
	}
	var in struct {
		Title string `json:"title"`
	}
	body := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	body.DisallowUnknownFields()
	if err := body.Decode(&in); err != nil || body.More() || in.Title == "" || utf8.RuneCountInString(in.Title) > maxTitle {
		a.guard.Respond(w, r, grimoireauth.ErrInvalid)
		return
	}
	out := a.board.publish(by, in.Title)
	a.answer(w, r, http.StatusCreated, out)
}
