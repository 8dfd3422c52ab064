package signin

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// serves reports whether this Handler offers a way to sign in.
func (h *Handler) serves(method grimoireauth.SignInMethod) bool {
	if !slices.Contains(everyMethod, method) || byBrowser(method) && !h.starts {
		return false
	}
	return h.config.Methods == nil || slices.Contains(h.config.Methods, method)
}

// allowed is what a class says about signing in to it: public, since its page
// offers it.
type classMethods struct {
	id          grimoireauth.ClassID // empty: there is no such class, or it is not known at the moment
	slug        string
	methods     []grimoireauth.SignInMethod
	connections []grimoireauth.Connection // active ones, the default first

	unsure  bool  // it could not be found out; methods are those that lead nowhere else
	refused error // why this request made no call, if it is that
}

var (
	// A class that does not exist has the page of one that allows everything.
	methodsOfNoClass = classMethods{methods: everyMethod}
	// While it cannot be found out, the ways that lead nowhere else.
	methodsInOutage = classMethods{methods: []grimoireauth.SignInMethod{grimoireauth.MethodMagicLink, grimoireauth.MethodEmailCode}, unsure: true}
)

// exactly reports whether the class was asked for by its id or by its slug as it is
// written. Other spellings of a slug are as many as strangers like.
func (a classMethods) isNamed(name string) bool {
	return a.id != "" && (name == string(a.id) || name == a.slug)
}

// allowed returns what a class allows, an id or a slug.
func (h *Handler) classMethods(r *http.Request, class string) classMethods {
	use := Use{Action: ActionAskClass, Class: lowerASCII(class), Source: source(r.Context())}
	may := h.classes.get(r.Context(), class, classLookup{
		reserve: func(ctx context.Context) error { return h.reserve(ctx, use) },
		call:    h.fetchClassMethods,
		release: func(ctx context.Context) { h.limit.Release(ctx, use) },
	})
	if own := (*applicationError)(nil); errors.As(may.refused, &own) {
		h.logFault(r, "a class cannot be looked up", may.refused)
	}
	return may
}

// askAllowed asks Stytch what a class allows.
func (h *Handler) fetchClassMethods(ctx context.Context, name string) (classMethods, error) {
	get := h.client.Classes.BySlug
	if strings.HasPrefix(name, "organization-") {
		get = func(ctx context.Context, id string) (grimoireauth.Class, error) {
			return h.client.Classes.Get(ctx, grimoireauth.ClassID(id))
		}
	}
	class, err := get(ctx, name)
	if err != nil {
		return classMethods{}, err
	}
	may := classMethods{id: class.ID, slug: class.Slug}
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
		return classMethods{}, err
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
	return h.classMethods(r, class).slug == slug
}

// late returns the page to begin again of an attempt that asked for this and whose time
// is over: for this class, if there is one.
func (h *Handler) expiredPage(r *http.Request, requested, slug string) Page {
	now := time.Now()
	for _, s := range h.stored(r) {
		if s.readable && s.requested == requested && !s.live(now) && (slug == "" || h.sameClass(r, s.class, slug)) {
			return s.startPage()
		}
	}
	return Page{}
}

// useOf returns what a request does to an address of a class: an id or a slug, or empty.
// An error says that the class cannot be looked up for this client address now.
func (h *Handler) useOf(r *http.Request, action Action, class, address string) (Use, error) {
	use := Use{Action: action, Class: lowerASCII(class), Address: lowerASCII(address), Source: source(r.Context())}
	if class == "" {
		return use, nil
	}
	switch may := h.classMethods(r, class); {
	case may.refused != nil:
		return Use{}, may.refused
	case may.id != "":
		use.Class = string(may.id)
	case !may.unsure:
		use.Class = noClass + use.Class
	}
	return use, nil
}

const (
	answerLife = time.Minute     // how long an answer is believed, also "no such class"
	outageLife = 5 * time.Second // how long no call is made after a failure
	answerTime = 3 * time.Second // how long a page waits for an answer
	maxClasses = 10_000          // classes that exist, each at about a kilobyte
	maxNames   = 1000            // other names, each at about 300 bytes
)

// classWays are the answers of the last minute, so that strangers who open pages
// cannot make the server ask Stytch each time. A name that no class has takes no place
// from a class that exists, and asking about one is limited: see [Limiter]. The zero
// value is ready.
type classCache struct {
	mu      sync.Mutex // guards the rest, and what is in them
	classes map[string]*cachedClass
	names   map[string]*cachedClass
}

