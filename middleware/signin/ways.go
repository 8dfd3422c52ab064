package signin

import (
	"net/http"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// offer writes the sign-in page of page.Class with the ways that the class allows
// and this Handler serves: with only, those of them that only names.
func (h *Handler) offer(w http.ResponseWriter, r *http.Request, status int, page Page, only ...grimoireauth.SignInMethod) {
	h.show(w, status, "sign-in", page)
}
