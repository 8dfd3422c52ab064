package signin

import (
	"crypto/rand"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/text"
	"github.com/promptgrimoire/auth/middleware/signin/internal/cookie"
	"github.com/promptgrimoire/auth/middleware/signin/internal/seal"
)

// attempt is one attempt to sign in, from the first page to the last. It is stored in a
// cookie of its own, so that two tabs of a browser do not disturb each other and any
// replica can continue it. Its id stands in the addresses of its pages. The id is no
// secret: it says which cookie is meant, and is worth nothing without that cookie.
//
// The browser can change the cookie. So return addresses are checked again when they
// are read, Stytch checks tokens, verifiers and pending sign-ins, and everything else
// only decides which page is shown.
type attempt struct {
	id        string
	nonce     string // a secret of this browser, for the keys of redemptions
	writtenAt int64  // when it was last written, Unix milliseconds: the newest few are kept
	until     int64  // when its present stage is over, Unix seconds

	// What was requested, and what is pending until it comes back: an e-mail, or a
	// redirect to another host's page.
	requested string              // one of the constants below; empty: nothing
	class     string              // an id or a slug; empty: a discovery
	email     string              // as it was typed
	returnTo  string              // checked again when it is read
	verifier  grimoireauth.Secret // RFC 7636: a token is redeemed only together with it
	token     callbackToken       // a token that came back and was not redeemed yet
	pending   pendingSignIn       // a sign-in that is not finished; zero: none
	account   string              // the address of an account that was not requested and has to be confirmed; email is empty if no address was requested
	held      grimoireauth.Secret // the sealed session_token of a sign-in that is not finished here: see Handler.hold
}

// The values of attempt.requested.
const (
	requestLink           = "link"
	requestCode           = "code"
	requestReset          = "reset"
	requestOAuth          = kindOAuth
	requestDiscoveryOAuth = kindDiscoveryOAuth
	requestSSO            = kindSSO
)

// How long the stages of an attempt last.
const (
	codeLife     = 10 * time.Minute // Stytch's: https://stytch.com/docs/b2b/api/send-otp-by-email
	resetLife    = 30 * time.Minute // Stytch's, for a link to set a password
	redirectLife = 10 * time.Minute // at a provider
	tokenLife    = 10 * time.Minute // a token until the person presses the button
	heldLife     = 5 * time.Minute  // a sign-in until the person confirms the account

	// graceLife is how long the cookie of an expired attempt is kept, so that its page
	// can say that it has expired and keep the class and the return address.
	graceLife   = time.Hour
	longestLife = 7 * 24 * time.Hour // the longest life of a link
)

var (
	idForm       = regexp.MustCompile(`^[A-Z2-7]{26}$`)            // rand.Text
	verifierForm = regexp.MustCompile(`^[A-Za-z0-9._~-]{43,128}$`) // RFC 7636, section 4.1
)

const (
	maxEmail   = 254  // bytes; RFC 5321, 4.5.3.1.3
	maxAttempt = 3600 // bytes of a cookie; browsers store 4,096 with name and attributes
)

// attemptCodec is the form of the cookie of an attempt. The id stands in the name of
// the cookie.
var attemptCodec = cookie.Codec[attempt]{
	Version: "2",
	Max:     maxAttempt,
	Fields: slices.Concat([]cookie.Field[attempt]{
		cookie.Text(func(a *attempt) *string { return &a.nonce }),
		cookie.Integer(func(a *attempt) *int64 { return &a.writtenAt }),
		cookie.Integer(func(a *attempt) *int64 { return &a.until }),
		cookie.Text(func(a *attempt) *string { return &a.requested }),
		cookie.Text(func(a *attempt) *string { return &a.class }),
		cookie.Text(func(a *attempt) *string { return &a.email }),
		cookie.Text(func(a *attempt) *string { return &a.returnTo }),
		cookie.Secret(func(a *attempt) *grimoireauth.Secret { return &a.verifier }),
		cookie.Text(func(a *attempt) *string { return &a.token.kind }),
		cookie.Text(func(a *attempt) *string { return &a.token.slug }),
		cookie.Text(func(a *attempt) *string { return &a.token.token }),
		cookie.Text(func(a *attempt) *string { return &a.account }),
		cookie.Secret(func(a *attempt) *grimoireauth.Secret { return &a.held }),
	}, cookie.Within(func(a *attempt) *pendingSignIn { return &a.pending }, pendingFields)),
}

// newAttempt returns an attempt that has requested nothing yet.
func newAttempt(class, returnTo string) attempt {
	return attempt{id: rand.Text(), nonce: rand.Text(), class: class, returnTo: returnTo}
}

// requesting returns the attempt after it has requested something, which expires after
// life.
func (a attempt) requesting(requested, email string, life time.Duration) attempt {
	a.requested, a.email = requested, email
	return a.lasting(life)
}

// lasting returns the attempt with a new stage that ends after life.
func (a attempt) lasting(life time.Duration) attempt {
	a.until = time.Now().Add(life).Unix()
	return a
}

// live reports whether the present stage has not expired.
func (a attempt) live(now time.Time) bool { return now.Unix() < a.until }

// isPending reports whether the attempt has a pending sign-in that can still be
// finished.
func (a attempt) isPending(now time.Time) bool { return a.pending.step != "" && a.pending.live(now) }

