package routers_test

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/go-chi/chi/v5"
	"github.com/gorilla/mux"
	"github.com/labstack/echo/v4"
	"github.com/promptgrimoire/auth/examples/routers"
	"github.com/promptgrimoire/auth/middleware"
)

// place is where a guard stands.
type place string

const (
	around     place = "around the router"
	use        place = "router middleware"
	group      place = "group"
	route      place = "single route"
	mount      place = "mounted sub-router, prefix /school stripped, as its middleware"
	mountRoute place = "mounted sub-router, prefix /school stripped, on its route"
	strip      place = "mounted sub-router, prefix with the class stripped, as its middleware"
	stripRoute place = "mounted sub-router, prefix with the class stripped, on its route"
	catchClass place = "catch-all below a class"
	catchAll   place = "catch-all of everything"
)

var places = []place{around, use, group, route, mount, mountRoute, strip, stripRoute, catchClass, catchAll}

// prefix is what stands before "/classes/…" in the addresses of a place.
func (p place) prefix() string {
	if p == mount || p == mountRoute {
		return "/school"
	}
	return ""
}

// router is a kind of router, and how an application made of it looks with a guard in one
// place. Its roster is at prefix + /classes/{class}/roster and its front page at /.
type router struct {
	name  string
	of    middleware.ClassOf
	build func(at place, guard wrapping, roster, front http.Handler) http.Handler
	// unknown are the places where a guard that asks about a class cannot know it and has
	// to answer 500, besides around and catchAll, where none can.
	unknown []place
}

var kinds = []router{
	// An inner mux forgets the wildcards of the outer one when it matches its own route.
	{"ServeMux", middleware.PathClass("class"), serveMux, []place{mount, stripRoute}},
	// What is given to Use runs before the router's own routes are matched.
	{"chi", middleware.PathClass("class"), chiRouter, []place{use, mount}},
	{"chi with ChiClass", routers.ChiClass("class"), chiRouter, []place{use, mount}},
	// An inner router has variables of its own only. Subrouter() has both: that is group.
	{"gorilla/mux", routers.GorillaClass("class"), gorillaRouter, []place{strip, stripRoute}},
	{"echo", middleware.PathClass("class"), echoRouter, []place{strip, stripRoute}},
	{"gin", middleware.PathClass("class"), ginRouter, []place{strip, stripRoute}},
}

// stripped takes n segments off the path, as http.StripPrefix does with a fixed prefix.
func stripped(n int, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		prefix := strings.Join(strings.SplitN(r.URL.Path, "/", n+2)[:n+1], "/")
		http.StripPrefix(prefix, next).ServeHTTP(w, r)
	})
}

func serveMux(at place, guard wrapping, roster, front http.Handler) http.Handler {
	outer, inner := http.NewServeMux(), http.NewServeMux()
	handle := outer.Handle
	if at == use { // a ServeMux has no Use; a function that registers is what people write
		handle = func(pattern string, h http.Handler) { outer.Handle(pattern, guard(h)) }
	}
	handle("GET /{$}", front)
	switch at {
	case around:
		outer.Handle("GET /classes/{class}/roster", roster)
		if _, plain := guard(outer).(*http.ServeMux); !plain {
			return guard(outer)
		}
	case use:
		handle("GET /classes/{class}/roster", roster)
	case group:
		inner.Handle("GET /classes/{class}/roster", roster)
		outer.Handle("/classes/{class}/", guard(inner))
	case route:
		outer.Handle("GET /classes/{class}/roster", guard(roster))
	case mount:
		inner.Handle("GET /classes/{class}/roster", roster)
		outer.Handle("/school/", http.StripPrefix("/school", guard(inner)))
	case mountRoute:
		inner.Handle("GET /classes/{class}/roster", guard(roster))
		outer.Handle("/school/", http.StripPrefix("/school", inner))
	case strip:
		inner.Handle("GET /roster", roster)
		outer.Handle("/classes/{class}/", stripped(2, guard(inner)))
	case stripRoute:
		inner.Handle("GET /roster", guard(roster))
		outer.Handle("/classes/{class}/", stripped(2, inner))
	case catchClass:
		outer.Handle("/classes/{class}/{rest...}", guard(roster))
	case catchAll:
		outer.Handle("/", guard(roster))
	}
	return outer
}

func chiRouter(at place, guard wrapping, roster, front http.Handler) http.Handler {
	r, sub := chi.NewRouter(), chi.NewRouter()
	if at == use {
		r.Use(guard)
	}
	if at == mount || at == strip {
		sub.Use(guard)
	}
	r.Method("GET", "/", front)
	switch at {
	case around:
		r.Method("GET", "/classes/{class}/roster", roster)
		return guard(r)
	case use:
		r.Method("GET", "/classes/{class}/roster", roster)
	case group:
		r.Group(func(r chi.Router) {
			r.Use(guard)
			r.Method("GET", "/classes/{class}/roster", roster)
		})
	case route:
		r.With(guard).Method("GET", "/classes/{class}/roster", roster)
	case mount:
		sub.Method("GET", "/classes/{class}/roster", roster)
		r.Mount("/school", sub)
	case mountRoute:
		sub.With(guard).Method("GET", "/classes/{class}/roster", roster)
		r.Mount("/school", sub)
	case strip:
		sub.Method("GET", "/roster", roster)
		r.Mount("/classes/{class}", sub)
	case stripRoute:
		sub.Method("GET", "/roster", guard(roster))
		r.Mount("/classes/{class}", sub)
	case catchClass:
		r.Handle("/classes/{class}/*", guard(roster))
	case catchAll:
		r.Handle("/*", guard(roster))
	}
	return r
}

