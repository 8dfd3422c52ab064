package signin

import (
	"encoding/base64"
	"net/http"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// methodReset is the word for a password that is forgotten, or not there yet, in
// the place where others say which method.
const methodReset = "reset"

// reset is a password reset that this browser has asked for: the link in the e-mail
// sets a password only beside the verifier, so whoever reads the e-mail alone
// cannot.
type reset struct {
	verifier grimoireauth.Secret
	returnTo string
}

const resetLife = 30 * time.Minute // as long as Stytch's link

// startReset e-mails a link to set a password with.
func (h *Handler) startReset(w http.ResponseWriter, r *http.Request, page Page) {
	page.Password = true
	verifier, err := h.client.SignIn.StartPasswordReset(r.Context(), grimoireauth.PasswordReset{
		Class: grimoireauth.ClassID(page.Class), Email: page.Email,
		RedirectURL: h.callbackURL(), LoginRedirectURL: h.callbackURL(),
	})
	if !h.sent(w, r, page, err) {
		return
	}
	if err != nil {
		// Who was refused gets the same cookie, with a verifier of nothing.
		verifier = grimoireauth.NewVerifier()
	}
	h.setCookie(w, resetCookie, strings.Join([]string{
		verifier.Reveal(), base64.RawURLEncoding.EncodeToString([]byte(page.ReturnTo)),
	}, ":"), resetLife)
	h.remember(w, r, page.ReturnTo)
	page.Method = methodReset
	h.show(w, http.StatusOK, "sent", page)
}

func (h *Handler) readReset(r *http.Request) (reset, bool) {
	parts := strings.Split(h.cookie(r, resetCookie), ":")
	if len(parts) != 2 || !verifierForm.MatchString(parts[0]) {
		return reset{}, false
	}
	address, err := base64.RawURLEncoding.Strict().DecodeString(parts[1])
	if err != nil {
		return reset{}, false
	}
	return reset{verifier: grimoireauth.NewSecret(parts[0]), returnTo: h.safe(string(address))}, true
}
