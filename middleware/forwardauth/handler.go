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

// Handler answers the authentication requests of reverse proxies. Create it with [New];
// the zero Handler answers 500. It serves every path and method, so give it a listener
// of its own, or a path that the proxy does not serve. It is safe for concurrent use
// and stores nothing.
type Handler struct {
	guard   *middleware.Guard
	app     http.Handler
	secrets []grimoireauth.Secret
	logger  *slog.Logger

	warned sync.Once // one line per Handler about requests without the secret
}

// ServeHTTP implements [http.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, authRequest *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if h == nil || h.app == nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	if !h.hasSecret(authRequest.Header[HeaderSecret]) {
		h.warned.Do(func() {
			h.logger.WarnContext(authRequest.Context(), "forward authentication was asked for without the proxy's secret: is the proxy's configuration complete, and can clients reach this address?",
				"peer", authRequest.RemoteAddr)
		})
		w.WriteHeader(http.StatusForbidden)
		return
	}
	r, d, err := originalRequest(authRequest)
	switch {
	case errors.Is(err, errAmbiguous):
		writeStatus(w, authRequest, http.StatusNotFound)
		return
	case err != nil:
		h.logger.ErrorContext(authRequest.Context(), "forward authentication: the proxy's configuration is incomplete", "error", err.Error())
		writeStatus(w, authRequest, http.StatusInternalServerError)
		return
	}
	detached := &http.Request{Header: http.Header{}}
	for _, name := range []string{"Cookie", "Authorization"} {
		if lines := r.Header[name]; len(lines) > 0 {
			detached.Header[name] = append([]string(nil), lines...)
		}
	}
	h.guard.Detach(detached)

	res := &response{header: make(http.Header)}
	h.app.ServeHTTP(res, r)
	status := res.proxyStatus(d.allowed)
	if status == 0 {
		h.logger.ErrorContext(authRequest.Context(), "forward authentication: a route has answered that is neither forwardauth.Allow nor a refusal",
			"method", r.Method, "status", res.status)
		writeStatus(w, authRequest, http.StatusInternalServerError)
		return
	}
	res.writeHeader(w.Header(), status, detached.Header, forNginx(authRequest))
	writeStatus(w, authRequest, status)
	if status != http.StatusNoContent {
		_, _ = w.Write(res.body.Bytes()) // a proxy that is gone is not an error
	}
}

// forNginx reports whether nginx's module auth_request has sent the request.
func forNginx(authRequest *http.Request) bool {
	return authRequest.Header.Get(HeaderAnswer) == "auth_request"
}

// writeStatus writes the status in the form that the proxy expects.
func writeStatus(w http.ResponseWriter, authRequest *http.Request, status int) {
	if forNginx(authRequest) {
		w.Header().Set(HeaderStatus, strconv.Itoa(status))
		switch status {
		case http.StatusNoContent, http.StatusUnauthorized, http.StatusForbidden:
		default:
			// The module turns every other status into 500, with a line in nginx's
			// error log.
			status = http.StatusForbidden
		}
	}
	w.WriteHeader(status)
}

// hasSecret reports whether the header contains one of the secrets. It compares all of
// them, so that the time it takes shows nothing.
func (h *Handler) hasSecret(lines []string) bool {
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
