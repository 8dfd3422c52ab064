package main

import (
	"cmp"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/mock"
)

// demo is what the offline demonstration has and a deployment does not: Stytch in
// memory, an outbox, an authenticator app, and switches to make time pass and to stop
// Stytch.
type demo struct {
	stytch *mock.Stytch
	app    authenticator
	power  atomic.Value // "off" or "slow": see power
	seeded int          // requests that Stytch got before the first visitor
}

func newDemo(url string) *demo {
	return &demo{stytch: &mock.Stytch{RedirectURLs: []string{url + "/auth/callback"}}}
}

// options returns the options of the demonstration, before it starts.
func (d *demo) options() options {
	return options{
		url:         strings.TrimSuffix(d.stytch.RedirectURLs[0], "/auth/callback"),
		projectID:   d.stytch.ProjectID(),
		secret:      d.stytch.Secret(),
		publicToken: d.stytch.PublicToken(),
		transport:   d.stytch,
		demo:        d,
	}
}

// start serves the links in the e-mails and the pages of the identity providers on a
// port of their own, as the real Stytch does, and returns how to stop that. With the
// real Stytch it does nothing.
func (o *options) start() (stop func()) {
	if o.demo == nil {
		return func() {}
	}
	o.stytchURL, stop = o.demo.stytch.Start()
	return stop
}

// demoRoutes adds the demonstration's own pages, and returns the patterns of those that
// are public, since one visitor plays several people.
func (c *classroom) demoRoutes(mux *http.ServeMux) (public []string) {
	for pattern, page := range map[string]http.HandlerFunc{
		"GET /outbox":         c.outbox,
		"GET /authenticator":  c.authenticator,
		"POST /authenticator": c.addAccount,
		"GET /stytch":         c.behind,
		"POST /stytch/power":  c.power,
		"POST /stytch/time":   c.passTime,
	} {
		mux.HandleFunc(pattern, page)
		public = append(public, pattern)
	}
	mux.HandleFunc("POST /stytch/stale", c.stale)
	return public
}

// behind shows the requests that Stytch got, the newest first, and the switches.
func (c *classroom) behind(w http.ResponseWriter, r *http.Request) {
	type line struct {
		At        string
		Request   []string // split at its slashes, so that lines break there and not inside words
		Status    int
		ErrorType string
	}
	page := struct {
		frame
		Slow  bool
		Asked int
		Lines []line
	}{frame: c.frame(r), Slow: c.demo.power.Load() == "slow"}
	journal := c.demo.stytch.Journal()
	journal = journal[min(c.demo.seeded, len(journal)):]
	page.Asked = len(journal)
	for i := len(journal) - 1; i >= 0 && len(page.Lines) < 25; i-- {
		entry := journal[i]
		page.Lines = append(page.Lines, line{entry.At.Local().Format("15:04:05"), strings.Split(cmp.Or(entry.Endpoint, entry.Method+" "+entry.Path), "/"), entry.Status, entry.ErrorType})
	}
	show(w, http.StatusOK, "stytch", page)
}

// off reports whether Stytch cannot be reached.
func (d *demo) off() bool { return d.power.Load() == "off" }

// slow is how long each call takes while Stytch is slow: long enough to load two pages
// meanwhile.
const slow = time.Second

// power stops Stytch, makes it slow, or starts it again.
func (c *classroom) power(w http.ResponseWriter, r *http.Request) {
	power := r.PostFormValue("power")
	c.demo.stytch.ClearFaults()
	switch power {
	case "off":
		c.demo.stytch.Fail(mock.Fault{Drop: true})
	case "slow":
		c.demo.stytch.Fail(mock.Fault{Latency: slow})
	default:
		power = "on"
	}
	c.demo.power.Store(power)
	c.back(w, r)
}

// passTime makes everything in Stytch an hour older, so that links and sessions expire.
func (c *classroom) passTime(w http.ResponseWriter, r *http.Request) {
	c.demo.stytch.Age(61 * time.Minute)
	c.back(w, r)
}

// stale replaces the session_jwt in the visitor's cookie by one that Stytch signed an
// hour ago, as a browser has it after a break.
func (c *classroom) stale(w http.ResponseWriter, r *http.Request) {
	authentication, ok := grimoireauth.AuthenticationFromContext(r.Context())
	if !ok {
		c.guard.Respond(w, r, grimoireauth.ErrNoCredentials)
		return
	}
	if authentication.Credentials, ok = c.demo.stale(authentication.Credentials); !ok {
		c.guard.Respond(w, r, grimoireauth.ErrSessionEnded)
		return
	}
	if err := c.guard.SetCookies(w, r, authentication); err != nil {
		c.guard.Respond(w, r, err)
		return
	}
	c.back(w, r)
}

// stale returns an expired session_jwt of the same session. It reports false if Stytch knows
// the session no more, such as after an hour has passed: then the mock panics, since a test
// would have made a mistake.
func (d *demo) stale(credentials grimoireauth.Credentials) (expired grimoireauth.Credentials, ok bool) {
	defer func() { ok = recover() == nil }()
	return d.stytch.Stale(credentials), true
}

// back redirects to the page in the form.
func (c *classroom) back(w http.ResponseWriter, r *http.Request) {
	back, _ := middleware.ReturnTo(r.PostFormValue("return_to"))
	http.Redirect(w, r, cmp.Or(back, "/stytch"), http.StatusSeeOther)
}
