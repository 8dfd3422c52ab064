package main

import (
	"cmp"
	"net/http"
	"slices"

	"github.com/promptgrimoire/auth/mock"
)

// letter is a message of the outbox with a heading.
type letter struct {
	mock.Message
	About string
	SMS   bool
	Whose string // of an SMS: the name behind the number, if it is one of ours
}

// headings are the headings of messages, by their kind at Stytch.
var headings = map[string]string{
	"login":          "Sign in to your class",
	"signup":         "Sign in to your class",
	"invite":         "You are invited to a class",
	"discovery":      "Find your classes",
	"password_reset": "Set a password",
	"mfa":            "Your second factor",
}

func (c *classroom) outbox(w http.ResponseWriter, r *http.Request) {
	page := struct {
		frame
		Messages []letter
		List     list
	}{frame: c.frame(r)}
	for _, message := range slices.Backward(c.demo.stytch.Outbox()) {
		l := letter{Message: message, About: cmp.Or(headings[message.Kind], message.Kind), SMS: message.Channel == "sms"}
		for _, room := range c.rooms {
			for _, who := range room.People {
				if l.SMS && who.Phone == message.To {
					l.Whose = who.Name
				}
			}
		}
		page.Messages = append(page.Messages, l)
	}
	page.Messages, page.List = onePage(r, "Address or number", page.Messages, func(l letter) []string {
		return []string{l.To, l.Whose, l.About}
	})
	show(w, http.StatusOK, "outbox", page)
}
