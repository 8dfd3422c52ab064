package idp

import (
	"slices"

	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// authorizationRequest is what both calls take: the query of an OAuth authorization
// request, and who the member is.
type authorizationRequest struct {
	ClientID       string   `json:"client_id"`
	RedirectURI    string   `json:"redirect_uri"`
	ResponseType   string   `json:"response_type"`
	Scopes         []string `json:"scopes"`
	OrganizationID string   `json:"organization_id"`
	MemberID       string   `json:"member_id"`
	SessionToken   string   `json:"session_token"`
	SessionJWT     string   `json:"session_jwt"`
	Prompt         string   `json:"prompt"`
}

// authorization is such a request after its check.
type authorization struct {
	app             *state.ConnectedApp
	org             *state.Organization
	member          *state.Member
	session         *state.Session // nil if the member is named by their id
	scopes          []wire.ScopeResult
	granted         []string // those of scopes that the member can grant
	consentRequired bool     // the member has to consent
}

// check reads a request. No page says which errors Stytch has for a scope that the
// project does not have, for another response_type and for another prompt.
// Source: https://stytch.com/docs/b2b/api/connected-apps-oauth-authorize-start
func check(c *core.Request, in authorizationRequest) (authorization, error) {
	var a authorization
	var err error
	if a.app, err = appOf(c, in.ClientID); err != nil {
		return a, err
	}
	switch {
	case !isRedirectURL(in.RedirectURI):
		return a, wire.Error("connected_app_invalid_redirect_url")
	case !slices.Contains(a.app.RedirectURLs, in.RedirectURI):
		return a, wire.Error("connected_app_supplied_redirect_url_not_found_in_client")
	case in.ResponseType != "code":
		return a, wire.FieldError("invalid_argument", "response_type should be code")
	case len(in.Scopes) == 0:
		return a, wire.FieldError("invalid_argument", "scopes is required")
	case in.Prompt != "" && in.Prompt != "consent":
		return a, wire.FieldError("invalid_argument", "prompt should be consent")
	}
	if err := a.identify(c, in); err != nil {
		return a, err
	}
	if !a.org.Settings.AllowsApp(a.app.Type, a.app.ID) {
		return a, wire.Error("connected_app_not_allowed_for_org")
	}
	if err := a.checkScopes(c, in.Scopes); err != nil {
		return a, err
	}
	a.consentRequired = in.Prompt == "consent" || a.needsConsent()
	return a, nil
}

func appOf(c *core.Request, id string) (*state.ConnectedApp, error) {
	if !appForm.MatchString(id) {
		return nil, wire.Error("invalid_client_id")
	}
	app := c.State.ConnectedApps[id]
	if app == nil {
		return nil, wire.Error("connected_app_not_found")
	}
	return app, nil
}

// identify finds the member: by their id and organization, a session_token or a
// session_jwt, and by exactly one of the three.
func (a *authorization) identify(c *core.Request, in authorizationRequest) error {
	named := in.OrganizationID != "" || in.MemberID != ""
	var err error
	switch {
	case named && (in.SessionToken != "" || in.SessionJWT != ""):
		return wire.Error("too_many_session_arguments")
	case named:
		a.org, a.member, err = memberByID(c, in.OrganizationID, in.MemberID)
		return err
	}
	if a.session, err = c.SessionOf(in.SessionToken, in.SessionJWT); err != nil {
		return err
	}
	if in.SessionJWT != "" {
		// Nothing in the response would replace an expired one.
		if err := c.Unexpired(in.SessionJWT); err != nil {
			return err
		}
	}
	a.member = c.State.Member(a.session.MemberID)
	a.org = c.State.Org(a.member.OrganizationID)
	return nil
}

func memberByID(c *core.Request, organizationID, memberID string) (*state.Organization, *state.Member, error) {
	org, err := c.Organization(organizationID)
	if err != nil {
		return nil, nil, err
	}
	m, err := c.Member(org, memberID)
	if err != nil {
		return nil, nil, err
	}
	if m.Status != state.StatusActive {
		return nil, nil, wire.Error("action_available_only_for_active_members")
	}
	return org, m, nil
}

// needsConsent reports whether the member has to consent, besides by prompt=consent. An
// app of the project's owner is trusted; another one is let in again without a question
// as long as it asks for the same scopes. A refresh_token needs consent each time.
// Source: https://stytch.com/docs/b2b/guides/connected-apps/consent-management
func (a *authorization) needsConsent() bool {
	if slices.Contains(a.granted, wire.ScopeOfflineAccess) && !a.app.BypassConsent {
		return true
	}
	if wire.IsFirstParty(a.app.Type) {
		return false
	}
	before, ok := a.member.Apps[a.app.ID]
	return !ok || !slices.Equal(slices.Sorted(slices.Values(before)), slices.Sorted(slices.Values(a.granted)))
}
