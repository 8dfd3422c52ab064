package signin_test

import (
	"fmt"
	"html/template"
	"log"
	"os"

	"github.com/promptgrimoire/auth/middleware/signin"
)

// A page of the application's own shows all methods of a class.
func ExampleMethods() {
	page := template.Must(template.New("sign-in").Parse(`{{range .Methods.Providers}}<a href="{{.URL}}">{{.Name}}</a>
{{end}}{{if .Methods.MagicLink}}<button name="method" value="magic_link">Link</button>
{{end}}{{if not .Methods.Any}}Please ask your instructor.
{{end}}`))
	err := page.Execute(os.Stdout, signin.Page{Methods: signin.Methods{
		MagicLink: true,
		Providers: []signin.Provider{{Name: "Our University", URL: "/auth/sso/saml-connection-live-1?class=laws1100"}},
	}})
	if err != nil {
		log.Fatal(err)
	}
	// Output:
	// <a href="/auth/sso/saml-connection-live-1?class=laws1100">Our University</a>
	// <button name="method" value="magic_link">Link</button>
}

// A page of the application's own shows the drawing of each provider.
func ExampleProvider() {
	page := template.Must(template.New("sign-in").Parse(`<svg viewBox="0 0 24 24"><path d="{{.Mark}}"/></svg>{{.Name}}`))
	if err := page.Execute(os.Stdout, signin.Provider{Name: "Our University", School: true}); err != nil {
		log.Fatal(err)
	}
	// Output: <svg viewBox="0 0 24 24"><path d="M4 12h15M13 6l6 6l-6 6"/></svg>Our University
}

// Pages that were written from nothing have to have every name.
func ExamplePageNames() {
	own := template.Must(template.New("own").Parse(`{{define "sign-in"}}…{{end}}{{define "sent"}}…{{end}}`))
	missing := 0
	for _, name := range signin.PageNames() {
		if own.Lookup(name) == nil {
			missing++
		}
	}
	fmt.Println(missing > 0)
	// Output: true
}
