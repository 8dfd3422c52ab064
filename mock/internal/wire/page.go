package wire

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"strings"
)

// Page is the answer of a page for people.
type Page struct {
	Envelope
	Body string
}

func (p *Page) response(status int) Response {
	return Response{
		Status: status,
		Header: http.Header{
			"Content-Type":            {"text/html; charset=utf-8"},
			"Cache-Control":           {"no-store"},
			"Referrer-Policy":         {"no-referrer"},
			"X-Content-Type-Options":  {"nosniff"},
			"Content-Security-Policy": {"default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'none'"},
		},
		Body: []byte(p.Body),
	}
}

// PageHead is the icon and the style sheet of the pages of the scripted identity provider.
const PageHead = `<link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Ccircle cx='8' cy='8' r='8' fill='%23174ea6'/%3E%3Cpath d='M8 4a2 2 0 0 0-1 3.7L6.2 12h3.6L9 7.7A2 2 0 0 0 8 4z' fill='%23fff'/%3E%3C/svg%3E">
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
</style>`

// WantsPage reports whether a request is a browser's that goes to an address.
func WantsPage(h http.Header) bool { return strings.Contains(h.Get("Accept"), "text/html") }

// AsPage is a refusal as a page for people, with the status and the error type of the
// response that a program gets.
func AsPage(refused Response) Response {
	var said errorBody
	if err := json.Unmarshal(refused.Body, &said); err != nil {
		panic("mock: a refusal is no JSON: " + err.Error()) // it was made by ErrorResponse
	}
	page := Page{Body: fmt.Sprintf(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>The sign-in cannot go on (mock)</title>%s</head><body><main>
<h1>The sign-in cannot go on</h1>
<p>%s</p>
<p><small>%d %s</small></p>
<p>Go back to the page on which you began, and begin again.</p>
</main></body></html>
`, PageHead, html.EscapeString(said.ErrorMessage), refused.Status, html.EscapeString(refused.ErrorType))}
	out := page.response(refused.Status)
	out.ErrorType = refused.ErrorType
	if allow := refused.Header["Allow"]; allow != nil {
		out.Header["Allow"] = allow
	}
	return out
}
