package oauth

import (
	"html/template"
	"net/url"
	"slices"
	"strings"

	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// maxChoices bounds the page. Another address can be typed in.
const maxChoices = 50

// ShowIdP is the page on which a person picks who to be. Members of the
// organization come first, then the personas.
func ShowIdP(c *core.Request) (wire.Success, error) {
	h, err := c.VisitOf()
	if err != nil {
		return nil, err
	}
	type choice struct{ Name, Email, Link string }
	link := func(name, value string) string {
		return "/mock/idp/callback?" + url.Values{"state": {h.State}, name: {value}}.Encode()
	}
	view := struct {
		Provider, Organization, State, Cancel, Fail string
		Choices                                     []choice
	}{Provider: h.Provider, State: h.State, Cancel: link("error", "access_denied"), Fail: link("error", "server_error")}
	if name := state.ProviderNames[h.Provider]; name != "" {
		view.Provider = name
	}
	add := func(name, email string) {
		if !slices.ContainsFunc(view.Choices, func(other choice) bool { return wire.SameEmail(other.Email, email) }) && len(view.Choices) < maxChoices {
			view.Choices = append(view.Choices, choice{name, email, link("persona", email)})
		}
	}
	if h.OrganizationID != "" {
		view.Organization = c.State.Org(h.OrganizationID).Name
	}
	members := c.State.Members
	if h.OrganizationID != "" {
		members = c.State.Roster(c.State.Org(h.OrganizationID)).Members
	}
	for _, m := range members {
		if m.Status != state.StatusDeleted {
			add(m.Name, m.Email)
		}
		if len(view.Choices) == maxChoices {
			break
		}
	}
	for _, p := range c.State.IdPUsers {
		add(p.Name, p.Email)
	}
	var out strings.Builder
	if err := idpTemplate.Execute(&out, view); err != nil {
		return nil, err // a mistake in the template, which a test would show
	}
	return &wire.Page{Body: out.String()}, nil
}

var idpTemplate = template.Must(template.New("idp").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sign in with {{.Provider}} (mock)</title>
` + wire.PageHead + `</head><body><main>
<h1>Sign in with {{.Provider}}</h1>
<p>This is a mock: it asks for no password.{{with .Organization}} You are signing in to <strong>{{.}}</strong>.{{end}}</p>
<ul>{{range .Choices}}<li><a href="{{.Link}}">{{if .Name}}{{.Name}}<small>{{.Email}}</small>{{else}}{{.Email}}{{end}}</a></li>{{end}}</ul>
<form action="/mock/idp/callback"><input type="hidden" name="state" value="{{.State}}">
<label for="persona">Another person</label><input id="persona" name="persona" type="email" autocomplete="off" placeholder="name@example.edu" required>
<button>Sign in with this address</button></form>
<ul><li><a href="{{.Cancel}}">Cancel</a></li><li><a href="{{.Fail}}">Let the provider fail</a></li></ul>
</main></body></html>
`))
