package signin

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
)

// membershipTexts describe the person's membership of a class.
var membershipTexts = map[stytchclient.MembershipKind]string{
	stytchclient.MembershipActive:   "You are in this class.",
	stytchclient.MembershipInvited:  "You are invited.",
	stytchclient.MembershipPending:  "You have begun to join.",
	stytchclient.MembershipByDomain: "You may join.",
	stytchclient.MembershipByTenant: "You may join.",
}

// with returns the choice with the classes that Stytch found.
func (c Choice) with(found stytchclient.Discovered) Choice {
	c.Listed = true
	for _, d := range found.Classes {
		one := ClassChoice{ID: d.Class.ID, Name: d.Class.Name, Membership: membershipTexts[d.Membership]}
		if one.Name == "" {
			one.Name = d.Class.Slug
		}
		switch {
		case len(d.Methods) > 0 && d.MFA:
			one.Asks = "It asks you to sign in in one more way, and for a second factor."
		case len(d.Methods) > 0:
			one.Asks = "It asks you to sign in in one more way."
		case d.MFA:
			one.Asks = "It asks for a second factor."
		}
		c.Classes = append(c.Classes, one)
	}
	return c
}

// requireChoice returns the attempt of a request that chooses a class. If there is
// none, it writes the response and returns false.
func (h *Handler) requireChoice(w http.ResponseWriter, r *http.Request) (attempt, bool) {
	a, ok := h.requirePending(w, r)
	if ok && !a.pending.discovered {
		// The sign-in began in a class and belongs to it.
		redirect(w, h.next(a))
		return attempt{}, false
	}
	return a, ok
}

// askClass lists the classes after a sign-in without a class.
func (h *Handler) askClass(w http.ResponseWriter, r *http.Request) {
	if a, ok := h.requireChoice(w, r); ok {
		h.listClasses(w, r, http.StatusOK, a, a.proof(), a.choicePage())
	}
}

// choicePage is the page "classes" of a pending sign-in.
func (a attempt) choicePage() Page { return Page{Attempt: a.id, ReturnTo: a.returnTo} }

// listClasses writes the list of classes for a proof: that of the attempt, or of a
// session. The call does not use the proof up.
func (h *Handler) listClasses(w http.ResponseWriter, r *http.Request, status int, a attempt, proof grimoireauth.Proof, page Page) {
	found, err := h.client.Discovery.List(r.Context(), proof)
	switch {
	case err == nil:
		page.Choice = page.Choice.with(found)
		h.show(w, status, "classes", page)
	case isTemporary(err):
		h.refuse(w, r, err, page, "classes")
	case page.Choice.Switching && errors.Is(err, grimoireauth.ErrSessionEnded):
		h.toSignIn(w, grimoireauth.ClassID(page.Class), page.ReturnTo)
	default:
		h.drop(w, r, a)
		if status == http.StatusForbidden {
			// The rejected choice has used the proof up. The page says why it was
			// rejected.
			h.logInfo(r, "classes not listed", err)
			h.offer(w, r, status, Page{Notice: page.Notice, ReturnTo: page.ReturnTo})
			return
		}
		h.refuse(w, r, err, Page{ReturnTo: page.ReturnTo}, "classes")
	}
}

// chooseClass signs in to the chosen class, if Stytch allows it.
func (h *Handler) chooseClass(w http.ResponseWriter, r *http.Request) {
	a, ok := h.requireChoice(w, r)
	if !ok {
		return
	}
	page := a.choicePage()
	class, ok := chosenClass(r)
	if !ok {
		page.Notice = whichClass
		h.listClasses(w, r, http.StatusBadRequest, a, a.proof(), page)
		return
	}
	intermediate := a.pending.intermediate
	key := strings.Join([]string{"class", intermediate.Token.Reveal(), string(class)}, "\n")
	err := h.sign(w, r, signing{attempt: a, key: key}, func(ctx context.Context) (stytchclient.SignedIn, error) {
		return h.client.Discovery.ChooseClass(ctx, stytchclient.ChosenClass{Class: class, Intermediate: intermediate})
	})
	if err != nil {
		h.classRefused(w, r, class, a, intermediate, page, err)
	}
}

// withOneChoice returns the page with the chosen class only, to try again. Its name is
// not known here, and the list may not be available any more, since a choice uses its
// proof up.
func (p Page) withOneChoice(class grimoireauth.ClassID) Page {
	p.Choice.Classes = []ClassChoice{{ID: class, Name: "Try again"}}
	return p
}

const whichClass = "Please choose one of these classes."

