package signin

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// allowed is what a class says about signing in to it: public, since its page
// offers it.
type allowed struct {
	id          grimoireauth.ClassID // empty: there is no such class, or it is not known at the moment
	slug        string
	methods     []grimoireauth.SignInMethod
	connections []grimoireauth.Connection // active ones, the default first

	unsure  bool  // it could not be found out; methods are those that lead nowhere else
	refused error // why this request made no call, if it is that
}

var (
	// A class that does not exist has the page of one that allows everything.
	allowedUnknown = allowed{methods: everyMethod}
	// While it cannot be found out, the ways that lead nowhere else.
	allowedOutage = allowed{methods: []grimoireauth.SignInMethod{grimoireauth.MethodMagicLink, grimoireauth.MethodEmailCode}, unsure: true}
)

// exactly reports whether the class was asked for by its id or by its slug as it is
// written. Other spellings of a slug are as many as strangers like.
func (a allowed) exactly(name string) bool {
	return a.id != "" && (name == string(a.id) || name == a.slug)
}

// allowed returns what a class allows, an id or a slug.
func (h *Handler) allowed(r *http.Request, class string) allowed {
	use := Use{Action: ActionAskClass, Class: lowerASCII(class), Source: source(r.Context())}
	may := h.classes.of(r.Context(), class, classQuestion{
		reserve: func(ctx context.Context) error { return h.reserve(ctx, use) },
		ask:     h.askAllowed,
		release: func(ctx context.Context) { h.limit.Release(ctx, use) },
	})
	if own := (*applicationError)(nil); errors.As(may.refused, &own) {
		h.fault(r, "a class cannot be looked up", may.refused)
	}
	return may
}

// askAllowed asks Stytch what a class allows.
func (h *Handler) askAllowed(ctx context.Context, name string) (allowed, error) {
	get := h.client.Classes.BySlug
	if strings.HasPrefix(name, "organization-") {
		get = func(ctx context.Context, id string) (grimoireauth.Class, error) {
			return h.client.Classes.Get(ctx, grimoireauth.ClassID(id))
		}
	}
	class, err := get(ctx, name)
	if err != nil {
		return allowed{}, err
	}
	may := allowed{id: class.ID, slug: class.Slug}
	for _, method := range everyMethod {
		if class.Settings.Allows(method) {
			may.methods = append(may.methods, method)
		}
	}
	if !slices.Contains(may.methods, grimoireauth.MethodSSO) || !h.serves(grimoireauth.MethodSSO) {
		return may, nil
	}
	connections, err := h.client.SignIn.Connections.List(ctx, class.ID)
	if err != nil {
		return allowed{}, err
	}
	for _, connection := range connections {
		switch {
		case !connection.Active:
		case string(connection.ID) == class.Settings.DefaultConnection:
			may.connections = slices.Insert(may.connections, 0, connection)
		default:
			may.connections = append(may.connections, connection)
		}
	}
	return may, nil
}

// sameClass reports whether a class, by id or slug, is that of the slug. One that
// cannot be looked up is not.
func (h *Handler) sameClass(r *http.Request, class, slug string) bool {
	switch {
	case class == "" || slug == "":
		return false
	case strings.EqualFold(class, slug):
		return true
	case !strings.HasPrefix(class, "organization-"):
		return false
	}
	return h.allowed(r, class).slug == slug
}
