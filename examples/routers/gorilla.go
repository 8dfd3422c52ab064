package routers

import (
	"net/http"

	"github.com/gorilla/mux"
	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
)

// GorillaClass returns a ClassOf that reads the variable of this name from gorilla's
// route. gorilla does not set the path values of net/http, so middleware.PathClass
// finds no class there.
//
// The middlewares that are given to Use run after a route was matched, and only then:
// they guard neither the NotFoundHandler nor the MethodNotAllowedHandler.
func GorillaClass(name string) middleware.ClassOf {
	return func(r *http.Request) grimoireauth.ClassID {
		return grimoireauth.ClassID(mux.Vars(r)[name])
	}
}
