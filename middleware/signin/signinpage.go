package signin

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// showForm is the sign-in page.
func (h *Handler) showForm(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		h.offer(w, r, http.StatusBadRequest, Page{Notice: "That address is not complete. Please start here."})
		return
	}
	h.offer(w, r, http.StatusOK, Page{Class: h.wantedClass(r), ReturnTo: h.returnTo(r)})
}

func (h *Handler) requestClass(r *http.Request) grimoireauth.ClassID {
	if h.config.Class != nil {
		return h.config.Class(r)
	}
	class, ok := single(r.Form, "class")
	if !ok {
		return ""
	}
	return grimoireauth.ClassID(class)
}

// wantedClass returns the class of the request, or "" if it has not the form of one.
func (h *Handler) wantedClass(r *http.Request) string {
	class := strings.TrimSpace(string(h.requestClass(r)))
	if !classForm.MatchString(class) {
		return ""
	}
	return class
}

// findsClass reports whether the request names no class and Config allows a discovery.
// A class of a wrong form is not a discovery.
func (h *Handler) findsClass(r *http.Request) bool {
	class, one := single(r.Form, "class")
	return h.config.Discovery && one && class == ""
}

// returnTo returns the return address of the request, or "" if it is not safe or is one
// of these pages.
func (h *Handler) returnTo(r *http.Request) string {
	address, ok := single(r.Form, "return_to")
	if !ok {
		return ""
	}
	return h.safeReturnTo(address)
}

// offer writes the sign-in page of page.Class with the methods that the class allows
// and this Handler serves: if only is not empty, with these methods. Without a class
// the page asks for one.
func (h *Handler) offer(w http.ResponseWriter, r *http.Request, status int, page Page, only ...grimoireauth.SignInMethod) {
	if page.Class == "" {
		page.Discovery = h.config.Discovery
		page.Methods = h.methodsFor(classMethods{methods: everyMethod}, page)
		page.Methods.Password = false // a password belongs to one class
		h.show(w, status, "which-class", page)
		return
	}
	may := h.classMethods(r, page.Class)
	if len(only) > 0 {
		may.methods = only
	}
	page.Methods = h.methodsFor(may, page)
	if may.unsure {
		if page.Notice != "" {
			page.Notice += " "
		}
		page.Notice += methodsUnsure
		if _, own := limitedHere(may.refused); own {
			retryAfter(w, may.refused)
			if status == http.StatusOK {
				status = http.StatusTooManyRequests
			}
		}
	}
	h.show(w, status, "sign-in", page)
}

// showNamed writes the page with this name, which can be the sign-in page.
func (h *Handler) showNamed(w http.ResponseWriter, r *http.Request, status int, name string, page Page) {
	if name == "sign-in" {
		h.offer(w, r, status, page)
		return
	}
	h.show(w, status, name, page)
}

// methodsFor returns the methods that a page offers.
func (h *Handler) methodsFor(may classMethods, page Page) Methods {
	can := func(method grimoireauth.SignInMethod) bool {
		return h.serves(method) && slices.Contains(may.methods, method)
	}
	methods := Methods{
		MagicLink: can(grimoireauth.MethodMagicLink),
		EmailCode: can(grimoireauth.MethodEmailCode),
		Password:  can(grimoireauth.MethodPassword),
		Unsure:    may.unsure,
	}
	query := startQuery(page.Class, page.ReturnTo)
	if page.Attempt != "" {
		query += "&attempt=" + page.Attempt // the query has a class before it
	}
	lead := func(provider Provider, path string) {
		address := url.URL{Path: h.config.prefix() + path, RawQuery: query}
		provider.URL = address.String()
		methods.Providers = append(methods.Providers, provider)
	}
	if can(grimoireauth.MethodSSO) {
		for _, connection := range may.connections {
			name := connection.Name
			if name == "" {
				name = "your school's sign-in"
			}
			lead(Provider{Name: name, School: true, mark: string(connection.Kind)}, "sso/"+url.PathEscape(string(connection.ID)))
		}
	}
	for _, provider := range providers {
		if can(provider.method) {
			lead(Provider{Name: provider.name, mark: provider.path}, "oauth/"+provider.path)
		}
	}
	return methods
}

// providers are the OAuth providers, with their names in our paths.
var providers = []struct {
	path, name string
	method     grimoireauth.SignInMethod
}{
	{"google", "Google", grimoireauth.MethodGoogle},
	{"microsoft", "Microsoft", grimoireauth.MethodMicrosoft},
	{"github", "GitHub", grimoireauth.MethodGitHub},
	{"slack", "Slack", grimoireauth.MethodSlack},
	{"hubspot", "HubSpot", grimoireauth.MethodHubSpot},
}

const methodsUnsure = "It could not be found out just now which ways to sign in this class has. If you know another one than these, such as your school's sign-in, look again in a moment."

// toSignIn redirects to the sign-in page, of a class if one is known.
func (h *Handler) toSignIn(w http.ResponseWriter, class grimoireauth.ClassID, back string) {
	address := url.URL{Path: h.config.prefix(), RawQuery: startQuery(string(class), back)}
	redirect(w, address.String())
}

// marks are drawings that tell the providers apart, as the data of an SVG path in a square
// of 24 by 24: letters and shapes of our own, no trademarks.
var marks = map[string]string{
	"google":    "M12 2a10 10 0 1 0 0 20a10 10 0 1 0 0-20M16 9.5a4.5 4.5 0 1 0 .5 3.5h-4.5",
	"microsoft": "M3 3h18v18H3zM7.5 16.5v-9l4.5 5.5l4.5-5.5v9",
	"github":    "M12 2l9 5v10l-9 5l-9-5V7zM10 9l-3 3l3 3M14 9l3 3l-3 3",
	"slack":     "M3 4h18v13h-9l-5 4v-4H3zM14.8 8.2c-1.2-1-5-.9-5 1s5 1.2 5 3s-3.8 2.1-5.2 .8",
	"hubspot":   "M12 1.5L22.5 12L12 22.5L1.5 12zM9.5 8.5v7M14.5 8.5v7M9.5 12h5",
	"saml":      "M2 9l10-6l10 6zM5 9v9M10 9v9M14 9v9M19 9v9M3 21h18",
	"oidc":      "M9 7a5 5 0 1 0 0 10a5 5 0 1 0 0-10M15 7a5 5 0 1 0 0 10a5 5 0 1 0 0-10",
}

// Mark returns a drawing that tells the provider apart from others, as the data of an SVG
// path in a square of 24 by 24 that is to be stroked.
func (p Provider) Mark() string {
	if mark, ok := marks[p.mark]; ok {
		return mark
	}
	return "M4 12h15M13 6l6 6l-6 6"
}
