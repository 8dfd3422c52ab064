package forwardauth

import (
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"sync"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
)

// Handler answers what reverse proxies ask. Make it with [New]; the zero Handler answers
// 500. It serves every path and method, so give it a listener of its own, or a path that
// the proxy does not serve. It is safe for concurrent use and keeps nothing.
type Handler struct {
	guard   *middleware.Guard
	app     http.Handler
	secrets []grimoireauth.Secret
	logger  *slog.Logger

	unproved sync.Once // one line per Handler that something asks without the secret
}

// ServeHTTP implements [http.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, asks *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if h == nil || h.app == nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	if !h.proved(asks.Header[HeaderSecret]) {
		h.unproved.Do(func() {
			h.logger.WarnContext(asks.Context(), "forward authentication was asked for without the proxy's secret: is the proxy's configuration complete, and can clients reach this address?",
				"peer", asks.RemoteAddr)
		})
		w.WriteHeader(http.StatusForbidden)
		return
	}
	r, q, err := original(asks)
	switch {
	case errors.Is(err, errAmbiguous):
		tell(w, asks, http.StatusNotFound)
		return
	case err != nil:
		h.logger.ErrorContext(asks.Context(), "forward authentication: the proxy's configuration is incomplete", "error", err.Error())
		tell(w, asks, http.StatusInternalServerError)
		return
	}
	detached := &http.Request{Header: http.Header{}}
	for _, name := range []string{"Cookie", "Authorization"} {
		if lines := r.Header[name]; len(lines) > 0 {
			detached.Header[name] = append([]string(nil), lines...)
		}
	}
	h.guard.Detach(detached)

	a := &answer{header: make(http.Header)}
	h.app.ServeHTTP(a, r)
	status := a.told(q.allowed)
	if status == 0 {
		h.logger.ErrorContext(asks.Context(), "forward authentication: a route has answered that is neither forwardauth.Allow nor a refusal",
			"method", r.Method, "status", a.status)
		tell(w, asks, http.StatusInternalServerError)
		return
	}
	a.writeHeader(w.Header(), status, detached.Header, byModule(asks))
	tell(w, asks, status)
	if status != http.StatusNoContent {
		_, _ = w.Write(a.body.Bytes()) // that the proxy is gone is no error of ours
	}
}

// byModule reports whether nginx's module auth_request asks.
func byModule(asks *http.Request) bool { return asks.Header.Get(HeaderAnswer) == "auth_request" }

// tell writes the status as the proxy understands it.
func tell(w http.ResponseWriter, asks *http.Request, status int) {
	if byModule(asks) {
		w.Header().Set(HeaderStatus, strconv.Itoa(status))
		switch status {
		case http.StatusNoContent, http.StatusUnauthorized, http.StatusForbidden:
		default:
			// The module makes 500 of everything else, with a line in nginx's log of errors.
			status = http.StatusForbidden
		}
	}
	w.WriteHeader(status)
}

// proved reports whether the proxy knows one of the secrets. All are compared, so that the
// time tells nothing.
func (h *Handler) proved(lines []string) bool {
	if len(lines) != 1 {
		return false
	}
	given, known := grimoireauth.NewSecret(lines[0]), false
	for _, secret := range h.secrets {
		if secret.Equal(given) {
			known = true
		}
	}
	return known
}
