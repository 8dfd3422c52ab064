package signin

import (
	"bytes"
	"cmp"
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/internal/alarm"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/middleware/signin/internal/once"
	"github.com/promptgrimoire/auth/middleware/signin/internal/seal"
)

// Handler serves the pages. It is safe for concurrent use, starts no goroutine and has
// nothing to close. Create it with [New]; the zero Handler answers 500.
type Handler struct {
	guard  *middleware.Guard
	config Config
	mux    *http.ServeMux
	csrf   *http.CrossOriginProtection
	client *stytchclient.Client
	starts bool // the client has the public token for start URLs

	redemptions once.Group[progress]
	box         seal.Box // for session_tokens that wait in a cookie
	enrollments once.Group[stytchclient.AppEnrollment]
	classes     classCache
	limit       Limiter
	alarms      alarm.Limit
	revoke      func(context.Context, grimoireauth.Session) error
}

// redemptionTime bounds the calls to Stytch of one request.
const redemptionTime = 20 * time.Second

// signInFunc is a call to Stytch that signs a person in.
type signInFunc func(context.Context) (stytchclient.SignedIn, error)

// show writes a page. It executes the template before it sends anything, so that a
// template that fails does not leave half a form.
func (h *Handler) show(w http.ResponseWriter, status int, name string, page Page) {
	page.Prefix, page.Home = h.config.prefix(), h.config.home()
	if h.config.ClassName != nil {
		page.ClassName = cmp.Or(h.config.ClassName(cmp.Or(page.ClassName, page.Class)), page.ClassName)
	}
	page.Minutes = int(h.config.linkLife() / time.Minute)
	var body bytes.Buffer
	if err := h.config.pages().ExecuteTemplate(&body, name, page); err != nil {
		// The template is the application's own, and so is the text of its error.
		if count := h.alarms.Met("page template failed " + name); count > 0 {
			h.config.logger().Error("page template failed", "page", name, "error", err.Error(), "count", count)
		}
		body.Reset()
		status, page.Notice = http.StatusInternalServerError, "This page cannot be shown, because of a fault of this site. Please try again later, or tell those who run it."
		if err := builtIn.ExecuteTemplate(&body, "message", page); err != nil {
			panic(err) // it is embedded, and tested
		}
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", policy)
	header.Set("X-Frame-Options", "DENY")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // a client that is gone is not an error
}

// logInfo logs what is expected to happen often.
func (h *Handler) logInfo(r *http.Request, what string, err error) {
	if err == nil {
		h.config.logger().InfoContext(r.Context(), what)
		return
	}
	h.config.logger().InfoContext(r.Context(), what, "error", safeText(err))
}

// logFault logs what the operator should look at: once a minute for each cause, with
// the count since the last line.
func (h *Handler) logFault(r *http.Request, what string, err error) {
	if count := h.alarms.Met(what + " " + causeOf(err)); count > 0 {
		h.config.logger().ErrorContext(r.Context(), what, "error", safeText(err), "count", count)
	}
}

func redirect(w http.ResponseWriter, address string) {
	w.Header().Set("Location", address)
	w.WriteHeader(http.StatusSeeOther)
}

// single returns the value of a parameter, "" if it is missing, and false if it has
// several values, of which two readers could take different ones.
func single(values map[string][]string, name string) (string, bool) {
	switch all := values[name]; len(all) {
	case 0:
		return "", true
	case 1:
		return all[0], true
	}
	return "", false
}

func (h *Handler) safeReturnTo(address string) string {
	address, ok := middleware.ReturnTo(address)
	if !ok || strings.HasPrefix(address, h.config.prefix()) {
		return ""
	}
	return address
}

// destination returns where to go after signing in.
func (h *Handler) destination(returnTo string) string {
	if returnTo == "" {
		return h.config.home()
	}
	return returnTo
}

// callbackURL is the redirect URL for Stytch.
func (h *Handler) callbackURL() string { return h.config.BaseURL + h.config.prefix() + "callback" }
