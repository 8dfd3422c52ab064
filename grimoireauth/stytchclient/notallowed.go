package stytchclient

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/organizations"
)

// NotAllowedError is behind an [grimoireauth.ErrMethodNotAllowed] when the class is known: the
// ways that it does allow, so that a page can offer them instead. Find it with
// [errors.As].
type NotAllowedError struct {
	Class grimoireauth.Class
	// Methods are the ways to sign in that the class allows; AnyMethod is spelt out.
	Methods []grimoireauth.SignInMethod
	// SecondFactors are those that it allows, spelt out in the same way.
	SecondFactors []grimoireauth.SecondFactor
}

// Error names them.
func (e *NotAllowedError) Error() string {
	return "the class allows " + list(e.Methods) + ", and as a second factor " + list(e.SecondFactors)
}

var (
	everyMethod = []grimoireauth.SignInMethod{
		grimoireauth.MethodMagicLink, grimoireauth.MethodEmailCode, grimoireauth.MethodPassword, grimoireauth.MethodSSO,
		grimoireauth.MethodGoogle, grimoireauth.MethodMicrosoft, grimoireauth.MethodSlack, grimoireauth.MethodGitHub, grimoireauth.MethodHubSpot,
	}
	everySecondFactor = []grimoireauth.SecondFactor{grimoireauth.SecondFactorSMS, grimoireauth.SecondFactorApp}
)

// allowedMethods are the ways to sign in that the class allows, one by one.
func allowedMethods(s grimoireauth.ClassSettings) []grimoireauth.SignInMethod {
	return slices.DeleteFunc(slices.Clone(everyMethod), func(m grimoireauth.SignInMethod) bool { return !s.Allows(m) })
}

// allowedSecondFactors are the second factors that the class allows, one by one.
func allowedSecondFactors(s grimoireauth.ClassSettings) []grimoireauth.SecondFactor {
	return slices.DeleteFunc(slices.Clone(everySecondFactor), func(f grimoireauth.SecondFactor) bool { return !s.AllowsSecondFactor(f) })
}

// instead adds to an ErrMethodNotAllowed what is allowed instead, which Stytch's
// refusal does not say: it asks for the class. If that fails, the refusal stays as
// it is; it is the answer to what was asked.
func (c *Client) instead(ctx context.Context, class grimoireauth.ClassID, err error) error {
	var e *grimoireauth.Error
	if class == "" || !errors.As(err, &e) || !errors.Is(e.Kind, grimoireauth.ErrMethodNotAllowed) {
		return err
	}
	res, getErr := call(ctx, c, e.Op, func(ctx context.Context) (*organizations.GetResponse, error) {
		return c.api.Organizations.Get(ctx, &organizations.GetParams{OrganizationID: string(class)})
	})
	if getErr != nil || !named(class, res.Organization) {
		return err
	}
	found, getErr := c.classOf(e.Op, res.RequestID, "", res.Organization)
	if getErr != nil {
		return err
	}
	with := *e
	with.Err = errors.Join(&NotAllowedError{
		Class: found, Methods: allowedMethods(found.Settings), SecondFactors: allowedSecondFactors(found.Settings),
	}, e.Err)
	return &with
}

// named reports whether an Organization is the one that was asked for. Stytch
// takes its slug and its external id in the place of its id.
func named(class grimoireauth.ClassID, org organizations.Organization) bool {
	asked := string(class)
	return asked == org.OrganizationID || strings.EqualFold(asked, org.OrganizationSlug) || asked == org.OrganizationExternalID
}
