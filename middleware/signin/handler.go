package signin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/alarm"
	"github.com/promptgrimoire/auth/middleware"
)

// Handler serves the pages. It is safe for concurrent use, starts no goroutine
// and has nothing to close. Make it with [New]; the zero Handler answers 500.
type Handler struct {
	guard  *middleware.Guard
	config Config
	mux    *http.ServeMux
	csrf   *http.CrossOriginProtection
	client *grimoireauth.Client
	starts bool // the client has what start URLs need

	redemptions redemptions[progress]
	enrolments  redemptions[grimoireauth.AppEnrolment]
	classes     classWays
	limit       Limiter
	alarms      alarm.Limit
	revoke      func(context.Context, grimoireauth.Session) error
}

// New returns a Handler that signs people in through client and gives them the
// cookies that guard reads. It does no I/O. Its error, an [*grimoireauth.Error]
// that matches [grimoireauth.ErrInvalid], names every fault at once.
//
// Two settings of the Guard belong to the pages, and New does not ask for them:
// SignInURL, the Prefix, without which browsers are not led here, and Revoke,
// client.Sessions.Revoke, without which the session that a browser had before its sign-in
// goes on at Stytch. The Guard logs the second when it first happens.
func New(guard *middleware.Guard, client *grimoireauth.Client, config Config) (*Handler, error) {
	faults := config.faults()
	starts := false
	if client == nil {
		faults = errors.Join(errors.New("the Client is missing: pass what grimoireauth.New returned"), faults)
	} else if starts = canStart(client); !starts && slices.ContainsFunc(config.Methods, byBrowser) {
		faults = errors.Join(errors.New("Methods names OAuth or SSO, for which the Client needs a PublicToken"), faults)
	}
	if err := guardFaults(guard, config.BaseURL); err != nil {
		faults = errors.Join(err, faults)
	}
	if faults != nil {
		return nil, fmt.Errorf("%w: %w", &grimoireauth.Error{Op: "configure sign-in", Kind: grimoireauth.ErrInvalid}, faults)
	}
	h := &Handler{
		guard:  guard,
		config: config,
		csrf:   http.NewCrossOriginProtection(),
		client: client,
		starts: starts,
		revoke: client.Sessions.Revoke,
		limit:  config.limiter(),
	}
	h.route()
	return h, nil
}

// maxForm bounds the forms; the longest field is a return address.
const maxForm = 8 << 10

// ServeHTTP serves the page that the path names.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h == nil || h.mux == nil {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	// Pages send their origin to themselves, so that browsers without
	// Sec-Fetch-Site still say where a form comes from; other hosts learn nothing.
	header.Set("Referrer-Policy", "same-origin")
	header.Set("X-Content-Type-Options", "nosniff")
	// An application should protect all its routes like this. These protect
	// themselves: a forged POST here would sign somebody in as somebody else.
	if err := h.csrf.Check(r); err != nil {
		if count := h.alarms.Met("another site"); count > 0 {
			h.config.logger().WarnContext(r.Context(), "sign-in form refused: it came from another site", "path", r.URL.Path, "count", count)
		}
		h.offer(w, r, http.StatusForbidden, Page{Notice: "That did not come from this page. Please try again from here."})
		return
	}
	if r.URL.Path != h.config.prefix()+"session" {
		r = byCookies(r)
	}
	if r.Method == http.MethodPost {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		if err := r.ParseForm(); err != nil {
			h.offer(w, r, http.StatusBadRequest, Page{Notice: "That form did not arrive in one piece. Please try again."})
			return
		}
		// Only the body counts, never the query: addresses and tokens in URLs end
		// up in logs.
		r.Form = r.PostForm
	}
	h.mux.ServeHTTP(w, r)
}

// byCookies returns the request without its Authorization header. These pages sign
// browsers in and out: the session of a bearer token is no browser's, and does not end
// with it.
func byCookies(r *http.Request) *http.Request {
	if len(r.Header["Authorization"]) == 0 {
		return r
	}
	r = r.WithContext(r.Context())
	r.Header = r.Header.Clone()
	r.Header.Del("Authorization")
	return r
}

// single returns the one value of a parameter, "" if there is none, and false if
// there are several: two readers could take different ones.
func single(values map[string][]string, name string) (string, bool) {
	switch all := values[name]; len(all) {
	case 0:
		return "", true
	case 1:
		return all[0], true
	}
	return "", false
}

func (h *Handler) class(r *http.Request) grimoireauth.ClassID {
	if h.config.Class != nil {
		return h.config.Class(r)
	}
	class, ok := single(r.Form, "class")
	if !ok {
		return ""
	}
	return grimoireauth.ClassID(class)
}
