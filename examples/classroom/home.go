package main

import (
	"net/http"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
)

// home shows the classes, and in the demonstration the people that a visitor can play.
func (c *classroom) home(w http.ResponseWriter, r *http.Request) {
	page := struct {
		frame
		MyClass     grimoireauth.OrganizationID
		MyClassName string
		Rooms       []room
	}{frame: c.frame(r), Rooms: c.rooms}
	if session, ok := grimoireauth.SessionFromContext(r.Context()); ok {
		page.MyClass = session.Organization()
		page.MyClassName = c.about(r.Context(), grimoireauth.ClassID(page.MyClass)).Name
	}
	for _, id := range c.classes {
		class := c.about(r.Context(), id)
		page.Rooms = append(page.Rooms, room{ID: id, NewClass: stytchclient.NewClass{Name: class.Name, Slug: class.Slug}})
	}
	show(w, http.StatusOK, "home", page)
}
