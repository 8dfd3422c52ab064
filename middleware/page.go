package middleware

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"html/template"
	"net/http"
)

// pageStyle is the style of the page that a browser gets instead of a problem in JSON. The
// page needs no script and loads nothing, so its Content-Security-Policy allows nothing but
// this style and the icon, which stands in the page: without one a browser requests
// /favicon.ico, which may be closed to people who are not signed in.
const pageStyle = `:root{color-scheme:light dark}
body{margin:0;min-height:100vh;display:grid;place-items:center;font:1.05rem/1.6 system-ui,sans-serif;background:#f4f2ee;color:#1d1b16}
main{box-sizing:border-box;min-width:0;max-width:32rem;padding:clamp(1rem,6vw,2rem);overflow-wrap:anywhere}
h1{font-size:1.5rem;line-height:1.3;margin:0 0 .5rem}
a{color:#174ea6}
@media(prefers-color-scheme:dark){body{background:#191816;color:#f1eee6}a{color:#a8c7fa}}`

var page = template.Must(template.New("refusal").Parse(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>{{.Title}}</title>
<link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Ccircle cx='8' cy='8' r='8' fill='%23174ea6'/%3E%3Cpath d='M8 4a2 2 0 0 0-1 3.7L6.2 12h3.6L9 7.7A2 2 0 0 0 8 4z' fill='%23fff'/%3E%3C/svg%3E">
<style>` + pageStyle + `</style>
</head>
<body>
<main>
<h1>{{.Title}}</h1>
<p>{{.Detail}}</p>
{{if eq .Way "sign in"}}<p>Nothing was saved. {{if .SignIn}}<a href="{{.SignIn}}" target="_blank" rel="noopener">Sign in in another tab</a>{{else}}Sign in in another tab{{end}}, then come back here and reload this page: your browser asks, and sends what you entered again.</p>
{{- else if eq .Way "wait"}}<p>Nothing was saved. Reload this page in {{.Wait}}: your browser asks, and sends what you entered again.</p>
{{- else if eq .Way "send"}}<p>Nothing was saved. To send it as yourself, reload this page: your browser asks, and sends it again.</p>
{{- else if eq .Way "again"}}<p><a href="">Try again</a> in {{.Wait}}.</p>
{{- else}}<p><a href="/">To the first page</a></p>{{end}}
</main>
</body>
</html>
`))

var pagePolicy = func() string {
	sum := sha256.Sum256([]byte(pageStyle))
	return "default-src 'none'; img-src data:; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}()

// remedyOn returns which remedy the page offers. The address of a posted form may have no
// page, so no link leads there; a reload sends the form again.
func remedyOn(w http.ResponseWriter, r *http.Request, refusal refusal) string {
	posted := unsafeMethod(r.Method)
	switch {
	case refusal.err == ErrOtherPersonsForm:
		return "send"
	case refusal.passes() && posted:
		return "wait"
	case refusal.passes():
		return "again"
	case refusal.status == http.StatusUnauthorized && posted && !wantsBearer(w.Header()):
		return "sign in"
	}
	return "home"
}

// secondsIn returns a Retry-After in words.
func secondsIn(retryAfter string) string {
	switch retryAfter {
	case "":
		return "a moment"
	case "1":
		return "a second"
	}
	return retryAfter + " seconds"
}

// writePage writes the refusal as a page.
func writePage(w http.ResponseWriter, r *http.Request, refusal refusal, signInURL string) {
	var body bytes.Buffer
	err := page.Execute(&body, struct{ Title, Detail, Way, SignIn, Wait string }{
		refusal.title, refusal.detail, remedyOn(w, r, refusal), signInInOtherTab(r, signInURL), secondsIn(w.Header().Get("Retry-After")),
	})
	if err != nil {
		http.Error(w, http.StatusText(refusal.status), refusal.status)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", pagePolicy)
	write(w, r, refusal.status, body.Bytes())
}
