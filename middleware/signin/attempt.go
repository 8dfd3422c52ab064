package signin

import (
	"crypto/rand"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/text"
)

// attempt is one attempt to sign in, from the first page to the last. It lives in a
// cookie of its own, so that two tabs of a browser do not disturb each other and any
// replica can go on with it. Its id stands in the addresses of its pages and is no
// secret: it says which cookie is meant, and is nothing without the cookie.
//
// Nothing in it is believed further than it must be. Return addresses are checked
// again, Stytch checks tokens, verifiers and pending sign-ins, and the rest only
// decides which page is shown.
type attempt struct {
	id    string
	nonce string // a secret of this browser, for the keys of redemptions
	at    int64  // when it was last written, Unix milliseconds: the newest few are kept
	until int64  // when its present stage is over, Unix seconds

	// What was asked for, and what is pending then: an e-mail, or a redirect to
	// another host's page.
	asks     string              // one of the constants below; empty: nothing
	class    string              // an id or a slug; empty: a discovery
	email    string              // as it was typed
	returnTo string              // checked again when it is read
	verifier grimoireauth.Secret // RFC 7636: what comes back counts only beside it
	token    callbackToken       // what came back and was not redeemed yet
	pending  pendingSignIn       // a sign-in that is not finished
	account  string              // whose it is: an address that was not asked for and is to be confirmed; email is empty if none was
	held     grimoireauth.Secret // the session_token of a sign-in that waits for that
}

// What an attempt can ask for.
const (
	asksLink           = "link"
	asksCode           = "code"
	asksReset          = "reset"
	asksOAuth          = kindOAuth
	asksDiscoveryOAuth = kindDiscoveryOAuth
	asksSSO            = kindSSO
)

// How long the stages of an attempt last.
const (
	linkLife     = time.Hour        // Stytch's, if Config.LinkExpires says nothing else
	codeLife     = 10 * time.Minute // Stytch's: https://stytch.com/docs/b2b/api/send-otp-by-email
	resetLife    = 30 * time.Minute // Stytch's, for a link to set a password
	redirectLife = 10 * time.Minute // at a provider
	tokenLife    = 10 * time.Minute // a token that waits for a button
	heldLife     = 5 * time.Minute  // a sign-in that waits for an answer

	// lateLife is how long an attempt is known after its time, so that its page can
	// say so and keep the class and the return address.
	lateLife    = time.Hour
	longestLife = 7 * 24 * time.Hour // that of a link
	// clockSkew is how far the clocks of two processes may be apart that serve one attempt:
	// as far as one may be ahead and still sign people in (see checkClock).
	clockSkew = jwtLife
)

var (
	idForm       = regexp.MustCompile(`^[A-Z2-7]{26}$`)            // rand.Text
	verifierForm = regexp.MustCompile(`^[A-Za-z0-9._~-]{43,128}$`) // RFC 7636, section 4.1
)

const maxEmail = 254 // bytes; RFC 5321, 4.5.3.1.3

// newAttempt returns an attempt that nothing is known of but where it leads.
func newAttempt(class, returnTo string) attempt {
	return attempt{id: rand.Text(), nonce: rand.Text(), class: class, returnTo: returnTo}
}

// ask notes what was asked for.
func (a attempt) ask(asks, email string, life time.Duration) attempt {
	a.asks, a.email = asks, email
	return a.lasting(life)
}

// lasting begins a stage of this length.
func (a attempt) lasting(life time.Duration) attempt {
	a.until = time.Now().Add(life).Unix()
	return a
}

// live reports whether the present stage goes on.
func (a attempt) live(now time.Time) bool { return now.Unix() < a.until }

// owes reports whether a sign-in is pending that can still be finished.
func (a attempt) owes(now time.Time) bool { return a.pending.owed != "" && a.pending.live(now) }

// goesOn reports whether the attempt is past its first step and has a page on which it
// goes on.
func (a attempt) goesOn(now time.Time) bool {
	return a.live(now) && (a.account != "" || a.owes(now))
}

// back is the class, the address and the return address, as a page to begin again.
func (a attempt) back() Page {
	page := Page{Class: a.class, Email: a.email, ReturnTo: a.returnTo}
	if a.pending.className != "" {
		page.ClassName = a.pending.className
	}
	return page
}

