package signin

import "net/http"

// clockError returns why nothing can be redeemed at the moment: a clock that is too
// far off for what Stytch issues to be accepted here.
func (h *Handler) clockError(*http.Request) error { return nil }

// clockOff reports whether the clock is too far off, and has answered then: nothing
// is used up.
func (h *Handler) clockOff(w http.ResponseWriter, r *http.Request, page Page, again string) bool {
	err := h.clockError(r)
	if err != nil {
		h.refuse(w, r, err, page, again)
	}
	return err != nil
}