type cachedClass struct {
	classMethods
	found  bool // it is Stytch's answer, and better than none when it is old
	fresh  time.Time
	asking chan struct{} // closed when the call that is being made has ended; nil: none is
}

// classQuestion is how a class is asked about.
type classLookup struct {
	reserve func(context.Context) error // for a name that no class is known to have
	release func(context.Context)       // it was the name of a class, or no call was made
	call    func(context.Context, string) (classMethods, error)
}

// of returns what the class allows. It asks once for all who want to know at the
// same time; a request that cannot wait gets what is known.
func (c *classCache) get(ctx context.Context, class string, q classLookup) classMethods {
	reserved, calls := false, false
	defer func() {
		if reserved && !calls {
			q.release(ctx) // another request has asked
		}
	}()
	for tries := 0; ; tries++ {
		c.mu.Lock()
		known := c.known(class)
		switch {
		case known != nil && (time.Now().Before(known.fresh) || known.asking != nil && known.found):
			defer c.mu.Unlock()
			return known.classMethods
		case known != nil && known.asking != nil:
			asking := known.asking
			c.mu.Unlock()
			select {
			case <-asking:
			case <-ctx.Done():
				return methodsInOutage
			}
			if tries < 2 {
				continue // the other request may have been refused because of its own address
			}
			return methodsInOutage
		case (known == nil || !known.found) && !reserved:
			c.mu.Unlock()
			if err := q.reserve(ctx); err != nil {
				return methodsNotAsked(err)
			}
			reserved = true
			continue // another request may ask by now
		}
		if known == nil {
			known = &cachedClass{classMethods: methodsInOutage}
			c.put(class, known)
		}
		asking := make(chan struct{})
		known.asking = asking
		c.mu.Unlock()
		if calls = true; !reserved {
			q.release = func(context.Context) {}
		}
		return c.lookUp(ctx, class, known, asking, q)
	}
}

// notAsked is what is known of a class about which this request may not ask.
func methodsNotAsked(err error) classMethods {
	may := methodsInOutage
	may.refused = err
	return may
}

// ask asks, and keeps the answer.
func (c *classCache) lookUp(ctx context.Context, class string, known *cachedClass, asking chan struct{}, q classLookup) classMethods {
	// Others wait for this answer, so it does not end with this request.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerTime)
	defer cancel()
	answer, err := classMethods{}, error(grimoireauth.ErrUnavailable) // also if it panics
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		known.asking = nil
		close(asking)
		_, own := limitedHere(err)
		switch {
		case err == nil:
			known.classMethods, known.found, known.fresh = answer, true, time.Now().Add(answerLife)
			if answer.isNamed(class) {
				delete(c.names, class)
				c.put(class, known)
			}
		case own: // says nothing to those with another address
			if !known.found {
				delete(c.names, class)
			}
		case isUndecided(err):
			known.fresh = time.Now().Add(outageLife)
		default:
			known.classMethods, known.found, known.fresh = methodsOfNoClass, false, time.Now().Add(answerLife)
			delete(c.classes, class)
			c.put(class, known)
		}
	}()
	answer, err = q.call(ctx, class)
	_, own := limitedHere(err)
	switch {
	case err == nil:
		q.release(ctx)
		return answer
	case isUndecided(err):
		c.mu.Lock()
		defer c.mu.Unlock()
		if own && !known.found {
			return methodsNotAsked(err)
		}
		return known.classMethods
	}
	return methodsOfNoClass
}

// known returns what is known of a class. mu is held.
func (c *classCache) known(class string) *cachedClass {
	if known := c.classes[class]; known != nil {
		return known
	}
	return c.names[class]
}

// put keeps an answer, in the place of an older one if there is no room. mu is held.
func (c *classCache) put(class string, known *cachedClass) {
	if c.classes == nil {
		c.classes, c.names = make(map[string]*cachedClass), make(map[string]*cachedClass)
	}
	table, most := c.names, maxNames
	if known.found && known.isNamed(class) {
		table, most = c.classes, maxClasses
	}
	if _, there := table[class]; !there && len(table) >= most {
		makeRoom(table)
	}
	table[class] = known
}

// makeRoom forgets an answer: one that no request waits for and, of the few that it
// looks at, the oldest. A map is gone through in no order that strangers know.
func makeRoom(table map[string]*cachedClass) {
	const few = 16
	oldest, looked := "", 0
	for class, known := range table {
		if known.asking == nil && (oldest == "" || known.fresh.Before(table[oldest].fresh)) {
			oldest = class
		}
		if looked++; looked >= few && oldest != "" {
			break
		}
	}
	delete(table, oldest)
}
