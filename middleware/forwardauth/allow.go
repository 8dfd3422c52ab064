package forwardauth

import (
	"context"
	"net/http"
	"net/url"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// Allow returns the handler of a route whose service is behind the proxy. A request
// that reaches it may pass: the response is 204, with the member and with the class and
// role that the guards around it have decided about. Outside a [Handler] it answers
// 500, so that no other server shows ids to strangers.
func Allow() http.Handler { return allow{} }

type allow struct{}

// ServeHTTP implements [http.Handler].
func (allow) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d := decisionOf(r.Context())
	if d == nil {
		http.Error(w, "forwardauth.Allow is reached by a forwardauth.Handler only", http.StatusInternalServerError)
		return
	}
	d.allowed = true
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

// escaped returns an id for a header. An application's own class ids can contain any
// character.
func escaped(id string) string { return url.PathEscape(id) }

// ProxyClass is a [middleware.ClassOf] that returns the class in [HeaderProxyClass],
// for proxies that find the class otherwise than by the path, such as by the host. It
// returns the empty class, which guards reject, if the header is missing, and outside a
// [Handler].
func ProxyClass(r *http.Request) grimoireauth.ClassID {
	if d := decisionOf(r.Context()); d != nil {
		return d.class
	}
	return ""
}

// decision is in the context of the original request: what the proxy knows about it,
// and whether it may pass.
type decision struct {
	class   grimoireauth.ClassID // from the proxy; empty: none
	allowed bool                 // Allow was reached
}

type decisionKey struct{}

func decisionOf(ctx context.Context) *decision {
	d, _ := ctx.Value(decisionKey{}).(*decision)
	return d
}
