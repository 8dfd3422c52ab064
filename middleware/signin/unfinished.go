package signin

import (
	"net/http"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// unfinishedCookie holds an unfinished sign-in.
const unfinishedCookie = "grimoire_unfinished"

// routeFinish adds the pages on which an unfinished sign-in is finished.
func (h *Handler) routeFinish(mux *http.ServeMux, prefix string) {
	mux.HandleFunc("GET "+prefix+"logout", h.askLogout)
	mux.HandleFunc("POST "+prefix+"logout", h.logout)
}

// stepUp keeps the proof of what is done and leads to what is owed. Where to go in
// the end is in the start cookie, which begun reads on the next request.
func (h *Handler) stepUp(w http.ResponseWriter, r *http.Request, e *grimoireauth.StepUpError) {
	h.note(r, "sign-in not finished", e)
	h.show(w, http.StatusForbidden, "sign-in", Page{Notice: "This class asks for one more step, which this page cannot do."})
}

// continuing returns the proof of an unfinished sign-in that one more primary way
// to sign in finishes, nil if there is none for this class, which is an id or a
// slug.
func (h *Handler) continuing(*http.Request, string) grimoireauth.Proof { return nil }
