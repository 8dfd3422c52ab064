package forwardauth

import (
	"net/http"
	"net/url"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// Allow returns the handler of a route that lives behind the proxy. A request that reaches it
// may pass: the answer is 204, with who is signed in and what the guards around it have decided
// about class and role. Outside a [Handler] it answers 500, so that no other server lets
// strangers learn ids.
func Allow() http.Handler { return allow{} }

type allow struct{}

// ServeHTTP implements [http.Handler].
func (allow) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := questionOf(r.Context())
	if q == nil {
		http.Error(w, "forwardauth.Allow is reached by a forwardauth.Handler only", http.StatusInternalServerError)
		return
	}
	q.allowed = true
	h := w.Header()
	if session, ok := grimoireauth.SessionFromContext(r.Context()); ok {
		h.Set(HeaderMember, escaped(string(session.Member())))
		h.Set(HeaderOrganization, escaped(string(session.Organization())))
	}
	if person, role, ok := grimoireauth.RoleFromContext(r.Context()); ok {
		h.Set(HeaderClass, escaped(string(person.Class)))
		h.Set(HeaderRole, role.String())
	}
	w.WriteHeader(http.StatusNoContent)
}

// escaped returns an id as it can stand in a header: an application's own class ids may
// hold anything.
func escaped(id string) string { return url.PathEscape(id) }
