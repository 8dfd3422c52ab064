package signin

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"strings"
)

// PageNames returns the names of the templates that Config.Pages must have.
//
// To begin: "sign-in" (the ways of a class), "which-class", "sent" (look into your
// mail), "code" (the code in it), "confirm" (one button), "account" (the link was for
// another address than the one that was asked for, or was not asked for in this
// browser), "new-password". To go on:
// "classes" (which of these?), "factor" (the second factor), "enrol" (set an
// authenticator app up). To end: "sign-out" (one button), "signed-out", which links
// the style sheet {{.Prefix}}signed-out.css: that is what keeps the button "back" from
// showing pages of the class. In between: "message", which says why there is nothing
// else here, and leads on.
func PageNames() []string {
	return []string{
		"sign-in", "which-class", "sent", "code", "confirm", "account", "new-password",
		"classes", "factor", "enrol",
		"sign-out", "signed-out", "message",
	}
}

//go:embed pages
var pageFiles embed.FS

// DefaultPages returns the built-in pages, to be changed and given to Config.Pages:
// an application that only wants its own frame redefines the templates "top" (all
// before the content; it is executed with the title) and "bottom". Every call
// returns a new copy.
func DefaultPages() *template.Template {
	return template.Must(template.New("pages").ParseFS(pageFiles, "pages/*.html"))
}

var builtIn = DefaultPages()

// policy is the Content-Security-Policy of the pages: no script, nothing from
// elsewhere, and the style of the built-in frame by its hash. "data:" is for the
// picture that an authenticator app reads.
var policy = func() string {
	frame, err := pageFiles.ReadFile("pages/frame.html")
	if err != nil {
		panic(err) // it is embedded
	}
	_, style, _ := strings.Cut(string(frame), "<style>")
	style, _, _ = strings.Cut(style, "</style>")
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'self' 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; img-src 'self' data:; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
}()
