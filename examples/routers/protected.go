package routers

import (
	"fmt"
	"net/http"
	"reflect"

	"github.com/promptgrimoire/auth/middleware"
)

// Protected serves a router of any kind and closes everything in it to strangers: every
// route, also one that is added later, catch-all routes, and the router's own 404 and
// 405. Public routes stand outside the router, each as a pattern of [http.ServeMux]
// with a handler of its own.
//
// Guard.Protect cannot ask other routers which route a request will take. With a list
// of the router's own public paths there would be two parsers of the path, and where
// they differ (encoded slashes, dot segments, a stripped prefix) a closed route would
// be open. Here a request that is taken for public never reaches the router. For the
// same reason no public handler may be the router, nor lead to it: Protected panics if
// one is the router itself. A public part with many routes is a router of its own.
//
// It panics if there is no router, for the pattern "/", and as Guard.Protect does: for
// an empty pattern, and if the page of Config.SignInURL is not public. A path that is
// not clean, such as "//x", counts as closed, and the mux redirects members to the
// clean one.
func Protected(guard *middleware.Guard, router http.Handler, public map[string]http.Handler) http.Handler {
	if router == nil {
		panic("routers: Protected without a router")
	}
	mux := http.NewServeMux()
	mux.Handle("/", router)
	var patterns []string
	for pattern, handler := range public {
		if t := reflect.TypeOf(handler); t != nil && t.Comparable() && handler == router {
			panic(fmt.Sprintf("routers: Protected: the handler of the public pattern %q is the protected router", pattern))
		}
		mux.Handle(pattern, handler)
		patterns = append(patterns, pattern)
	}
	return guard.Protect(mux, patterns...)
}
