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
<link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Ccircle cx='8' cy='8' r='8' fill='%23174ea6'/%3E%3Cpath d='M8 4a2 2 0 0 0-1 3.7L6.2 12h3.6L9 7.7A2 2 0 0 0 8 4z' fill='%23fff'/%3E%3C/svg%3E">
<style>
:root{color-scheme:light dark}
body{overflow-wrap:anywhere;font:1rem/1.5 system-ui,sans-serif;max-width:28rem;margin:0 auto;padding:1.5rem;color:#1c1e21;background:#f6f7f9}
main{background:#fff;border:1px solid #d8dbe0;border-radius:.75rem;padding:1.25rem}
h1{font-size:1.3rem;margin:0 0 .25rem}p{margin:.25rem 0 1rem}ul{list-style:none;margin:0 0 1rem;padding:0}
li a,button{display:block;width:100%;box-sizing:border-box;margin:.5rem 0;padding:.7rem .9rem;border:1px solid #8a93a0;border-radius:.5rem;color:inherit;background:#fff;text-decoration:none;font:inherit;text-align:left;overflow-wrap:anywhere}
li a:hover,li a:focus-visible,button:hover,button:focus-visible{border-color:#0b57d0;outline:2px solid #0b57d0}
@media(prefers-color-scheme:dark){body{color:#e6eaf0;background:#12161c}main{background:#1b2129;border-color:#313a46}li a,button,input{color:#e6eaf0;background:#222a34}}
small{color:#4a5260;display:block}input{font:inherit;width:100%;box-sizing:border-box;padding:.6rem;border:1px solid #8a93a0;border-radius:.5rem}
@media(prefers-color-scheme:dark){small{color:#a5afbe}}
</style></head><body><main>
<h1>Sign in with {{.Provider}}</h1>
<p>This is a mock: it asks for no password.{{with .Organization}} You are signing in to <strong>{{.}}</strong>.{{end}}</p>
<ul>{{range .Choices}}<li><a href="{{.Link}}">{{if .Name}}{{.Name}}<small>{{.Email}}</small>{{else}}{{.Email}}{{end}}</a></li>{{end}}</ul>
<form action="/mock/idp/callback"><input type="hidden" name="state" value="{{.State}}">
<label for="persona">Another person</label><input id="persona" name="persona" type="email" autocomplete="off" placeholder="name@example.edu" required>
<button>Sign in with this address</button></form>
<ul><li><a href="{{.Cancel}}">Cancel</a></li><li><a href="{{.Fail}}">Let the provider fail</a></li></ul>
</main></body></html>
`))
