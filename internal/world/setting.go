package world

import (
	"fmt"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/middleware"
)

// Deployment is how a world is set up. It is drawn from the seed.
type Deployment struct {
	Processes int
	Desks     int // computers that several people use in turns
	Tabs      int // on each
	// OneOrganization maps the school to one Organization and the classes to tables of
	// the application. False: an Organization per class.
	OneOrganization bool
	// ByHand signs people in by forms of the application's own, as the guide shows
	// them. False: by the pages of package signin.
	ByHand  bool
	Setting Setting // of the first deployment
}

// Setting is what an operator can change between deployments.
type Setting struct {
	Grace   time.Duration // jwtlocal.Config.OutageGrace
	Sliding bool          // jwtlocal.Config.Slide
}

// stale is how long a session may be served after its end by a process that was
// not told of it, as docs/refresh-and-outages.md states it.
func (s Setting) stale() time.Duration { return tokenLife + leeway + s.Grace }

// The life of a session: without sliding, and with it the life of an unused one
// and of one in use.
const (
	sessionLife = 4 * time.Hour
	idleLife    = time.Hour
	longestLife = 8 * time.Hour
)

// names are the names of the session cookies.
type names struct{ token, jwt string }

func (s Setting) cookies() names {
	return names{"__Host-stytch_session", "__Host-stytch_session_jwt"}
}

// guard is the part of the guard's configuration that the setting decides.
func (s Setting) guard() middleware.Config {
	return middleware.Config{}
}

func (s Setting) String() string {
	return fmt.Sprintf("grace %v, sliding %v", s.Grace, s.Sliding)
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
	return Deployment{
		Processes:       processes,
		Desks:           2 + seed.below(2, "desks"),
		Tabs:            2 + seed.below(2, "tabs"),
		OneOrganization: seed.chance(0.35, "one organization"),
		ByHand:          seed.chance(0.3, "by hand"),
		Setting:         drawSetting(seed, "first"),
	}
}

func drawSetting(seed Seed, name string) Setting {
	s := Setting{Sliding: seed.chance(0.4, name+" sliding")}
	if seed.chance(0.2, name+" grace") {
		s.Grace = 30 * time.Minute
	}
	return s
}

func (d Deployment) String() string {
	var out strings.Builder
	fmt.Fprintf(&out, "%d processes, %d desks with %d tabs, ", d.Processes, d.Desks, d.Tabs)
	if d.OneOrganization {
		out.WriteString("one Organization, ")
	} else {
		out.WriteString("an Organization per class, ")
	}
	if d.ByHand {
		out.WriteString("sign-in by hand, ")
	} else {
		out.WriteString("sign-in by the pages, ")
	}
	return out.String() + d.Setting.String()
}
