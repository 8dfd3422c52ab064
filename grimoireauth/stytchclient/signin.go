package stytchclient

import "github.com/promptgrimoire/auth/grimoireauth"

// SignIn holds the ways to sign in. It is part of a [Client]. Each of them ends
// in a [SignedIn], or in a [*StepUpError] when the class asks for more.
//
// The errors of all of them: [grimoireauth.ErrMethodNotAllowed], with a [*NotAllowedError] that
// names the ways that are allowed where the class is known; [grimoireauth.ErrNotInvited] for
// a person who is not in the class and may not join by themselves;
// [grimoireauth.ErrClassArchived] and [grimoireauth.ErrSuspended]; [grimoireauth.ErrLocked] and [grimoireauth.ErrRateLimited];
// [grimoireauth.ErrSignInExpired] and [grimoireauth.ErrSessionEnded] for what [SignInOptions.Continue] names;
// [grimoireauth.ErrInvalid] for input that is refused before anything is sent; and
// [grimoireauth.ErrUnavailable], which says nothing about anybody. The text of each of these
// sentinels is a sentence that a page can show.
type SignIn struct{ c *Client }

// SignedIn is a finished sign-in.
type SignedIn struct {
	grimoireauth.Authentication
	Member grimoireauth.Member
	Class  grimoireauth.Class
}
