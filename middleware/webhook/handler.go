package webhook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"sync"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// Handler receives the webhooks of one project. Create it with [New]; the zero Handler
// answers 500. It is safe for concurrent use. It knows which messages it has handled, for
// longer than a copy of one would be accepted: the last 32,768 at least, and twice as many at
// most.
type Handler struct {
	keys      []grimoireauth.Secret // decoded
	project   string
	onRevoke  grimoireauth.OnRevoke
	observe   grimoireauth.Observe
	tolerance time.Duration
	maxBody   int64
	logger    *slog.Logger

	delivered delivered
	warned    sync.Once // one line per Handler about webhooks that are not signed by one of the secrets
}

// ServeHTTP implements [http.Handler]. The statuses, which Svix shows to the operator:
//
//   - 204: the webhook is handled. So is one that was handled before, one that takes nothing away, and one of a kind that is not known.
//   - 400: it is not verified, or it is no event of this project. What is wrong goes to the observer and, unless it can be anybody's request, to the log.
//   - 405, 413 and 415: it is not POST, too large, or not JSON.
//   - 500: OnRevoke has failed. Svix sends the webhook again.
//   - 503: the same webhook is being handled by another request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if h == nil || h.onRevoke == nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	status, reason := h.receive(w, r)
	if reason != 0 && h.observe != nil {
		h.observe(r.Context(), grimoireauth.WebhookRefused{Reason: reason.String()})
	}
	if status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", http.MethodPost)
	}
	w.WriteHeader(status)
}

// receive verifies a webhook and handles it. It returns the status, and the reason if the
// webhook has no effect.
func (h *Handler) receive(w http.ResponseWriter, r *http.Request) (int, Reason) {
	if r.Method != http.MethodPost {
		return http.StatusMethodNotAllowed, ReasonMethod
	}
	if mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || mediaType != "application/json" {
		return http.StatusUnsupportedMediaType, ReasonMediaType
	}
	s, reason := readHeaders(r.Header)
	if reason != 0 {
		return http.StatusBadRequest, reason
	}
	// Before the body is read, since a stranger can send one.
	if late := time.Since(s.at); late > h.tolerance || late < -h.tolerance {
		return http.StatusBadRequest, ReasonTime
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, h.maxBody))
	if err != nil {
		if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
			return http.StatusRequestEntityTooLarge, ReasonBody
		}
		return http.StatusBadRequest, ReasonBody
	}
	if !s.isSignedBy(h.keys, body) {
		h.warned.Do(func() {
			h.logger.WarnContext(r.Context(), "a webhook is not signed by one of the secrets: was the endpoint's secret replaced? It is logged once",
				"message", s.id)
		})
		return http.StatusBadRequest, ReasonSignature
	}
	return h.handle(r.Context(), s, body)
}

// handle handles a webhook whose signature was verified, at most once.
func (h *Handler) handle(ctx context.Context, s signed, body []byte) (int, Reason) {
	switch h.delivered.begin(s.id) {
	case claimedPast:
		return http.StatusNoContent, ReasonReplayed
	case claimedNow:
		return http.StatusServiceUnavailable, ReasonPending
	}
	handled := false
	defer func() { h.delivered.finish(s.id, handled) }() // deferred, because OnRevoke may panic

	m, err := parse(body)
	if err != nil {
		h.logger.ErrorContext(ctx, "a webhook is signed and not an event of Stytch's: does the endpoint's secret belong to Stytch?", "message", s.id)
		return http.StatusBadRequest, ReasonMalformed
	}
	if m.project != h.project {
		h.logger.ErrorContext(ctx, "a webhook is about another project than ProjectID: change the endpoint in the dashboard", "message", s.id, "project", m.project)
		return http.StatusBadRequest, ReasonProject
	}
	now := time.Now()
	revocation, revokes := m.revocation()
	if revokes {
		revocation.At = m.revokedAt(now, h.tolerance)
		// Also for a sender that has hung up: it will send again, but tokens are stale now.
		if err = h.onRevoke(context.WithoutCancel(ctx), revocation); err != nil {
			// The error may quote what the application was doing, so its text goes nowhere.
			err = &grimoireauth.Error{Op: "handle webhook", Kind: grimoireauth.ErrUnavailable, Detail: fmt.Sprintf("OnRevoke returned a %T", err)}
			h.logger.ErrorContext(ctx, "a revocation by a webhook has failed; the webhook will be sent again", "message", s.id, "error", err.Error())
		}
	}
	handled = err == nil
	if h.observe != nil {
		h.observe(ctx, m.received(s.id, now, revokes && handled, err))
	}
	if !handled {
		return http.StatusInternalServerError, 0
	}
	return http.StatusNoContent, 0
}

// received is the event about a message that was accepted.
func (m message) received(id string, now time.Time, revoked bool, err error) grimoireauth.WebhookReceived {
	e := grimoireauth.WebhookReceived{
		Message: id, Event: m.event, Source: m.source, Object: m.object, Action: m.action, ID: m.id, Class: m.class,
		Revoked: revoked, Err: err,
	}
	if m.object == "member" {
		e.Member = grimoireauth.MemberID(m.id)
	}
	if !m.at.IsZero() {
		e.Delay = max(now.Sub(m.at), 0)
	}
	return e
}