// ownFields is the number of the fields besides those of a pending sign-in.
const ownFields = 13

func (a attempt) value() string {
	return encode(append([]string{
		a.nonce,
		strconv.FormatInt(a.at, 10),
		strconv.FormatInt(a.until, 10),
		a.asks,
		a.class,
		a.email,
		a.returnTo,
		a.verifier.Reveal(),
		a.token.kind,
		a.token.slug,
		a.token.token,
		a.account,
		a.held.Reveal(),
	}, a.pending.fields()...))
}

// attemptOf reads a cookie. Whatever is not exactly as value writes it is none.
func (h *Handler) attemptOf(id, value string, now time.Time) (attempt, bool) {
	fields, ok := decode(value, ownFields+pendingFields)
	if !ok || len(value) > maxAttempt || !idForm.MatchString(id) {
		return attempt{}, false
	}
	at, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil {
		return attempt{}, false
	}
	until, err := strconv.ParseInt(fields[2], 10, 64)
	if err != nil {
		return attempt{}, false
	}
	pending, ok := pendingOf(fields[ownFields:])
	if !ok {
		return attempt{}, false
	}
	a := attempt{
		id: id, nonce: fields[0], at: at, until: until,
		asks: fields[3], class: fields[4], email: fields[5], returnTo: fields[6],
		verifier: grimoireauth.NewSecret(fields[7]),
		token:    callbackToken{kind: fields[8], slug: fields[9], token: fields[10]},
		account:  fields[11],
		held:     grimoireauth.NewSecret(fields[12]),
		pending:  pending,
	}
	if a.value() != value || !a.wellFormed(now) || !h.knows(a) {
		return attempt{}, false
	}
	a.returnTo = h.safe(a.returnTo)
	return a, true
}

// knows reports whether this Handler still serves what the attempt is about.
func (h *Handler) knows(a attempt) bool {
	return a.token == (callbackToken{}) || h.takes(a.token.kind)
}

func (a attempt) wellFormed(now time.Time) bool {
	verifier, held := a.verifier.Reveal(), a.held.Reveal()
	latest := now.Add(longestLife + clockSkew)
	switch {
	case !idForm.MatchString(a.nonce), !slugOK(a.class), len(a.email) > maxEmail, len(a.account) > maxEmail:
		return false
	case a.until > latest.Unix(), a.at > now.Add(clockSkew).UnixMilli(), a.at < 0, a.until < 0:
		return false
	case (verifier != "") != a.isBound() || verifier != "" && !verifierForm.MatchString(verifier):
		return false
	case a.token != (callbackToken{}) && !a.token.wellFormed():
		return false
	case held != "" && (!tokenForm.MatchString(held) || a.account == ""):
		return false
	}
	switch a.asks {
	case "":
		return true
	case asksLink, asksCode, asksOAuth, asksSSO, asksReset, asksDiscoveryOAuth:
		// Without a class any would do, so one has to be named where one was.
		return a.asks == asksDiscoveryOAuth && a.class == "" || a.asks != asksDiscoveryOAuth && (a.class != "" || a.asks == asksLink || a.asks == asksCode)
	}
	return false
}

// isBound reports whether what comes back counts only in the browser that asked.
func (a attempt) isBound() bool { return a.asks == asksReset || a.redirects() }

// redirects reports whether the attempt leads to a provider and back.
func (a attempt) redirects() bool {
	return slices.Contains([]string{asksOAuth, asksDiscoveryOAuth, asksSSO}, a.asks)
}

// fitted leaves out what a cookie cannot hold: first what only decorates a page,
// then where to go in the end.
func (a attempt) fitted() attempt {
	if a.pending.owed != "" {
		a.pending = a.pending.fitted()
	}
	if len(a.email) > maxEmail {
		a.email = ""
	}
	for _, leaveOut := range []func(){
		func() { a.pending.className = "" },
		func() { a.returnTo = "" },
		func() { a.pending.methods = nil },
	} {
		if len(a.value()) <= maxAttempt {
			break
		}
		leaveOut()
	}
	return a
}

// sameAddress compares two e-mail addresses as Stytch does, by ASCII letters.
func sameAddress(one, other string) bool { return text.SameAddress(one, other) }

func lowerASCII(s string) string {
	return text.Fold(s)
}