// chosenClass reads the field "class".
func chosenClass(r *http.Request) (grimoireauth.ClassID, bool) { return chosenFrom(r.PostForm) }

func chosenFrom(form url.Values) (grimoireauth.ClassID, bool) {
	class, one := single(form, "class")
	if !one || !classIDForm.MatchString(class) {
		return "", false
	}
	return grimoireauth.ClassID(class), true
}

// classRefused says why the person cannot go to the chosen class, and lists the classes
// again.
func (h *Handler) classRefused(w http.ResponseWriter, r *http.Request, class grimoireauth.ClassID, a attempt, proof grimoireauth.Proof, page Page, err error) {
	status := http.StatusForbidden
	switch {
	case isTemporary(err):
		h.refuse(w, r, err, page.withOneChoice(class), "classes")
		return
	case errors.Is(err, grimoireauth.ErrUnauthenticated):
		// Their proof does not count in this class.
		h.logInfo(r, "class refused", err)
		h.offer(w, r, status, Page{Class: string(class), ReturnTo: page.ReturnTo, Notice: "This class asks you to sign in to it by itself."})
		return
	case errors.Is(err, grimoireauth.ErrNotFound):
		status, page.Notice = http.StatusNotFound, "You are not in that class."
	case errors.Is(err, grimoireauth.ErrForbidden):
		found, _ := errorPageOf(err) // ErrForbidden has a row of its own
		status, page.Notice = found.status, found.notice
	default:
		h.drop(w, r, a)
		h.refuse(w, r, err, Page{ReturnTo: page.ReturnTo}, "classes")
		return
	}
	h.logInfo(r, "class refused", err)
	h.listClasses(w, r, status, a, proof, page)
}

// askSwitch lists the classes of a person who is signed in.
func (h *Handler) askSwitch(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		redirect(w, h.config.prefix()+"switch")
		return
	}
	class, again := chosenFrom(r.Form)
	now, err := h.guard.Check(r)
	if err != nil {
		h.toSignIn(w, class, h.returnTo(r))
		return
	}
	page := switchPage(now, h.returnTo(r))
	if again {
		page.Class = string(class)
		page.Notice = "Another tab of this browser has changed where you are signed in. Please choose again."
	}
	h.listClasses(w, r, http.StatusOK, attempt{}, now.Credentials, page)
}

// switchPage is the page "classes" for a person who is signed in.
func switchPage(now grimoireauth.Authentication, back string) Page {
	return Page{ReturnTo: back, Choice: Choice{Switching: true, Current: grimoireauth.ClassID(now.Organization())}}
}

// switchClass signs the person in to another class. Their present session ends.
func (h *Handler) switchClass(w http.ResponseWriter, r *http.Request) {
	back := h.returnTo(r)
	class, ok := chosenClass(r)
	if !ok {
		// askSwitch also answers a person who is not signed in.
		redirect(w, h.config.prefix()+"switch")
		return
	}
	err := h.sign(w, r, signing{attempt: newAttempt("", back), key: switchKey(r, class), repeatable: true}, func(ctx context.Context) (stytchclient.SignedIn, error) {
		now, err := h.guard.Check(r.WithContext(ctx))
		if err != nil {
			return stytchclient.SignedIn{}, err
		}
		return h.client.Sessions.Switch(ctx, now.Credentials, class)
	})
	if err == nil {
		return
	}
	now, checkErr := h.guard.Check(r)
	switch {
	case isTemporary(err):
		h.refuse(w, r, err, switchPage(now, back).withOneChoice(class), "classes")
	case errors.Is(checkErr, grimoireauth.ErrNoCredentials):
		h.toSignIn(w, class, back)
	case checkErr != nil, errors.Is(err, grimoireauth.ErrSessionEnded):
		// Another tab may have replaced the session since.
		address := url.URL{Path: h.config.prefix() + "switch", RawQuery: startQuery(string(class), back)}
		redirect(w, address.String())
	default:
		h.classRefused(w, r, class, attempt{}, now.Credentials, switchPage(now, back), err)
	}
}

// switchKey is the key for double submissions: the second one still carries the session
// that the first one has ended. It contains every header from which a guard reads
// credentials, so no other browser has the same key. Without such a header it is empty.
func switchKey(r *http.Request, class grimoireauth.ClassID) string {
	carried := slices.Concat(r.Header.Values("Cookie"), r.Header.Values("Authorization"))
	if len(carried) == 0 {
		return ""
	}
	return strings.Join(slices.Concat([]string{"switch", string(class)}, carried), "\n")
}
