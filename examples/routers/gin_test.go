package routers_test

import (
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/promptgrimoire/auth/examples/routers"
	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
)

// withGin needs Gin around each guard. The handler finds who it is in the context of
// c.Request.
func withGin(guard *middleware.Guard) http.Handler {
	class := middleware.PathClass("class")
	students := routers.Gin(guard.InClass(class, grimoireauth.RoleStudent))
	instructors := routers.Gin(guard.InClass(class, grimoireauth.RoleInstructor))

	e := gin.New()
	inClass := e.Group("/classes/:class", students)
	inClass.GET("/roster", instructors, func(c *gin.Context) {
		instructor, ok := grimoireauth.InstructorFromContext(c.Request.Context())
		if !ok {
			c.AbortWithStatus(http.StatusInternalServerError)
			return
		}
		c.String(http.StatusOK, "the roster of %s", instructor.Class)
	})
	return routers.Protected(guard, e, map[string]http.Handler{"GET /{$}": http.HandlerFunc(front)})
}

func ExampleGin() {
	c := newContracts()
	app := withGin(c.guard)
	c.tryRoster(app)
	fmt.Println("front page:", c.get(app, "/", grimoireauth.Credentials{}))
	// Output:
	// instructor: 200
	// student: 403
	// stranger: 401
	// front page: 200
}

// gin calls the next handler when one returns without Abort. gin.WrapH around a guard
// writes 401, and then the handler runs: the status looks right, and the roster was read
// and written behind the refusal.
func ExampleGin_wrapH_incorrect() {
	c := newContracts()
	nothing := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	e := gin.New()
	e.GET("/wrong", gin.WrapH(c.guard.Require(nothing)), gin.WrapF(secretRoster))
	e.GET("/right", routers.Gin(c.guard.Require), gin.WrapF(secretRoster))
	fmt.Println("wrong:", c.get(e, "/wrong", grimoireauth.Credentials{}))
	fmt.Println("right:", c.get(e, "/right", grimoireauth.Credentials{}))
	// Output:
	// THE ROSTER WAS READ
	// wrong: 401
	// right: 401
}

// Use guards only the routes that are registered after it. Protected around the router
// closes the others too.
func ExampleGin_useAfterRoutes_incorrect() {
	c := newContracts()
	e := gin.New()
	e.GET("/roster", gin.WrapF(secretRoster))
	e.Use(routers.Gin(c.guard.Require))
	fmt.Println("stranger:", c.get(e, "/roster", grimoireauth.Credentials{}))
	fmt.Println("stranger, with Protected:", c.get(routers.Protected(c.guard, e, nil), "/roster", grimoireauth.Credentials{}))
	// Output:
	// THE ROSTER WAS READ
	// stranger: 200
	// stranger, with Protected: 401
}
