package routers_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/labstack/echo/v4"
	"github.com/promptgrimoire/auth/examples/routers"
	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/stretchr/testify/require"
)

// withEcho needs Echo around each guard. The handler finds who it is in the context of
// c.Request().
func withEcho(guard *middleware.Guard) http.Handler {
	class := middleware.PathClass("class")
	students := routers.Echo(guard.InClass(class, grimoireauth.RoleStudent))
	instructors := routers.Echo(guard.InClass(class, grimoireauth.RoleInstructor))

	e := echo.New()
	inClass := e.Group("/classes/:class", students)
	inClass.GET("/roster", func(c echo.Context) error {
		instructor, ok := grimoireauth.InstructorFromContext(c.Request().Context())
		if !ok {
			return echo.ErrInternalServerError
		}
		return c.String(http.StatusOK, "the roster of "+string(instructor.Class))
	}, instructors)
	return routers.Protected(guard, e, map[string]http.Handler{"GET /{$}": http.HandlerFunc(front)})
}

func ExampleEcho() {
	c := newContracts()
	app := withEcho(c.guard)
	c.tryRoster(app)
	fmt.Println("front page:", c.get(app, "/", grimoireauth.Credentials{}))
	// Output:
	// instructor: 200
	// student: 403
	// stranger: 401
	// front page: 200
}

// Pre runs before echo has matched a route. No class is there, also none that an earlier
// request has left in the context, which echo uses again.
func TestEchoPreKnowsNoClass(t *testing.T) {
	c := newContracts()
	e := echo.New()
	e.Pre(routers.Echo(c.guard.InClass(middleware.PathClass("class"), grimoireauth.RoleInstructor)))
	ran := 0
	e.GET("/classes/:class/roster", func(echo.Context) error { ran++; return nil })
	for range 20 {
		require.Equal(t, 500, c.get(e, "/classes/"+string(c.class)+"/roster", c.instructor))
		require.Equal(t, 401, c.get(e, "/classes/"+string(c.class)+"/roster", grimoireauth.Credentials{}))
	}
	require.Zero(t, ran)
}

// echo.WrapHandler makes a handler, which reports no refusal. A middleware that is made of
// it writes 401, and then the handler runs: the status looks right, and the roster was
// read and written behind the refusal.
func ExampleEcho_wrapHandler_incorrect() {
	c := newContracts()
	nothing := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	wrong := func(guard func(http.Handler) http.Handler) echo.MiddlewareFunc {
		return func(next echo.HandlerFunc) echo.HandlerFunc {
			return func(c echo.Context) error {
				if err := echo.WrapHandler(guard(nothing))(c); err != nil {
					return err
				}
				return next(c)
			}
		}
	}
	e := echo.New()
	e.GET("/wrong", echo.WrapHandler(http.HandlerFunc(secretRoster)), wrong(c.guard.Require))
	e.GET("/right", echo.WrapHandler(http.HandlerFunc(secretRoster)), routers.Echo(c.guard.Require))
	fmt.Println("wrong:", c.get(e, "/wrong", grimoireauth.Credentials{}))
	fmt.Println("right:", c.get(e, "/right", grimoireauth.Credentials{}))
	// Output:
	// THE ROSTER WAS READ
	// wrong: 401
	// right: 401
}

// echo.WrapMiddleware stops after a refusal, as it should, and sets no path values. A
// class guard finds no class, and the route is closed to all.
func ExampleEcho_wrapMiddleware_incorrect() {
	c := newContracts()
	e := echo.New()
	instructors := c.guard.InClass(middleware.PathClass("class"), grimoireauth.RoleInstructor)
	e.GET("/classes/:class/roster", echo.WrapHandler(http.HandlerFunc(secretRoster)), echo.WrapMiddleware(instructors))
	c.tryRoster(e)
	// Output:
	// instructor: 500
	// student: 500
	// stranger: 401
}
