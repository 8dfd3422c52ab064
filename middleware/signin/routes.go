package signin

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
)

// New returns a Handler that signs people in through client and gives them the
// cookies that guard reads. It does no I/O. Its error, an [*grimoireauth.Error]
// that matches [grimoireauth.ErrInvalid], names every fault at once.
//
// Two settings of the Guard belong to the pages, and New does not ask for them:
// SignInURL, the Prefix, without which browsers are not led here, and Revoke,
// client.Sessions.Revoke, without which the session that a browser had before its sign-in
// goes on at Stytch. The Guard logs the second when it first happens.
func New(guard *middleware.Guard, client *grimoireauth.Client, config Config) (*Handler, error) {
	faults := config.faults()
	starts := false
	if client == nil {
		faults = errors.Join(errors.New("the Client is missing: pass what grimoireauth.New returned"), faults)
	} else if starts = canStart(client); !starts && slices.ContainsFunc(config.Methods, byBrowser) {
		faults = errors.Join(errors.New("Methods names OAuth or SSO, for which the Client needs a PublicToken"), faults)
	}
	if err := guardFaults(guard, config.BaseURL); err != nil {
		faults = errors.Join(err, faults)
	}
	if faults != nil {
		return nil, fmt.Errorf("%w: %w", &grimoireauth.Error{Op: "configure sign-in", Kind: grimoireauth.ErrInvalid}, faults)
	}
	h := &Handler{
		guard:  guard,
		config: config,
		csrf:   http.NewCrossOriginProtection(),
		client: client,
		starts: starts,
		revoke: client.Sessions.Revoke,
		limit:  config.limiter(),
	}
	h.route()
	return h, nil
}

// canStart reports whether the client has the public token that start URLs need. It
// asks nobody.
func canStart(client *grimoireauth.Client) bool {
	_, err := client.SignIn.StartSSO(grimoireauth.SSOStart{Connection: "any"})
	return err == nil
}

// maxForm bounds the forms; the longest field is a return address.
const maxForm = 8 << 10

// ServeHTTP serves the page that the path names.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h == nil || h.mux == nil {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	// Pages send their origin to themselves, so that browsers without
	// Sec-Fetch-Site still say where a form comes from; other hosts learn nothing.
	header.Set("Referrer-Policy", "same-origin")
	header.Set("X-Content-Type-Options", "nosniff")
	// An application should protect all its routes like this. These protect
	// themselves: a forged POST here would sign somebody in as somebody else.
	if err := h.csrf.Check(r); err != nil {
		if count := h.alarms.Met("another site"); count > 0 {
			h.config.logger().WarnContext(r.Context(), "sign-in form refused: it came from another site", "path", r.URL.Path, "count", count)
		}
		h.offer(w, r, http.StatusForbidden, Page{Notice: "That did not come from this page. Please try again from here."})
		return
	}
	if r.URL.Path != h.config.prefix()+"session" {
		r = byCookies(r)
	}
	if r.Method == http.MethodPost {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		if err := r.ParseForm(); err != nil {
			h.offer(w, r, http.StatusBadRequest, Page{Notice: "That form did not arrive in one piece. Please try again."})
			return
		}
		// Only the body counts, never the query: addresses and tokens in URLs end
		// up in logs.
		r.Form = r.PostForm
	}
	h.mux.ServeHTTP(w, r)
}

// byCookies returns the request without its Authorization header. These pages sign
// browsers in and out: the session of a bearer token is no browser's, and does not end
// with it.
func byCookies(r *http.Request) *http.Request {
	if len(r.Header["Authorization"]) == 0 {
		return r
	}
	r = r.WithContext(r.Context())
	r.Header = r.Header.Clone()
	r.Header.Del("Authorization")
	return r
}