func gorillaRouter(at place, guard wrapping, roster, front http.Handler) http.Handler {
	r, inner := mux.NewRouter(), mux.NewRouter()
	r.Handle("/", front).Methods("GET")
	switch at {
	case around:
		r.Handle("/classes/{class}/roster", roster).Methods("GET")
		return guard(r)
	case use:
		r.Handle("/classes/{class}/roster", roster).Methods("GET")
		r.Use(guard) // its place among the routes does not matter
	case group:
		sub := r.PathPrefix("/classes/{class}").Subrouter()
		sub.Use(guard)
		sub.Handle("/roster", roster).Methods("GET")
	case route:
		r.Handle("/classes/{class}/roster", guard(roster)).Methods("GET")
	case mount:
		inner.Use(guard)
		inner.Handle("/classes/{class}/roster", roster).Methods("GET")
		r.PathPrefix("/school/").Handler(http.StripPrefix("/school", inner))
	case mountRoute:
		inner.Handle("/classes/{class}/roster", guard(roster)).Methods("GET")
		r.PathPrefix("/school/").Handler(http.StripPrefix("/school", inner))
	case strip:
		inner.Use(guard)
		inner.Handle("/roster", roster).Methods("GET")
		r.PathPrefix("/classes/{class}/").Handler(stripped(2, inner))
	case stripRoute:
		inner.Handle("/roster", guard(roster)).Methods("GET")
		r.PathPrefix("/classes/{class}/").Handler(stripped(2, inner))
	case catchClass:
		r.PathPrefix("/classes/{class}/").Handler(guard(roster))
	case catchAll:
		r.PathPrefix("/").Handler(guard(roster))
	}
	return r
}

func echoRouter(at place, guard wrapping, roster, front http.Handler) http.Handler {
	e, inner := echo.New(), echo.New()
	guarded, h := routers.Echo(guard), echo.WrapHandler(roster)
	e.GET("/", echo.WrapHandler(front))
	switch at {
	case around:
		e.GET("/classes/:class/roster", h)
		return guard(e)
	case use:
		e.GET("/classes/:class/roster", h)
		e.Use(guarded) // its place among the routes does not matter
	case group:
		e.Group("/classes/:class", guarded).GET("/roster", h)
	case route:
		e.GET("/classes/:class/roster", h, guarded)
	case mount:
		inner.Use(guarded)
		inner.GET("/classes/:class/roster", h)
		e.Any("/school/*", echo.WrapHandler(http.StripPrefix("/school", inner)))
	case mountRoute:
		inner.GET("/classes/:class/roster", h, guarded)
		e.Any("/school/*", echo.WrapHandler(http.StripPrefix("/school", inner)))
	case strip:
		inner.Use(guarded)
		inner.GET("/roster", h)
		e.Any("/classes/:class/*", echo.WrapHandler(stripped(2, inner)))
	case stripRoute:
		inner.GET("/roster", h, guarded)
		e.Any("/classes/:class/*", echo.WrapHandler(stripped(2, inner)))
	case catchClass:
		e.Any("/classes/:class/*", h, guarded)
	case catchAll:
		e.Any("/*", h, guarded)
	}
	return e
}

func ginRouter(at place, guard wrapping, roster, front http.Handler) http.Handler {
	e, inner := gin.New(), gin.New()
	guarded, h := routers.Gin(guard), gin.WrapH(roster)
	if at == use {
		e.Use(guarded) // only routes that are registered after it have it
	}
	e.GET("/", gin.WrapH(front))
	switch at {
	case around:
		e.GET("/classes/:class/roster", h)
		return guard(e)
	case use:
		e.GET("/classes/:class/roster", h)
	case group:
		e.Group("/classes/:class", guarded).GET("/roster", h)
	case route:
		e.GET("/classes/:class/roster", guarded, h)
	case mount:
		inner.Use(guarded)
		inner.GET("/classes/:class/roster", h)
		e.Any("/school/*rest", gin.WrapH(http.StripPrefix("/school", inner)))
	case mountRoute:
		inner.GET("/classes/:class/roster", guarded, h)
		e.Any("/school/*rest", gin.WrapH(http.StripPrefix("/school", inner)))
	case strip:
		inner.Use(guarded)
		inner.GET("/roster", h)
		e.Any("/classes/:class/*rest", gin.WrapH(stripped(2, inner)))
	case stripRoute:
		inner.GET("/roster", guarded, h)
		e.Any("/classes/:class/*rest", gin.WrapH(stripped(2, inner)))
	case catchClass:
		e.Any("/classes/:class/*rest", guarded, h)
	case catchAll:
		e.NoRoute(guarded, h) // "/*rest" and "/" exclude each other in gin
	}
	return e
}

func init() { gin.SetMode(gin.ReleaseMode) }
