package main

import (
	"errors"
	"net/http"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
)

// problems are the possible errors of an invitation, by the code in the address.
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
		List    list
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
	page.People, page.List = onePage(r, "Name, e-mail or role", page.People, func(m grimoireauth.Member) []string {
		return []string{m.Name, m.Email, m.Role.String()}
	})
	show(w, http.StatusOK, "roster", page)
}

func (c *classroom) invite(w http.ResponseWriter, r *http.Request) {
	instructor, ok := grimoireauth.InstructorFromContext(r.Context())
	if !ok {
		c.guard.Respond(w, r, grimoireauth.ErrForbidden)
		return
	}
	back := "/classes/" + string(instructor.Class) + "/roster"
	// The role comes from this list: a form must not give a higher role than that of
	// its sender.
	role, ok := map[string]grimoireauth.Role{"student": grimoireauth.RoleStudent, "tutor": grimoireauth.RoleTutor}[r.PostFormValue("role")]
	if !ok {
		http.Redirect(w, r, back+"?problem=role", http.StatusSeeOther)
		return
	}
	member, err := c.client.Roster.Invite(r.Context(), instructor.Class, stytchclient.Invitation{
		NewMember:   stytchclient.NewMember{Email: r.PostFormValue("email"), Name: r.PostFormValue("name"), Role: role},
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