// route tells the mux which page answers what. A path that is known answers other
// methods with a page, and so does every path below the prefix that is not.
func (h *Handler) route() {
	prefix := h.config.prefix()
	h.mux = http.NewServeMux()
	methods := make(map[string][]string) // by path
	handle := func(method, path string, page http.Handler) {
		h.mux.Handle(method+" "+prefix+path, page)
		methods[path] = append(methods[path], method)
	}
	get := func(path string, page http.HandlerFunc) { handle(http.MethodGet, path, h.withClientAddress(page)) }
	post := func(path string, page http.HandlerFunc) { handle(http.MethodPost, path, h.withClientAddress(page)) }

	get("{$}", h.showForm)
	get("start", h.showForm)
	post("start", h.start)
	get("code", h.showCode)
	post("code", h.checkCode)
	get("sent", h.showSent)
	get("oauth/{provider}", h.startOAuth)
	get("sso/{connection}", h.startSSO)
	get("callback", h.callback)
	post("callback", h.finish)
	get("confirm", h.confirm)
	get("account", h.askAccount)
	post("account", h.confirmAccount)
	get("new-password", h.showNewPassword)
	post("new-password", h.setPassword)

	get("unfinished", h.goOn)
	get("factor", h.askFactor)
	post("factor", h.checkFactor)
	get("factor/send", h.goOn)
	post("factor/send", h.sendFactor)
	get("factor/enrol", h.goOn)
	post("factor/enrol", h.enrol)
	get("classes", h.askClass)
	post("classes", h.chooseClass)

	// To change class or to sign out draws on no client's share.
	handle(http.MethodGet, "switch", h.guard.Load(http.HandlerFunc(h.askSwitch)))
	handle(http.MethodPost, "switch", http.HandlerFunc(h.switchClass))
	handle(http.MethodGet, "logout", http.HandlerFunc(h.askLogout))
	handle(http.MethodPost, "logout", http.HandlerFunc(h.logout))
	handle(http.MethodGet, "signed-out", http.HandlerFunc(h.showSignedOut))
	handle(http.MethodGet, "signed-out.css", http.HandlerFunc(forgetPages))
	handle(http.MethodGet, "session", h.guard.Load(http.HandlerFunc(h.status)))

	for path, allowed := range methods {
		h.mux.Handle(prefix+path, h.otherMethod(allowed))
	}
	h.mux.HandleFunc(prefix, h.noSuchPage)
}

// start begins to sign in by what was typed in: field "method".
func (h *Handler) start(w http.ResponseWriter, r *http.Request) {
	page, ok := h.readStartForm(w, r)
	if !ok {
		return
	}
	method, _ := single(r.PostForm, "method")
	discovers := page.Class == ""
	switch {
	case (method == "" || method == string(grimoireauth.MethodMagicLink)) && h.serves(grimoireauth.MethodMagicLink):
		h.startLink(w, r, page)
	case method == string(grimoireauth.MethodEmailCode) && h.serves(grimoireauth.MethodEmailCode):
		h.startCode(w, r, page)
	case method == string(grimoireauth.MethodPassword) && h.serves(grimoireauth.MethodPassword) && !discovers:
		h.signInByPassword(w, r, page)
	case method == methodReset && h.serves(grimoireauth.MethodPassword) && !discovers:
		h.startReset(w, r, page)
	default:
		page.Notice = "Please choose one of the ways to sign in."
		h.offer(w, r, http.StatusBadRequest, page)
	}
}

// stranger says in the context of a page that strangers reach where the request comes
// from, so that what it asks Stytch draws on the share of that client address.
func (h *Handler) withClientAddress(page http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page.ServeHTTP(w, r.WithContext(grimoireauth.ContextWithClientAddress(r.Context(), h.guard.ClientAddress(r))))
	})
}

// otherMethod is the page for a method that a path does not know (RFC 9110, 15.5.6).
func (h *Handler) otherMethod(allowed []string) http.Handler {
	if slices.Contains(allowed, http.MethodGet) {
		allowed = append(allowed, http.MethodHead)
	}
	slices.Sort(allowed)
	list := strings.Join(allowed, ", ")
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Allow", list)
		h.show(w, http.StatusMethodNotAllowed, "message", Page{Notice: "This address does not take what your browser sent. Please go on from here."})
	})
}

// noSuchPage answers every address below the prefix that has no page.
func (h *Handler) noSuchPage(w http.ResponseWriter, _ *http.Request) {
	h.show(w, http.StatusNotFound, "message", Page{Notice: "There is no such page. Please go on from here."})
}
