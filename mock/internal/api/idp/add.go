// Package idp answers /v1/b2b/idp, and what the organization family says about Connected
// Apps: OAuth clients that members of an organization let act for them.
package idp

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

var appForm = regexp.MustCompile(`^connected-app-(test|live)-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// Add makes a Connected App, or changes the one with this id. At Stytch the dashboard
// and an API outside B2B do so.
func Add(c *core.Request, a state.ConnectedApp) (id string, err error) {
	if a.ID == "" {
		a.ID = c.NewID("connected-app")
	}
	if a.Type == "" {
		a.Type = wire.ThirdParty // needs consent
	}
	m := appForm.FindStringSubmatch(a.ID)
	switch {
	case m == nil || m[1] != c.Env:
		return "", fmt.Errorf("client_id %.80q is not of the form connected-app-%s-<uuid>", a.ID, c.Env)
	case !slices.Contains(wire.AppTypes, a.Type):
		return "", wire.Error("invalid_connected_app_type")
	case !wire.IsFirstParty(a.Type) && (a.FullAccess || a.BypassConsent):
		return "", fmt.Errorf("full_access_allowed and bypass_consent_for_offline_access are for first-party apps, not for %s", a.Type)
	case len(a.RedirectURLs) == 0:
		return "", wire.FieldError("connected_app_invalid_redirect_url", "redirect_urls is empty")
	}
	for _, u := range a.RedirectURLs {
		if !isRedirectURL(u) {
			return "", wire.FieldError("connected_app_invalid_redirect_url", fmt.Sprintf("%.100q", u))
		}
	}
	a.RedirectURLs = slices.Clone(a.RedirectURLs)
	state.Put(&c.State.ConnectedApps, a.ID, &a)
	return a.ID, nil
}

// isRedirectURL reports whether a browser can be sent to u: an absolute URL without a
// fragment. That of an app on a phone has a scheme of its own.
// Source: RFC 6749, 3.1.2
func isRedirectURL(u string) bool {
	parsed, err := url.Parse(u)
	return err == nil && parsed.IsAbs() && parsed.Opaque == "" && (parsed.Host != "" || parsed.Path != "") && !strings.Contains(u, "#")
}
