package stytchclient

import (
	"context"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/discovery"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/discovery/organizations"
)

// Discovery is where somebody can go who has signed in without naming a class.
type Discovery struct {
	// Email is the address that they have proven, or that their provider says is
	// theirs.
	Email string
	// Name is what a provider calls them. Empty: it was not asked, or did not say.
	Name string
	// Classes are those that they are in or can join. There may be none.
	Classes []DiscoveredClass
}

// MembershipKind says how somebody stands to a class, in Stytch's words.
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
	// Member is their line of the roster. Zero for somebody who would join.
	Member grimoireauth.Member
	// Ready says that choosing the class finishes the sign-in. Otherwise it wants one
	// of Methods first, a second factor (MFA), or both.
	Ready   bool
	Methods []grimoireauth.SignInMethod
	MFA     bool
}

// Discover lists the classes that somebody can go to: with the Intermediate of an
// unfinished sign-in, those they are in and those they could join; with the
// Credentials of a session, those they are in. Archived classes, and those in which
// they are suspended, are left out, since nobody could go there. It can be called
// again and uses nothing up. Errors: [grimoireauth.ErrSignInExpired], [grimoireauth.ErrSessionEnded].
// Source: https://stytch.com/docs/b2b/api/list-discovered-organizations
func (s SignIn) Discover(ctx context.Context, proof grimoireauth.Proof) (Discovery, error) {
	const op = "discover classes"
	who, err := present(op, proof)
	if err != nil {
		return Discovery{}, err
	}
	if who == (presented{}) {
		return Discovery{}, &grimoireauth.Error{Op: op, Kind: grimoireauth.ErrNoCredentials}
	}
	res, err := call(ctx, s.c, op, func(ctx context.Context) (*organizations.ListResponse, error) {
		return s.c.api.Discovery.Organizations.List(ctx, &organizations.ListParams{
			IntermediateSessionToken: who.intermediate, SessionToken: who.token, SessionJWT: who.jwt,
		})
	})
	if err != nil {
		return Discovery{}, err
	}
	return s.c.discoveryOf(op, res.RequestID, res.EmailAddress, res.DiscoveredOrganizations)
}

// discovered is the answer of the calls that begin a discovery.
type discovered struct {
	requestID, intermediate, email, name string
	classes                              []discovery.DiscoveredOrganization
}

// chooseClass turns it into the unfinished sign-in that it is.
func (c *Client) chooseClass(op string, d discovered) error {
	if d.intermediate == "" {
		return incomplete(op, d.requestID, "has no intermediate_session_token")
	}
	found, err := c.discoveryOf(op, d.requestID, d.email, d.classes)
	if err != nil {
		return err
	}
	found.Name = d.name
	return &StepUpError{Op: op, Discovery: &found, Intermediate: newIntermediate(d.intermediate, grimoireauth.Intermediate{})}
}

func (c *Client) discoveryOf(op, requestID, email string, classes []discovery.DiscoveredOrganization) (Discovery, error) {
	if email == "" {
		return Discovery{}, incomplete(op, requestID, "has no email_address")
	}
	out := Discovery{Email: email}
	for _, d := range classes {
		if d.Organization == nil || d.Membership == nil {
			return Discovery{}, incomplete(op, requestID, "has a discovered organization without an organization or a membership")
		}
		class, err := c.classOf(op, requestID, "", *d.Organization)
		if err != nil {
			return Discovery{}, err
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
				return Discovery{}, err
			}
		}
		if class.Archived || found.Member.Suspended {
			continue
		}
		out.Classes = append(out.Classes, found)
	}
	return out, nil
}
