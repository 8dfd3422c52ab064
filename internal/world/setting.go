package world

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/middleware"
)

// Deployment has the settings of a world. It is drawn from the seed.
type Deployment struct {
	Processes int
	Computers int // each used by several people, one after the other
	Tabs      int // at each computer
	// OneOrganization maps the school to one Organization and the classes to tables of
	// the application. False: an Organization per class.
	OneOrganization bool
	// ByHand signs people in by forms of the application's own, as in the guide. False:
	// by the pages of package signin.
	ByHand bool
	// FrontEnd has a front end own the cookies, which signs people in by itself, as
	// Stytch's browser SDK does.
	FrontEnd bool
	// Siblings are other hosts of the same site that write cookies. Then the cookies
	// have names that they cannot write.
	Siblings bool
	// SecondFactor is the second factor that one of the classes requires.
	SecondFactor bool
	// Shared has the processes share revocations over a log.
	Shared  bool
	Setting Setting // of the first deployment
}

// Setting is what an operator can change between deployments.
type Setting struct {
	Grace   time.Duration // jwtlocal.Config.OutageGrace
	Sliding bool          // jwtlocal.Config.SlidingSession
	Cookies cookieKind
	Former  []cookieKind // of deployments before
}

// cookieKind is the form in which the session cookies are written.
type cookieKind string

const (
	hostCookies   cookieKind = "__Host-"
	ownCookies    cookieKind = "__Host- and a name of its own"
	plainCookies  cookieKind = "plain names"
	sharedCookies cookieKind = "shared by the domain"
	scriptCookies cookieKind = "of a front end" // written by the front end, never by the guard
)

// names are the names of the two cookies.
func (k cookieKind) names() names {
	switch k {
	case ownCookies:
		return names{"__Host-grimoire", "__Host-grimoire_jwt"}
	case plainCookies, scriptCookies:
		return names{"stytch_session", "stytch_session_jwt"}
	case sharedCookies:
		return names{"shared", "shared_jwt"}
	}
	return names{"__Host-stytch_session", "__Host-stytch_session_jwt"}
}

// domain is the Domain of the cookies, "" if they belong to one host.
func (k cookieKind) domain() string {
	if k == sharedCookies {
		return "example.edu"
	}
	return ""
}

// plantable reports whether another host of the site can write such a cookie.
func (k cookieKind) plantable() bool { return k != hostCookies && k != ownCookies }

// stale is how long a process that does not know of a session's end may serve it, as
// docs/refresh-and-outages.md states.
func (s Setting) stale() time.Duration { return tokenLife + leeway + s.Grace }

// The lifetime of a session without sliding, and with sliding that of an unused session
// and of one in use.
const (
	sessionLife = 4 * time.Hour
	idleLife    = time.Hour
	longestLife = 8 * time.Hour
)

// names are the names of the session cookies.
type names struct{ token, jwt string }

// moved is the name of the session_token's cookie that replaces a former one.
func (n names) moved() string { return n.token + "_moved" }

func (s Setting) cookies() names { return s.Cookies.names() }

// carried returns the session_token that a request carries, "" if there is none.
func (s Setting) carried(r *http.Request) string {
	for _, k := range append([]cookieKind{s.Cookies}, s.Former...) {
		for _, name := range []string{k.names().token, k.names().moved()} {
			for _, c := range r.CookiesNamed(name) {
				token, _, _ := strings.Cut(c.Value, "~")
				return token
			}
		}
	}
	return ""
}

// guard is the part of the guard's configuration that the setting decides.
func (s Setting) guard() middleware.Config {
	var c middleware.Config
	switch s.Cookies {
	case ownCookies:
		c.CookieName = "grimoire"
	case plainCookies:
		c.PlantableCookieNames = true
	case sharedCookies:
		c.CookieName, c.SharedCookieDomain = "shared", "example.edu"
	case scriptCookies:
		c.FrontEndCookies = true
	}
	for _, k := range s.Former {
		f := middleware.FormerCookies{Prefixed: !k.plantable(), Until: time.Now().Add(30 * 24 * time.Hour)}
		switch k {
		case ownCookies:
			f.Name = "grimoire"
		case sharedCookies:
			f.Name, f.Domain = "shared", "example.edu"
		}
		c.FormerCookies = append(c.FormerCookies, f)
	}
	return c
}

func (s Setting) String() string {
	return fmt.Sprintf("grace %v, sliding %v, cookies: %s", s.Grace, s.Sliding, s.Cookies)
}

func drawDeployment(seed Seed) Deployment {
	processes := 2
	switch k := seed.below(10, "processes"); {
	case k == 0:
		processes = 1
	case k == 1:
		processes = 4 + seed.below(5, "many processes")
	case k < 5:
		processes = 3
	}
	d := Deployment{
		Processes:       processes,
		Computers:       2 + seed.below(2, "desks"),
		Tabs:            2 + seed.below(2, "tabs"),
		OneOrganization: seed.chance(0.35, "one organization"),
		ByHand:          seed.chance(0.25, "by hand"),
		FrontEnd:        seed.chance(0.15, "front end"),
		Siblings:        seed.chance(0.7, "siblings"),
	}
	d.ByHand = d.ByHand && !d.FrontEnd
	d.Siblings = d.Siblings && !d.FrontEnd
	d.SecondFactor = !d.ByHand && !d.FrontEnd && seed.chance(0.4, "second factor")
	d.Shared = d.Processes > 1 && seed.chance(0.5, "shared revocations")
	d.Setting = d.drawSetting(seed, "first")
	return d
}

// drawSetting draws the setting of a deployment.
func (d Deployment) drawSetting(seed Seed, name string) Setting {
	s := Setting{Sliding: seed.chance(0.4, name+" sliding"), Cookies: hostCookies}
	kinds := []cookieKind{hostCookies, hostCookies, ownCookies, plainCookies, sharedCookies}
	if d.Siblings {
		kinds = kinds[:3]
	}
	s.Cookies = kinds[seed.below(len(kinds), name+" cookies")]
	if d.FrontEnd {
		s.Cookies = scriptCookies
	}
	if seed.chance(0.2, name+" grace") {
		s.Grace = 30 * time.Minute
	}
	return s
}

func (d Deployment) String() string {
	var out strings.Builder
	fmt.Fprintf(&out, "%d processes, %d computers with %d tabs, ", d.Processes, d.Computers, d.Tabs)
	if d.OneOrganization {
		out.WriteString("one Organization, ")
	} else {
		out.WriteString("an Organization per class, ")
	}
	switch {
	case d.FrontEnd:
		out.WriteString("sign-in by a front end, ")
	case d.ByHand:
		out.WriteString("sign-in by hand, ")
	default:
		out.WriteString("sign-in by the pages, ")
	}
	if d.SecondFactor {
		out.WriteString("a second factor, ")
	}
	if d.Siblings {
		out.WriteString("siblings, ")
	}
	if d.Shared {
		out.WriteString("shared revocations, ")
	}
	return out.String() + d.Setting.String()
}
