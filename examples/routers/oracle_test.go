package routers_test

import (
	"net/http"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
)

// wrapping is what every guard is.
type wrapping = func(http.Handler) http.Handler

// rule is what a route asks for.
type rule string

const (
	requiring  rule = "Require"
	inClass    rule = "InClass"
	can        rule = "Can"
	canInClass rule = "Can inside InClass"
	canNoClass rule = "Can about NoClass"
	protect    rule = "Protect"
)

var rules = []rule{requiring, inClass, can, canInClass, canNoClass, protect}

// guardOf makes the guard of a rule. Protect stands around the whole application; the
// routes inside are not guarded.
func guardOf(rule rule, guard *middleware.Guard, of middleware.ClassOf) wrapping {
	manage := guard.Can(of, "class", "manage")
	switch rule {
	case requiring:
		return guard.Require
	case inClass:
		return guard.InClass(of, grimoireauth.RoleInstructor)
	case can:
		return manage
	case canInClass:
		return func(next http.Handler) http.Handler { return guard.InClass(of, grimoireauth.RoleStudent)(manage(next)) }
	case canNoClass:
		return guard.Can(middleware.NoClass, "class", "manage")
	case protect:
		return func(next http.Handler) http.Handler { return next }
	}
	panic("unknown rule " + rule)
}

// oracle says what the answer has to be to a person who asks for a handler behind a rule,
// about a class, and whether the guard can know the class. It shares no line with the
// guard: it reads the school's hand-written tables. The handler runs if and only if the
// answer is 200.
func oracle(s school, who person, rule rule, class grimoireauth.ClassID, known bool) int {
	roles, signedIn := s.roles[who]
	role := roles[class]
	switch {
	case !signedIn:
		return 401
	case rule == requiring, rule == protect:
		return 200
	case rule == canNoClass:
		if s.teaches[who] {
			return 200
		}
		return 403
	case !known:
		return 500
	case role == isInstructor:
		return 200
	case role == grimoireauth.RoleNone && rule != can:
		return 404
	}
	return 403
}
