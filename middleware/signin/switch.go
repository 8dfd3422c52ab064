package signin

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// askSwitch lists the classes of somebody who is signed in.
func (h *Handler) askSwitch(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		redirect(w, h.config.prefix()+"switch")
		return
	}
	class, again := chosenFrom(r.Form)
	now, err := h.guard.Check(r)
	if err != nil {
		h.toSignIn(w, class, h.back(r))
		return
	}
	page := switchPage(now, h.back(r))
	if again {
		page.Class = string(class)
		page.Notice = "Another tab of this browser has changed where you are signed in. Please choose again."
	}
	h.listClasses(w, r, http.StatusOK, attempt{}, now.Credentials, page)
}

// switchPage is the page "classes" for somebody who is signed in.
func switchPage(now grimoireauth.Authentication, back string) Page {
	return Page{ReturnTo: back, Choice: Choice{Switching: true, Current: grimoireauth.ClassID(now.Organization())}}
}

// toSignIn leads to the sign-in page: of a class, if one is known.
func (h *Handler) toSignIn(w http.ResponseWriter, class grimoireauth.ClassID, back string) {
	address := url.URL{Path: h.config.prefix(), RawQuery: beginning(string(class), back)}
	redirect(w, address.String())
}

// switchClass signs them in to another class of theirs. The session that they had
// ends with it.
func (h *Handler) switchClass(w http.ResponseWriter, r *http.Request) {
	back := h.back(r)
	class, ok := chosenClass(r)
	if !ok {
		// Also somebody who is nobody: askSwitch sees to it.
		redirect(w, h.config.prefix()+"switch")
		return
	}
	err := h.sign(w, r, signing{attempt: newAttempt("", back), key: switchKey(r, class)}, func(ctx context.Context) (grimoireauth.SignedIn, error) {
		now, err := h.guard.Check(r.WithContext(ctx))
		if err != nil {
			return grimoireauth.SignedIn{}, err
		}
		return h.client.Sessions.Switch(ctx, now.Credentials, class)
	})
	if err == nil {
		return
	}
	now, checkErr := h.guard.Check(r)
	switch {
	case outage(err):
		h.refuse(w, r, err, switchPage(now, back).choosing(class), "classes")
	case errors.Is(checkErr, grimoireauth.ErrNoCredentials):
		h.toSignIn(w, class, back)
	case checkErr != nil, errors.Is(err, grimoireauth.ErrSessionEnded):
		// Another tab may have put a session in the place of this one since.
		address := url.URL{Path: h.config.prefix() + "switch", RawQuery: beginning(string(class), back)}
		redirect(w, address.String())
	default:
		h.classRefused(w, r, class, attempt{}, now.Credentials, switchPage(now, back), err)
	}
}

// switchKey brings double submissions together: a second one still carries the
// session that the first one has ended. It holds everything that a guard reads
// credentials from, so that it is this browser's; without any it is empty.
func switchKey(r *http.Request, class grimoireauth.ClassID) string {
	carried := slices.Concat(r.Header.Values("Cookie"), r.Header.Values("Authorization"))
	if len(carried) == 0 {
		return ""
	}
	return strings.Join(slices.Concat([]string{"switch", string(class)}, carried), "\n")
}
