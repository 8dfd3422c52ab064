package signin

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// allowed is what a class says about signing in to it: public, since its page
// offers it.
type allowed struct {
	methods     []grimoireauth.SignInMethod
	connections []grimoireauth.Connection // active ones, the default first
	slug        string                    // empty: there is no such class, or it is not known at the moment
}

const (
	allowedLife = time.Minute     // how long an answer is believed, also "no such class"
	outageLife  = 5 * time.Second // how long nobody is asked after a failure
	allowedTime = 3 * time.Second // how long a page waits for an answer
	maxAllowed  = 1000            // classes; beyond it nobody is asked about others
)

var (
	// A class that does not exist has the page of one that allows everything.
	allowedUnknown = allowed{methods: everyMethod}
	// While nobody can say, the ways that lead nowhere else.
	allowedOutage = allowed{methods: []grimoireauth.SignInMethod{grimoireauth.MethodMagicLink, grimoireauth.MethodEmailCode}}
)

// classWays are the answers of the last minute, so that strangers who open pages
// cannot make the server ask Stytch each time. The zero value is ready.
type classWays struct {
	mu    sync.Mutex // guards the rest, and what is in all
	all   map[string]*classAnswer
	swept time.Time
}

type classAnswer struct {
	allowed
	found  bool // it is Stytch's answer, and better than none when it is old
	fresh  time.Time
	asking chan struct{} // closed when whoever is asking has an answer; nil: nobody is
}

// of returns what the class allows. It asks once for all who want to know at the
// same time; whoever cannot wait gets what is known.
func (c *classWays) of(ctx context.Context, class string, ask func(context.Context, string) (allowed, error)) allowed {
	c.mu.Lock()
	known := c.all[class]
	switch {
	case known == nil && !c.room():
		c.mu.Unlock()
		return allowedUnknown
	case known == nil:
		known = &classAnswer{allowed: allowedOutage}
		c.all[class] = known
	case time.Now().Before(known.fresh), known.asking != nil && known.found:
		defer c.mu.Unlock()
		return known.allowed
	}
	if asking := known.asking; asking != nil {
		c.mu.Unlock()
		select {
		case <-asking:
		case <-ctx.Done():
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		return known.allowed
	}
	asking := make(chan struct{})
	known.asking = asking
	c.mu.Unlock()

	// Others wait for this answer, so it does not end with this request.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), allowedTime)
	defer cancel()
	answer, err := allowed{}, error(grimoireauth.ErrUnavailable) // also if it panics
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		known.asking = nil
		close(asking)
		switch {
		case err == nil:
			known.allowed, known.found, known.fresh = answer, true, time.Now().Add(allowedLife)
		case unknown(err):
			known.fresh = time.Now().Add(outageLife)
		default:
			known.allowed, known.found, known.fresh = allowedUnknown, false, time.Now().Add(allowedLife)
		}
	}()
	answer, err = ask(ctx, class)
	switch {
	case err == nil:
		return answer
	case unknown(err):
		c.mu.Lock()
		defer c.mu.Unlock()
		return known.allowed
	}
	return allowedUnknown
}

// room makes room for one more class and reports whether there is any. What is old
// goes: "no such class" first, since names can be made up by the thousand.
func (c *classWays) room() bool {
	if c.all == nil {
		c.all = make(map[string]*classAnswer)
	}
	now := time.Now()
	if len(c.all) >= maxAllowed && now.Sub(c.swept) < time.Second {
		return false // looking again would cost those who make up names nothing, and us much
	}
	c.swept = now
	for _, evenFound := range []bool{false, true} {
		if len(c.all) < maxAllowed {
			return true
		}
		for class, known := range c.all {
			if known.asking == nil && now.After(known.fresh) && (evenFound || !known.found) {
				delete(c.all, class)
			}
		}
	}
	return len(c.all) < maxAllowed
}

// askAllowed asks Stytch what a class allows.
func (h *Handler) askAllowed(ctx context.Context, name string) (allowed, error) {
	get := h.client.Classes.BySlug
	if strings.HasPrefix(name, "organization-") {
		get = func(ctx context.Context, id string) (grimoireauth.Class, error) {
			return h.client.Classes.Get(ctx, grimoireauth.ClassID(id))
		}
	}
	class, err := get(ctx, name)
	if err != nil {
		return allowed{}, err
	}
	may := allowed{slug: class.Slug}
	for _, method := range everyMethod {
		if class.Settings.Allows(method) {
			may.methods = append(may.methods, method)
		}
	}
	if !slices.Contains(may.methods, grimoireauth.MethodSSO) || !h.serves(grimoireauth.MethodSSO) {
		return may, nil
	}
	connections, err := h.client.SignIn.Connections.List(ctx, class.ID)
	if err != nil {
		return allowed{}, err
	}
	for _, connection := range connections {
		switch {
		case !connection.Active:
		case string(connection.ID) == class.Settings.DefaultConnection:
			may.connections = slices.Insert(may.connections, 0, connection)
		default:
			may.connections = append(may.connections, connection)
		}
	}
	return may, nil
}

// sameClass reports whether a class, by id or slug, is that of the slug. One that
// cannot be looked up is not.
func (h *Handler) sameClass(r *http.Request, class, slug string) bool {
	switch {
	case class == "" || slug == "":
		return false
	case strings.EqualFold(class, slug):
		return true
	case !strings.HasPrefix(class, "organization-"):
		return false
	}
	return h.classes.of(r.Context(), class, h.askAllowed).slug == slug
}
