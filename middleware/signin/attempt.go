package signin

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// attempt is one link being redeemed in one browser. A token works once, so a
// second click, a reload or a connection that broke off must find what the first
// one got. It holds the new credentials, for attemptLife and in memory only.
type attempt struct {
	turn     chan struct{} // holds one value while somebody works on the attempt; guards the rest
	redeemed bool          // the token has been spent on signedIn
	signedIn grimoireauth.SignedIn
	done     bool // signedIn and err are final
	err      error
}

const (
	attemptLife = time.Minute      // how long a second click finds the first one's answer
	attemptTime = 20 * time.Second // how long one round with Stytch may take
	maxAttempts = 10_000           // beyond it, clicks are not brought together
)

// attempts are those of the last minute. The zero value is ready.
type attempts struct {
	mu  sync.Mutex // guards all
	all map[[sha256.Size]byte]*attempt
}

func (as *attempts) get(l link) *attempt {
	key := sha256.Sum256([]byte(l.nonce + ":" + l.token))
	as.mu.Lock()
	defer as.mu.Unlock()
	if a, ok := as.all[key]; ok {
		return a
	}
	a := &attempt{turn: make(chan struct{}, 1)}
	if len(as.all) >= maxAttempts {
		return a
	}
	if as.all == nil {
		as.all = make(map[[sha256.Size]byte]*attempt)
	}
	as.all[key] = a
	time.AfterFunc(attemptLife, func() {
		as.mu.Lock()
		defer as.mu.Unlock()
		delete(as.all, key)
	})
	return a
}

// run works on the attempt, one request at a time, until it is final. A request
// that waits gives up with its own context and harms nobody.
func (as *attempts) run(ctx context.Context, l link, work func(*attempt) error) (grimoireauth.SignedIn, error) {
	a := as.get(l)
	select {
	case a.turn <- struct{}{}:
	case <-ctx.Done():
		return grimoireauth.SignedIn{}, &grimoireauth.Error{Op: "sign in", Kind: grimoireauth.ErrUnavailable, Err: ctx.Err()}
	}
	defer func() { <-a.turn }()
	if !a.done {
		a.err = work(a)
		a.done = a.err == nil || !unknown(a.err)
	}
	if a.err != nil {
		return grimoireauth.SignedIn{}, a.err
	}
	return a.signedIn, nil
}

var errOtherClass = errors.New("the link signs in to another class than it names")

// signIn redeems the token and proves what came back. The browser may be gone by
// now, on to its second click; the work goes on, since the token is spent.
func (h *Handler) signIn(r *http.Request, a *attempt, l link, before grimoireauth.Authentication) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), attemptTime)
	defer cancel()
	if !a.redeemed {
		signedIn, err := h.redeem(ctx, grimoireauth.NewSecret(l.token))
		if err != nil {
			return err
		}
		a.signedIn, a.redeemed = signedIn, true
	}
	if l.slug != "" && l.slug != a.signedIn.Class.Slug {
		h.end(ctx, r, a.signedIn.ID(), "refused sign-in")
		return errOtherClass
	}
	// What Stytch answered has to pass like any other credentials before a
	// browser gets them.
	proved, err := h.guard.Authenticate(ctx, a.signedIn.Credentials)
	if err != nil {
		return err
	}
	if proved.ID() != a.signedIn.ID() || proved.Session.Member() != a.signedIn.Session.Member() || proved.Organization() != a.signedIn.Organization() {
		h.end(ctx, r, a.signedIn.ID(), "refused sign-in")
		return &grimoireauth.Error{Op: "sign in: the new credentials prove another session", Kind: grimoireauth.ErrInvalid}
	}
	a.signedIn.Authentication = proved
	if h.config.OnSignIn != nil {
		switch err := h.config.OnSignIn(ctx, a.signedIn); {
		case errors.Is(err, grimoireauth.ErrForbidden) && !unknown(err):
			h.end(ctx, r, a.signedIn.ID(), "refused sign-in")
			return err
		case err != nil:
			// It could not be said; the text may hold anything, so it stays inside.
			h.fault(r, "OnSignIn failed", err)
			return &grimoireauth.Error{Op: "sign in", Kind: grimoireauth.ErrUnavailable, Err: err}
		}
	}
	// One browser, one session: a planted or forgotten one ends here.
	if !before.IsZero() && before.ID() != a.signedIn.ID() {
		h.end(ctx, r, before.ID(), "earlier session")
	}
	return nil
}

// end revokes a session that nobody shall use any more. If that fails it lives
// on at Stytch without a cookie; that is worth a line, not a failed sign-in.
func (h *Handler) end(ctx context.Context, r *http.Request, id grimoireauth.SessionID, why string) {
	if err := h.revoke(ctx, id); err != nil {
		h.note(r, "session not revoked: "+why, err)
	}
}
