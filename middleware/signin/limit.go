package signin

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/limit"
)

// Limiter bounds what strangers can do on these pages: have messages sent, guess codes
// and passwords, and ask about classes. The Handler reserves each such thing before its
// call to Stytch. It must be safe for concurrent use.
//
// The built-in Limiter counts in memory, so each process grants as much. One that
// replicas share can keep a counter with an expiry for each combination of Action,
// Class and Address, and one for each combination of Action and Source, as Redis does
// with INCR and EXPIRE; Release decrements them. Address is personal data: store a hash
// of it.
type Limiter interface {
	// Reserve takes one of what is left for this use. Whether a class knows an address
	// must make no difference. On an error nothing is done and the person is told of
	// an outage.
	Reserve(ctx context.Context, use Use) (Grant, error)
	// Release gives back what Reserve has taken: the call was not made, the guess was
	// right, or the message has been used to sign in, so that another one supersedes
	// nothing.
	Release(ctx context.Context, use Use)
}

// Grant is what a [Limiter] answers. The zero Grant says to go on.
type Grant struct {
	// Wait is how long it is until the same can be done. Zero: it is reserved. For a
	// message that is not Pending the page waits up to two seconds itself and reserves
	// once more. A Limiter may also wait, as the built-in one does for up to eight
	// seconds, so that messages to one address have their turns.
	Wait time.Duration
	// Pending says of a refused message that an earlier one to this address, for this
	// class and of this kind, can still be used. The page then says that it is on its
	// way, as if it had been sent now. False: the page says that it was not sent.
	Pending bool
}

// Use is something that a [Limiter] bounds.
type Use struct {
	Action Action
	// Class is the organization_id of the class. Of a class that could not be looked up it
	// is its name in lower case, and of one that does not exist "no class " and the name.
	// Empty: classes are looked for by an address.
	Class string
	// Address is an e-mail address in lower case, a phone number, or a member_id where a
	// second factor is sent or guessed. Empty for ActionAskClass.
	Address string
	// Source is the client address, of IPv6 the first 64 bits. Zero: not known.
	Source netip.Addr
}

// Action is what a [Use] does.
type Action string

// The actions. Guesses at codes and passwords of one address are of one kind, since
// they are tries at the same account. Messages are of several, since a stranger who has
// one kind sent must not keep the owner of the address from another.
const (
	ActionSendLink  Action = "send_link"
	ActionSendCode  Action = "send_code"
	ActionSendReset Action = "send_reset" // a link to set a password
	ActionSendSMS   Action = "send_sms"
	ActionGuess     Action = "guess"     // a code or a password
	ActionAskClass  Action = "ask_class" // about a class that is not known to exist
)

// limitError is why a use was refused here. It matches [grimoireauth.ErrRateLimited]
// by the Error around it.
type limitError struct {
	action  Action
	pending bool
	member  bool // it is about a second factor, for which no link takes the place of a code
}

func (e *limitError) Error() string { return "too many of " + string(e.action) }

// reserve reserves a use. Its error is one of a [limitError], or that of an outage if
// the application's Limiter failed.
func (h *Handler) reserve(ctx context.Context, use Use) error {
	// Nothing is reserved for a call that the client will not make: the next one to ask
	// for a message would be told that it is on its way.
	if err := h.client.ClientShare(ctx); err != nil {
		return err
	}
	grant, err := h.limit.Reserve(ctx, use)
	switch {
	case err != nil:
		return &grimoireauth.Error{Op: "sign in: limit", Kind: grimoireauth.ErrUnavailable, Err: &applicationError{"Limit", err}}
	case grant.Wait > 0:
		return &grimoireauth.Error{
			Op: "sign in: limit " + string(use.Action), Kind: grimoireauth.ErrRateLimited, RetryAfter: grant.Wait,
			Err: &limitError{use.Action, grant.Pending, memberIDForm.MatchString(use.Address)},
		}
	}
	return nil
}

// noClass stands in a Use before the name of a class that does not exist, which can be of
// the form of an organization_id.
const noClass = "no class "

// useOf returns what a request does to an address of a class: an id or a slug, or empty.
// An error says that the class cannot be looked up for this client address now.
func (h *Handler) useOf(r *http.Request, action Action, class, address string) (Use, error) {
	use := Use{Action: action, Class: lowerASCII(class), Address: lowerASCII(address), Source: source(r.Context())}
	if class == "" {
		return use, nil
	}
	switch may := h.allowed(r, class); {
	case may.refused != nil:
		return Use{}, may.refused
	case may.id != "":
		use.Class = string(may.id)
	case !may.unsure:
		use.Class = noClass + use.Class
	}
	return use, nil
}

// guess returns work that checks a code or a password, as a use that counts unless it
// was right. Wrong says what counts.
func (h *Handler) guess(use Use, wrong func(error) bool, work func(context.Context) (grimoireauth.SignedIn, error)) func(context.Context) (grimoireauth.SignedIn, error) {
	return func(ctx context.Context) (grimoireauth.SignedIn, error) {
		if err := h.reserve(ctx, use); err != nil {
			return grimoireauth.SignedIn{}, err
		}
		signedIn, err := work(ctx)
		if !wrong(err) {
			h.limit.Release(ctx, use)
		}
		return signedIn, err
	}
}

// used returns work that signs in by a message, which can be superseded after that.
func (h *Handler) used(action Action, work func(context.Context) (grimoireauth.SignedIn, error)) func(context.Context) (grimoireauth.SignedIn, error) {
	return func(ctx context.Context) (grimoireauth.SignedIn, error) {
		signedIn, err := work(ctx)
		use := Use{Action: action, Class: string(signedIn.Class.ID), Address: signedIn.Member.Email, Source: source(ctx)}
		var stepUp *grimoireauth.StepUpError
		switch {
		case err == nil:
		case !errors.As(err, &stepUp):
			return signedIn, err
		case stepUp.Discovery != nil:
			use.Class, use.Address = "", stepUp.Discovery.Email
		default:
			use.Class, use.Address = string(stepUp.Class.ID), stepUp.Member.Email
		}
		if use.Address = lowerASCII(use.Address); use.Address != "" {
			h.limit.Release(ctx, use)
		}
		return signedIn, err
	}
}

// ours returns why a call was refused here: by a limit of these pages, or by the
// client's of the calls of one client address. Otherwise it returns nil and false:
// also if Stytch refused it.
func ours(err error) (*limitError, bool) {
	var own *applicationError
	var explained *grimoireauth.Error
	if !errors.Is(err, grimoireauth.ErrRateLimited) || errors.Is(err, grimoireauth.ErrLocked) || errors.As(err, &own) ||
		!errors.As(err, &explained) || explained.Status != 0 {
		return nil, false
	}
	var limited *limitError
	errors.As(err, &limited)
	return limited, true
}

// source returns the client address that a context says, as far as it counts as one.
// The Handler has put it there (see stranger).
func source(ctx context.Context) netip.Addr {
	return limit.Source(grimoireauth.ClientAddressFromContext(ctx))
}
