package routers

import (
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
)

// ChiClass returns a ClassOf that reads chi's parameter of this name. Recent versions
// of chi, such as the one in this module's go.mod, also set the path values of
// net/http, so that middleware.PathClass finds the same; this function is for older
// ones.
//
// The middlewares that are given to Use of a router run before that router has matched
// its own routes. They find no class, unless it is in the pattern at which the router
// is mounted.
func ChiClass(name string) middleware.ClassOf {
	return func(r *http.Request) grimoireauth.ClassID {
		return grimoireauth.ClassID(chi.URLParam(r, name))
	}
}
