package signin

import (
	"net/http"
	"slices"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
)

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
	get := func(path string, page http.HandlerFunc) { handle(http.MethodGet, path, h.stranger(page)) }
	post := func(path string, page http.HandlerFunc) { handle(http.MethodPost, path, h.stranger(page)) }

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

// stranger says in the context of a page that strangers reach where the request comes
// from, so that what it asks Stytch draws on the share of that client address.
func (h *Handler) stranger(page http.Handler) http.Handler {
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
