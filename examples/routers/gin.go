package routers

import (
	"net/http"

	"github.com/gin-gonic/gin"
)

// Gin makes a guard a middleware of gin: Gin(guard.Require), or
// Gin(guard.InClass(middleware.PathClass("class"), grimoireauth.RoleStudent)) for a
// route such as "/classes/:class". The handlers after it run only if the guard calls
// them, and find the session in the context of c.Request.
//
// gin calls the next handler when one returns, unless that one has called Abort. So
// with gin.WrapH around a guard the handler runs after a rejection all the same: use it
// only around the last handler of a route.
func Gin(guard func(http.Handler) http.Handler) gin.HandlerFunc {
	return func(c *gin.Context) {
		for _, param := range c.Params {
			c.Request.SetPathValue(param.Key, param.Value)
		}
		passed := false
		guard(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			passed = true
			c.Request = r
			c.Next()
		})).ServeHTTP(c.Writer, c.Request)
		if !passed {
			c.Abort()
		}
	}
}
