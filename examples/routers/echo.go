package routers

import (
	"net/http"

	"github.com/labstack/echo/v4"
)

// Echo makes a guard a middleware of echo: Echo(guard.Require), or
// Echo(guard.InClass(middleware.PathClass("class"), grimoireauth.RoleStudent)) for a
// route such as "/classes/:class". The handler runs only if the guard calls it, and
// finds the session in the context of c.Request().
//
// echo.WrapMiddleware works too, but sets no path values, so that PathClass finds no
// class. echo.WrapHandler makes no middleware: around a guard it writes the guard's
// response and returns no error, so that the next handler is called all the same.
func Echo(guard func(http.Handler) http.Handler) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			r, values := c.Request(), c.ParamValues()
			for i, name := range c.ParamNames() {
				r.SetPathValue(name, values[i])
			}
			var err error
			guard(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				c.SetRequest(r)
				err = next(c)
			})).ServeHTTP(c.Response(), r)
			return err
		}
	}
}
