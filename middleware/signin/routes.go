package signin

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/middleware/signin/internal/seal"
)

// New returns a Handler that signs people in through client and sets the cookies that
// guard reads. It makes no network call. Its error, an [*grimoireauth.Error] that
// matches [grimoireauth.ErrInvalid], names every fault at once.
//
// Two settings of the Guard belong to the pages, and New does not check them: SignInURL
// has to be the Prefix, so that the Guard redirects browsers here, and Revoke has to be
// client.Sessions.Revoke, so that the session that a browser had before a sign-in ends
// at Stytch. If Revoke is missing, the Guard logs it when it is first needed.
func New(guard *middleware.Guard, client *stytchclient.Client, config Config) (*Handler, error) {
	faults := config.faults()
	starts := false
	if client == nil {
		faults = errors.Join(errors.New("the Client is missing: pass what stytchclient.New returned"), faults)
	} else if starts = canStart(client); !starts && slices.ContainsFunc(config.Methods, byBrowser) {
		faults = errors.Join(errors.New("Methods names OAuth or SSO, for which the Client needs a PublicToken"), faults)
	}
	if err := guardFaults(guard, config.BaseURL); err != nil {
		faults = errors.Join(err, faults)
	}
	if faults != nil {
		return nil, fmt.Errorf("%w: %w", &grimoireauth.Error{Op: "configure sign-in", Kind: grimoireauth.ErrInvalid}, faults)
	}
	box, err := seal.New(client.SessionMarks())
	if err != nil {
		return nil, fmt.Errorf("%w: %w", &grimoireauth.Error{Op: "configure sign-in", Kind: grimoireauth.ErrInvalid}, err)
	}
	h := &Handler{
		box:    box,
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

// canStart reports whether the client has a public token. It makes no network call.
func canStart(client *stytchclient.Client) bool {
	_, err := client.SignIn.StartSSO(stytchclient.SSOStart{Connection: "any"})
	return err == nil
}

// maxForm bounds a form in bytes; its longest field is a return address.
const maxForm = 8 << 10

// ServeHTTP serves the page of the path.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h == nil || h.mux == nil {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	// Browsers send the origin to these pages, so that those without Sec-Fetch-Site
	// still say where a form comes from. Other hosts get nothing.
	header.Set("Referrer-Policy", "same-origin")
	header.Set("X-Content-Type-Options", "nosniff")
	// An application should protect all its routes like this. These pages protect
	// themselves, since a forged POST would sign the person in to another account.
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
		// Only the body is read, never the query: addresses and tokens in URLs are
		// logged.
		r.Form = r.PostForm
	}
	h.mux.ServeHTTP(w, r)
}

// byCookies returns the request without its Authorization header. These pages sign
// browsers in and out, and a bearer token does not belong to the browser's session.
func byCookies(r *http.Request) *http.Request {
	if len(r.Header["Authorization"]) == 0 {
		return r
	}
	r = r.WithContext(r.Context())
	r.Header = r.Header.Clone()
	r.Header.Del("Authorization")
	return r
}

// route registers the pages. Known paths answer other methods with a page, and so does
// every other path below the prefix.
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
	post("factor/enrol", h.enroll)
	get("classes", h.askClass)
	post("classes", h.chooseClass)

	// Switching class and logging out do not use the share of the client address.
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

// start begins to sign in by the method in the field "method".
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
		h.offer(w, r, http.StatusBadRequest, page.withNotice("Please choose one of the ways to sign in."))
	}
}

// withClientAddress adds the client address to the context, so that the calls to Stytch
// use the share of that address.
func (h *Handler) withClientAddress(page http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page.ServeHTTP(w, r.WithContext(grimoireauth.ContextWithClientAddress(r.Context(), h.guard.ClientAddress(r))))
	})
}

// otherMethod answers a method that the path does not support (RFC 9110, section
// 15.5.6).
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

// noSuchPage answers every path below the prefix that has no page.
func (h *Handler) noSuchPage(w http.ResponseWriter, _ *http.Request) {
	h.show(w, http.StatusNotFound, "message", Page{Notice: "There is no such page. Please go on from here."})
}
