package signin

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// Ways are the ways to sign in that a page offers: what the class allows, as far as
// the Handler serves it. The zero Ways are none.
type Ways struct {
	MagicLink, EmailCode, Password bool
	Providers                      []Provider // the school's identity provider first
	// Unsure says that it could not be found out which ways the class has, so that there
	// may be others, such as single sign-on: offer [Page.Begin] to look again.
	Unsure bool
}

const waysUnsure = "It could not be found out just now which ways to sign in this class has. If you know another one than these, such as your school's sign-in, look again in a moment."

// Any reports whether there is a way at all.
func (w Ways) Any() bool { return w.ByEmail() || w.Password || len(w.Providers) > 0 }

// ByEmail reports whether something can be e-mailed that signs in.
func (w Ways) ByEmail() bool { return w.MagicLink || w.EmailCode }

// Provider is a link to sign in at somebody else's page: by OAuth, or at the identity
// provider of a school.
type Provider struct {
	Name string // "Google", or what the class calls its identity provider
	URL  string // on this host; plain links, since browsers hold redirects of forms to form-action
}

// providers are the OAuth providers, by their name in our paths.
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

// everyMethod are the ways that this package knows.
var everyMethod = []grimoireauth.SignInMethod{
	grimoireauth.MethodMagicLink, grimoireauth.MethodEmailCode, grimoireauth.MethodPassword, grimoireauth.MethodSSO,
	grimoireauth.MethodGoogle, grimoireauth.MethodMicrosoft, grimoireauth.MethodGitHub, grimoireauth.MethodSlack, grimoireauth.MethodHubSpot,
}

// byBrowser reports whether a method leads the browser to somebody else's page, for
// which the client needs a public token.
func byBrowser(method grimoireauth.SignInMethod) bool {
	switch method {
	case grimoireauth.MethodMagicLink, grimoireauth.MethodEmailCode, grimoireauth.MethodPassword:
		return false
	}
	return true
}

// canStart reports whether the client has the public token that start URLs need. It
// asks nobody.
func canStart(client *grimoireauth.Client) bool {
	_, err := client.SignIn.StartSSO(grimoireauth.SSOStart{Connection: "any"})
	return err == nil
}

// serves reports whether this Handler offers a way to sign in.
func (h *Handler) serves(method grimoireauth.SignInMethod) bool {
	if !slices.Contains(everyMethod, method) || byBrowser(method) && !h.starts {
		return false
	}
	return h.config.Methods == nil || slices.Contains(h.config.Methods, method)
}

// offer writes the sign-in page of page.Class with the ways that the class allows
// and this Handler serves: with only, those that it names. Without a class it asks
// which one.
func (h *Handler) offer(w http.ResponseWriter, r *http.Request, status int, page Page, only ...grimoireauth.SignInMethod) {
	if page.Class == "" {
		page.Discovery = h.config.Discovery
		page.Ways = h.ways(allowed{methods: everyMethod}, page)
		page.Ways.Password = false // it is the password of one class
		h.show(w, status, "which-class", page)
		return
	}
	may := h.allowed(r, page.Class)
	if len(only) > 0 {
		may.methods = only
	}
	page.Ways = h.ways(may, page)
	if may.unsure {
		if page.Notice != "" {
			page.Notice += " "
		}
		page.Notice += waysUnsure
		if _, own := ours(may.refused); own {
			retryAfter(w, may.refused)
			if status == http.StatusOK {
				status = http.StatusTooManyRequests
			}
		}
	}
	h.show(w, status, "sign-in", page)
}

// ways returns what a page can offer of what is allowed.
func (h *Handler) ways(may allowed, page Page) Ways {
	can := func(method grimoireauth.SignInMethod) bool {
		return h.serves(method) && slices.Contains(may.methods, method)
	}
	ways := Ways{
		MagicLink: can(grimoireauth.MethodMagicLink),
		EmailCode: can(grimoireauth.MethodEmailCode),
		Password:  can(grimoireauth.MethodPassword),
		Unsure:    may.unsure,
	}
	query := beginning(page.Class, page.ReturnTo)
	if page.Attempt != "" {
		query += "&attempt=" + page.Attempt // after a class, which is known by then
	}
	lead := func(name, path string) {
		address := url.URL{Path: h.config.prefix() + path, RawQuery: query}
		ways.Providers = append(ways.Providers, Provider{name, address.String()})
	}
	if can(grimoireauth.MethodSSO) {
		for _, connection := range may.connections {
			name := connection.Name
			if name == "" {
				name = "your school's sign-in"
			}
			lead(name, "sso/"+url.PathEscape(string(connection.ID)))
		}
	}
	for _, provider := range providers {
		if can(provider.method) {
			lead(provider.name, "oauth/"+provider.path)
		}
	}
	return ways
}

// beginning is the query with which somebody begins to sign in.
func beginning(class, returnTo string) string {
	query := url.Values{}
	if class != "" {
		query.Set("class", class)
	}
	if returnTo != "" {
		query.Set("return_to", returnTo)
	}
	return query.Encode()
}
