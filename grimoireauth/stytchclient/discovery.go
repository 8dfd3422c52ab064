package stytchclient

import (
	"context"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/discovery"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/discovery/organizations"
)

// Discovery signs people in who do not name a class: it finds the classes of an address
// that they have proven, and goes on to the one that they choose. It is part of a
// [Client]. Its first calls return a [Discovered]; their errors are those of [SignIn].
type Discovery struct{ c *Client }

// Discovered says where a person can go who has signed in without naming a class: choose
// one of Classes with [Discovery.ChooseClass], or make one with [Discovery.CreateClass].
type Discovered struct {
	// Intermediate proves what was done so far, for ten minutes. It is a secret and no
	// session. Zero: it was asked with the Credentials of a session.
	Intermediate grimoireauth.Intermediate
	// Email is the address that they have proven, or that their provider says is
	// theirs.
	Email string
	// Name is what a provider calls them. Empty: it was not asked, or did not say.
	Name string
	// Classes are those that they are in or can join. There may be none.
	Classes []DiscoveredClass
}

// MembershipKind says how a person stands to a class, in Stytch's words.
type MembershipKind string

// The kinds of membership.
const (
	MembershipActive  MembershipKind = "active_member"
	MembershipInvited MembershipKind = "invited_member" // choosing the class accepts the invitation
	MembershipPending MembershipKind = "pending_member" // began to sign up
	// Not on the roster; choosing the class joins it.
	MembershipByDomain MembershipKind = "eligible_to_join_by_email_domain"
	MembershipByTenant MembershipKind = "eligible_to_join_by_oauth_tenant"
)

// DiscoveredClass is one class to choose.
type DiscoveredClass struct {
	Class      grimoireauth.Class
	Membership MembershipKind
	// Member is their line of the roster. Zero for a person who would join.
	Member grimoireauth.Member
	// Ready says that choosing the class finishes the sign-in. Otherwise it wants one
	// of Methods first, a second factor (MFA), or both.
	Ready   bool
	Methods []grimoireauth.SignInMethod
	MFA     bool
}

// List lists the classes that a person can go to: with the Intermediate of a
// pending sign-in, those they are in and those they could join; with the
// Credentials of a session, those they are in. Archived classes, and those in which
// they are suspended, are left out, since they could not be entered. It can be called
// again and uses nothing up. Errors: [grimoireauth.ErrSignInExpired], [grimoireauth.ErrSessionEnded].
// Source: https://stytch.com/docs/b2b/api/list-discovered-organizations
func (s Discovery) List(ctx context.Context, proof grimoireauth.Proof) (Discovered, error) {
	const op = "discover classes"
	who, err := proofFieldsOf(op, proof)
	if err != nil {
		return Discovered{}, err
	}
	if who == (proofFields{}) {
		return Discovered{}, &grimoireauth.Error{Op: op, Kind: grimoireauth.ErrNoCredentials}
	}
	res, err := call(ctx, s.c, op, func(ctx context.Context) (*organizations.ListResponse, error) {
		return s.c.api.Discovery.Organizations.List(ctx, &organizations.ListParams{
			IntermediateSessionToken: who.intermediate, SessionToken: who.token, SessionJWT: who.jwt,
		})
	})
	if err != nil {
		return Discovered{}, err
	}
	out, err := s.c.discoveredOf(op, res.RequestID, res.EmailAddress, res.DiscoveredOrganizations)
	if intermediate, ok := proof.(grimoireauth.Intermediate); ok && err == nil {
		out.Intermediate = intermediate
	}
	return out, err
}

// discoveryAnswer is what the answers of the calls that begin a discovery have in common.
type discoveryAnswer struct {
	RequestID    string                             `json:"request_id"`
	Intermediate string                             `json:"intermediate_session_token"`
	Email        string                             `json:"email_address"`
	Name         string                             `json:"full_name"`
	Classes      []discovery.DiscoveredOrganization `json:"discovered_organizations"`
}

// begin makes a call that begins a discovery.
func (s Discovery) begin(ctx context.Context, op, path string, params any, want expected) (Discovered, error) {
	res, err := ask[discoveryAnswer](ctx, s.c, op, path, params, want)
	if err != nil {
		return Discovered{}, err
	}
	return s.c.begun(op, *res)
}

// begun reads the answer of a call that begins a discovery.
func (c *Client) begun(op string, res discoveryAnswer) (Discovered, error) {
	if res.Intermediate == "" {
		return Discovered{}, incomplete(op, res.RequestID, "has no intermediate_session_token")
	}
	out, err := c.discoveredOf(op, res.RequestID, res.Email, res.Classes)
	if err != nil {
		return Discovered{}, err
	}
	out.Name, out.Intermediate = res.Name, newIntermediate(res.Intermediate, grimoireauth.Intermediate{})
	return out, nil
}

func (c *Client) discoveredOf(op, requestID, email string, classes []discovery.DiscoveredOrganization) (Discovered, error) {
	if email == "" {
		return Discovered{}, incomplete(op, requestID, "has no email_address")
	}
	out := Discovered{Email: email}
	for _, d := range classes {
		if d.Organization == nil || d.Membership == nil {
			return Discovered{}, incomplete(op, requestID, "has a discovered organization without an organization or a membership")
		}
		class, err := c.classOf(op, requestID, "", *d.Organization)
		if err != nil {
			return Discovered{}, err
		}
		found := DiscoveredClass{
			Class:      class,
			Membership: MembershipKind(d.Membership.Type),
			// Whatever is said to be owed is owed, also beside member_authenticated.
			Ready: d.MemberAuthenticated && d.PrimaryRequired == nil && d.MFARequired == nil,
			MFA:   d.MFARequired != nil,
		}
		if d.PrimaryRequired != nil {
			found.Methods = primaryMethods(d.PrimaryRequired.AllowedAuthMethods, class)
		}
		if m := d.Membership.Member; m != nil {
			if found.Member, err = c.memberOf(op, requestID, class.ID, *m); err != nil {
				return Discovered{}, err
			}
		}
		if class.Archived || found.Member.Suspended {
			continue
		}
		out.Classes = append(out.Classes, found)
	}
	return out, nil
}
