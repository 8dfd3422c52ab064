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
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
)

// serves reports whether this Handler offers the method.
func (h *Handler) serves(method grimoireauth.SignInMethod) bool {
	if !slices.Contains(everyMethod, method) || byBrowser(method) && !h.starts {
		return false
	}
	return h.config.Methods == nil || slices.Contains(h.config.Methods, method)
}

// classMethods is what a class allows for signing in. It is public, since the sign-in
// page shows it.
type classMethods struct {
	id          grimoireauth.ClassID // empty: there is no such class, or it is not known now
	slug        string
	methods     []grimoireauth.SignInMethod
	connections []stytchclient.Connection // active ones, the default first

	unsure  bool  // Stytch could not be asked; methods are those that lead to no other host
	refused error // why no call was made for this request; nil: it was made or not needed
}

var (
	// The page of a class that does not exist looks like that of a class that allows
	// everything.
	methodsOfNoClass = classMethods{methods: everyMethod}
	// During an outage only the methods are offered that lead to no other host.
	methodsInOutage = classMethods{methods: []grimoireauth.SignInMethod{grimoireauth.MethodMagicLink, grimoireauth.MethodEmailCode}, unsure: true}
)

// isNamed reports whether name is the id of the class, or its slug exactly as it is
// written. A slug has many other spellings, and strangers could fill the cache with
// them.
func (a classMethods) isNamed(name string) bool {
	return a.id != "" && (name == string(a.id) || name == a.slug)
}

// classMethods returns the methods of a class, an id or a slug.
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

// fetchClassMethods gets the methods of a class from Stytch.
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
	connections, err := h.client.Connections.List(ctx, class.ID)
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

// sameClass reports whether a class, an id or a slug, has this slug. It returns false
// if the class cannot be looked up.
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

// expiredPage returns the page to begin again of an expired attempt that requested
// this, in the class of the slug if there is one.
func (h *Handler) expiredPage(r *http.Request, requested, slug string) Page {
	now := time.Now()
	for _, s := range h.stored(r) {
		if s.readable && s.requested == requested && !s.live(now) && (slug == "" || h.sameClass(r, s.class, slug)) {
			return s.startPage()
		}
	}
	return Page{}
}

// useOf returns the Use of an action on an address in a class: an id, a slug or empty.
// Its error says that the class cannot be looked up for this client address now.
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
	answerLife = time.Minute     // how long an answer is used, also "no such class"
	outageLife = 5 * time.Second // how long no call is made after a temporary error
	answerTime = 3 * time.Second // how long a page waits for an answer
	maxClasses = 10_000          // existing classes, about a kilobyte each
	maxNames   = 1000            // other names, about 300 bytes each
)

// classCache holds the answers of the last minute, so that strangers who open pages
// cannot make the server call Stytch each time. Names that no class has are in a table
// of their own, so that they take no place of an existing class, and looking one up is
// limited: see [Limiter]. The zero value is ready.
type classCache struct {
	mu      sync.Mutex // guards the rest, and the cached classes
	classes map[string]*cachedClass
	names   map[string]*cachedClass
}

type cachedClass struct {
	classMethods
	found  bool // Stytch has answered; an old answer is better than none
	fresh  time.Time
	asking chan struct{} // closed when the call under way has ended; nil: no call is under way
}

// classLookup is how a class is looked up.
type classLookup struct {
	reserve func(context.Context) error // before the call, for a name that is not known to be a class
	release func(context.Context)       // the name is that of a class, or no call was made
	call    func(context.Context, string) (classMethods, error)
}

// get returns the methods of a class. Requests that come at the same time share one
// call. If there is an old answer, they get it while the call is under way.
func (c *classCache) get(ctx context.Context, class string, q classLookup) classMethods {
	reserved, calls := false, false
	defer func() {
		if reserved && !calls {
			q.release(ctx) // another request has made the call
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
				continue // the call may have been refused because of the other request's client address
			}
			return methodsInOutage
		case (known == nil || !known.found) && !reserved:
			c.mu.Unlock()
			if err := q.reserve(ctx); err != nil {
				return methodsNotAsked(err)
			}
			reserved = true
			continue // another request may have started a call by now
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

// methodsNotAsked returns the methods for a request that must not make a call.
func methodsNotAsked(err error) classMethods {
	may := methodsInOutage
	may.refused = err
	return may
}

// lookUp makes the call and caches the answer.
func (c *classCache) lookUp(ctx context.Context, class string, known *cachedClass, asking chan struct{}, q classLookup) classMethods {
	// Other requests wait for this answer, so the call goes on if this request ends.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerTime)
	defer cancel()
	answer, err := classMethods{}, error(grimoireauth.ErrUnavailable) // also after a panic
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
		case own: // the refusal of one client address is no answer for others
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

// known returns the cached class, or nil. The caller holds mu.
func (c *classCache) known(class string) *cachedClass {
	if known := c.classes[class]; known != nil {
		return known
	}
	return c.names[class]
}

// put caches a class. If the table is full, it replaces an older one. The caller holds
// mu.
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

// makeRoom removes one class: the oldest of a few, without those that requests wait
// for. Strangers cannot know which, since Go iterates over a map in random order.
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
