package stytchclient

import (
	"context"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/sessions"
)

// Fetch asks Stytch whose session this is, and returns it with their line of the
// roster and their class as they are now, which a session_jwt does not carry. Errors
// and everything else are as with [Sessions.Authenticate].
// Source: https://stytch.com/docs/b2b/api/authenticate-session
func (s Sessions) Fetch(ctx context.Context, credentials grimoireauth.Credentials) (SignedIn, error) {
	signedIn, _, err := s.ask(ctx, "fetch session", credentials, sessions.AuthenticateParams{})
	return signedIn, err
}

// SetClaims changes custom claims of a live session: a claim that is named replaces
// its whole value, one with the value nil is deleted, and every other stays. The
// answer's session_jwt has them. The limits are those of
// [SessionOptions.CustomClaims]. Errors: as with [Sessions.Authenticate], and
// [grimoireauth.ErrInvalid].
// Source: https://stytch.com/docs/b2b/guides/sessions/custom-claims
func (s Sessions) SetClaims(ctx context.Context, credentials grimoireauth.Credentials, claims map[string]any) (grimoireauth.Authentication, error) {
	const op = "set custom claims"
	if err := invalid(op, checkClaims(claims)); err != nil {
		return grimoireauth.Authentication{}, err
	}
	if len(claims) == 0 {
		return s.authenticate(ctx, op, credentials, 0)
	}
	signedIn, _, err := s.ask(ctx, op, credentials, sessions.AuthenticateParams{SessionCustomClaims: claims})
	return signedIn.Authentication, err
}

// claimFaults are refusals of custom claims.
var claimFaults = map[string]bool{
	"custom_claims_too_large":                true,
	"reserved_claims_in_custom_claims":       true,
	"stytch_claims_in_custom_claims":         true,
	"unable_to_represent_custom_claims_json": true,
}

// Permission is an action on a resource of a class, in the words of the project's
// RBAC policy.
type Permission struct {
	Class            grimoireauth.ClassID
	Resource, Action string
}

// Authorize asks Stytch whether the holder of the session may do this, by the policy
// and the roles of this moment. [Client.Can] answers the same from a copy of the
// policy, and mostly without asking anybody. Nothing but a clear yes is one. Errors:
// as with [Sessions.Authenticate], and [grimoireauth.ErrForbidden], also for a class that the
// session is not of.
// Source: https://stytch.com/docs/b2b/guides/rbac/authorization-checks
func (s Sessions) Authorize(ctx context.Context, credentials grimoireauth.Credentials, permission Permission) (grimoireauth.Authentication, error) {
	const op = "authorize"
	if err := invalid(op, classFault(permission.Class), needed("resource", permission.Resource), needed("action", permission.Action)); err != nil {
		return grimoireauth.Authentication{}, err
	}
	signedIn, verdict, err := s.ask(ctx, op, credentials, sessions.AuthenticateParams{AuthorizationCheck: &sessions.AuthorizationCheck{
		OrganizationID: string(permission.Class), ResourceID: permission.Resource, Action: permission.Action,
	}})
	switch {
	case err != nil:
		return grimoireauth.Authentication{}, err
	case verdict == nil || !verdict.Authorized:
		return grimoireauth.Authentication{}, incomplete(op, "", "has no verdict that permits it")
	case signedIn.Class.ID != permission.Class:
		return grimoireauth.Authentication{}, incomplete(op, "", "is about another organization")
	}
	return signedIn.Authentication, nil
}

// authorizationRefusals are a no to the question of Authorize.
var authorizationRefusals = map[string]bool{
	"session_authorization_error":         true,
	"session_authorization_tenancy_error": true,
}
