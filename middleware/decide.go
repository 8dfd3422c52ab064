package middleware

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// Rule is one condition of [Guard.Decide]. Make it with [HasRole], [HasPermission],
// [SignedInWithin] or [StytchSays]; the zero Rule fails with [ErrMisconfigured].
type Rule struct {
	make  func(*Guard) (check, error)
	fresh bool
}

// HasRole asks that the member is at least this in the class, as [Guard.InClass] does.
func HasRole(class grimoireauth.ClassID, least grimoireauth.Role) Rule {
	return Rule{make: func(g *Guard) (check, error) {
		if least <= grimoireauth.RoleNone {
			return nil, fmt.Errorf("%w: HasRole with the role %v", ErrMisconfigured, least)
		}
		return g.inClass(func(*http.Request) grimoireauth.ClassID { return class }, least), nil
	}}
}

// HasPermission asks that Config.Can permits the action on the resource, in this class or
// about [NoClass], as [Guard.Can] does.
func HasPermission(about Known, resource, action string) Rule {
	return Rule{make: func(g *Guard) (check, error) {
		return g.can(about, resource, action), canFault(about, resource, action)
	}}
}

// SignedInWithin asks that the member signed in within maxAge, as [Guard.Recent] does.
func SignedInWithin(maxAge time.Duration, factors ...string) Rule {
	factors = slices.Clone(factors)
	return Rule{make: func(*Guard) (check, error) {
		return recent(&NotRecentError{maxAge, factors}), recentFault(maxAge, factors)
	}}
}

// StytchSays asks for an answer of Stytch to a call that Decide makes now, as [Guard.Fresh]
// does.
func StytchSays() Rule {
	return Rule{fresh: true, make: func(*Guard) (check, error) {
		return func(_ context.Context, _ *http.Request, _ *requestAuth, in classRole) (classRole, error) {
			return in, nil
		}, nil
	}}
}

// Decision is the session that [Guard.Decide] has accepted, and the role of its member.
type Decision struct {
	// Authentication is the session, and the credentials that prove it now. After a refresh
	// they differ from those that Decide got.
	Authentication grimoireauth.Authentication
	// Person and Role are the member and the role in the class of the last [HasRole]. Zero
	// without one.
	Person grimoireauth.Person
	Role   grimoireauth.Role
}

// Decide authenticates the credentials and then checks all rules, in this order. The guards
// of this package decide by the same steps, so that a server of another protocol, such as
// gRPC, gets the decision that net/http would get. It writes nothing; for the cookies of a
// browser use the guards.
//
// A session_jwt without a session_token counts as a bearer token: it is never refreshed. A
// session_token counts with the session that Credentials.NamedSession names, if it names
// one.
//
// Its errors match [grimoireauth.ErrUnauthenticated], [grimoireauth.ErrNotFound] for a
// class of others (ErrForbidden with RevealClasses), [grimoireauth.ErrForbidden],
// [grimoireauth.ErrNotRecent], [grimoireauth.ErrUnavailable],
// [grimoireauth.ErrRateLimited] or [ErrMisconfigured]. Without rules it accepts every
// authenticated session.
func (g *Guard) Decide(ctx context.Context, credentials grimoireauth.Credentials, rules ...Rule) (Decision, error) {
	_, decision, _, err := g.decideBy(ctx, credentials, rules)
	return decision, err
}

// decideBy decides as Decide, and returns also the result and the checks.
func (g *Guard) decideBy(ctx context.Context, credentials grimoireauth.Credentials, rules []Rule) (*requestAuth, Decision, []check, error) {
	if g == nil || g.auth == nil {
		return nil, Decision{}, nil, errZeroGuard
	}
	a := &requestAuth{guard: g}
	checks, fresh, err := g.checksOf(rules)
	if err != nil {
		return nil, Decision{}, nil, err
	}
	a.fresh = fresh
	a.credentials, a.err = requestCredentialsOf(credentials)
	if a.err == nil {
		a.authenticate(ctx, nil)
	}
	in, err := a.decide(ctx, nil, checks)
	if err != nil {
		return nil, Decision{}, nil, err
	}
	decision := Decision{Authentication: a.authentication, Role: in.role}
	if in.role != grimoireauth.RoleNone {
		decision.Person = a.person(in)
	}
	return a, decision, checks, nil
}

// checksOf returns the checks of the rules, and whether one is [StytchSays].
func (g *Guard) checksOf(rules []Rule) (checks []check, fresh bool, err error) {
	for _, rule := range rules {
		if rule.make == nil {
			return nil, false, fmt.Errorf("%w: a zero Rule", ErrMisconfigured)
		}
		c, err := rule.make(g)
		if err != nil {
			return nil, false, err
		}
		checks = append(checks, c)
		fresh = fresh || rule.fresh
	}
	return checks, fresh, nil
}

// requestCredentialsOf returns the credentials that Decide got, in the form of those of a
// request.
func requestCredentialsOf(c grimoireauth.Credentials) (requestCredentials, error) {
	rc := requestCredentials{jwt: c.JWT.Reveal(), token: c.Token.Reveal(), session: string(c.NamedSession), bearer: c.Token.IsZero()}
	switch {
	case len(rc.jwt) > maxJWT || !tokenLike(rc.token, maxToken) || !tokenLike(rc.session, maxToken):
		return requestCredentials{}, errBadValue
	case rc.bearer:
		rc.session = ""
	}
	return rc, nil
}