// canContinue reports whether the attempt is past its first step and has not expired.
func (a attempt) canContinue(now time.Time) bool {
	return a.live(now) && (a.account != "" || a.isPending(now))
}

// awaitingPrimary returns the attempt if its pending sign-in can be finished by one
// more primary method of this class (an id or a slug). It returns nil if there is no
// such pending sign-in, or if its account has to be confirmed first.
func (a attempt) awaitingPrimary(class string) *attempt {
	p := a.pending
	if !a.isPending(time.Now()) || a.account != "" || p.step != stepPrimary || class == "" || (class != string(p.class) && !strings.EqualFold(class, p.slug)) {
		return nil
	}
	return &a
}

// proof returns what the next method is combined with: nil if the attempt is nil.
func (a *attempt) proof() grimoireauth.Proof {
	if a == nil {
		return nil
	}
	return a.pending.intermediate
}

// causes reports whether a method failed because of the pending sign-in that it should
// finish: that one has expired, or belongs to another person who used this browser
// before. The next try goes without it.
func (a *attempt) causes(err error) bool {
	if a == nil || isUndecided(err) {
		return false
	}
	_, answered := stytchErrorType(err)
	return answered && (errors.Is(err, grimoireauth.ErrSignInExpired) || errors.Is(err, grimoireauth.ErrInvalid) || errors.Is(err, grimoireauth.ErrUnauthenticated))
}

// startPage returns the page to begin again, with the class, the address and the return
// address.
func (a attempt) startPage() Page {
	page := Page{Class: a.class, Email: a.email, ReturnTo: a.returnTo}
	if a.pending.className != "" {
		page.ClassName = a.pending.className
	}
	return page
}

// pendingPage returns what every page about the pending sign-in contains.
func (a attempt) pendingPage() Page {
	p := a.pending
	page := Page{Attempt: a.id, Class: p.slug, ClassName: p.className, OtherClasses: p.discovered, ReturnTo: a.returnTo}
	if page.Class == "" {
		page.Class = string(p.class)
	}
	return page
}

func (a attempt) wellFormed(now time.Time) bool {
	verifier, held := a.verifier.Reveal(), a.held.Reveal()
	latest := now.Add(longestLife + clockSkew)
	switch {
	case !idForm.MatchString(a.nonce), !slugOK(a.class), len(a.email) > maxEmail, len(a.account) > maxEmail:
		return false
	case a.until > latest.Unix(), a.writtenAt > now.Add(clockSkew).UnixMilli(), a.writtenAt < 0, a.until < 0:
		return false
	case (verifier != "") != a.isBound() || verifier != "" && !verifierForm.MatchString(verifier):
		return false
	case a.token != (callbackToken{}) && !a.token.wellFormed():
		return false
	case !a.pending.wellFormed():
		return false
	case held != "" && !seal.IsSealed(held):
		return false
	}
	switch a.requested {
	case "":
		return true
	case requestLink, requestCode, requestOAuth, requestSSO, requestReset, requestDiscoveryOAuth:
		// Without a class the attempt would match a token of any class, so only
		// requests that are about no class may have none.
		return a.requested == requestDiscoveryOAuth && a.class == "" || a.requested != requestDiscoveryOAuth && (a.class != "" || a.requested == requestLink || a.requested == requestCode)
	}
	return false
}

// isBound reports whether a token is redeemed only in the browser that requested it.
func (a attempt) isBound() bool { return a.requested == requestReset || a.redirects() }

// redirects reports whether the attempt redirects to a provider and back.
func (a attempt) redirects() bool {
	return slices.Contains([]string{requestOAuth, requestDiscoveryOAuth, requestSSO}, a.requested)
}

// fitted leaves out what does not fit into a cookie: first what is only shown on a
// page, then the return address.
func (a attempt) fitted() attempt {
	if a.pending.step != "" {
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
		if attemptCodec.Fits(a) {
			break
		}
		leaveOut()
	}
	return a
}

// sameAddress compares two e-mail addresses as Stytch does, without the case of ASCII
// letters.
func sameAddress(one, other string) bool { return text.SameAddress(one, other) }

func lowerASCII(s string) string {
	return text.Fold(s)
}

// The kinds of tokens that are redeemed, by stytch_token_type. Any other kind is
// rejected, also one that Stytch adds later: a token of one kind must not be redeemed
// as another. Source: https://stytch.com/docs/b2b/guides/magic-links/send-emails
const (
	kindLink           = "multi_tenant_magic_links"
	kindDiscovery      = "discovery"
	kindOAuth          = "oauth"
	kindDiscoveryOAuth = "discovery_oauth"
	kindSSO            = "sso"
	kindPassword       = "multi_tenant_passwords"
	kindImpersonation  = "multi_tenant_impersonation"
)

// callbackToken is a token that a browser brings to the callback.
type callbackToken struct{ kind, slug, token string }

// fromProvider reports whether the token comes from a provider to which this package
// has redirected the browser, so that a redirect has to be pending.
func (t callbackToken) fromProvider() bool {
	return t.kind == kindOAuth || t.kind == kindDiscoveryOAuth || t.kind == kindSSO
}

func (t callbackToken) wellFormed() bool {
	return t.kind != "" && tokenForm.MatchString(t.token) && slugOK(t.slug)
}

// key is the key for double submissions of the token. It contains a secret of the
// browser.
func (t callbackToken) key(secret string) string {
	return strings.Join([]string{t.kind, secret, t.slug, t.token}, "\n")
}
