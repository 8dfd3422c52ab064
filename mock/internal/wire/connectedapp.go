package wire

import (
	"slices"
	"strings"
)

// The types of Connected Apps: of the project's owner or of others, and able to keep a
// secret or not.
// Source: https://stytch.com/docs/b2b/guides/connected-apps/client-types
const (
	FirstParty       = "first_party"
	FirstPartyPublic = "first_party_public"
	ThirdParty       = "third_party"
	ThirdPartyPublic = "third_party_public"
)

// AppTypes are all types of Connected Apps.
var AppTypes = []string{FirstParty, FirstPartyPublic, ThirdParty, ThirdPartyPublic}

// IsFirstParty reports whether a Connected App of this type is the project owner's.
func IsFirstParty(appType string) bool { return appType == FirstParty || appType == FirstPartyPublic }

// IsPublicApp reports whether a Connected App of this type can keep no secret, so that
// it needs PKCE.
func IsPublicApp(appType string) bool { return strings.HasSuffix(appType, "_public") }

// AllowsApp reports whether the organization's settings let a Connected App in.
func (s Settings) AllowsApp(appType, id string) bool {
	allowed, list := s.ThirdPartyApps, s.AllowedThirdPartyApps
	if IsFirstParty(appType) {
		allowed, list = s.FirstPartyApps, s.AllowedFirstPartyApps
	}
	return allowed == AllAllowed || allowed == Restricted && slices.Contains(list, id)
}

// Scopes that the policy of no project contains.
// Source: https://stytch.com/docs/b2b/guides/connected-apps/oauth-scopes
const (
	ScopeOfflineAccess = "offline_access"
	ScopeFullAccess    = "full_access"
)

// BuiltInScopes are the scopes that every project has.
var BuiltInScopes = []string{"openid", "profile", "email", "phone", ScopeOfflineAccess, ScopeFullAccess}

// AppPublic is a Connected App as members see it before they let it in.
type AppPublic struct {
	ClientID          string `json:"client_id"`
	ClientName        string `json:"client_name"`
	ClientDescription string `json:"client_description"`
	ClientType        string `json:"client_type"`
	LogoURL           string `json:"logo_url,omitempty"`
}

// App is a Connected App that is let in.
type App struct {
	ConnectedAppID string `json:"connected_app_id"`
	Name           string `json:"name"`
	Description    string `json:"description"`
	ClientType     string `json:"client_type"`
	LogoURL        string `json:"logo_url,omitempty"`
}

// MemberApp is a Connected App that a member has let in.
type MemberApp struct {
	App
	ScopesGranted string `json:"scopes_granted"` // with spaces between them
}

// AppMember is a member who has let a Connected App in.
type AppMember struct {
	MemberID      string   `json:"member_id"`
	GrantedScopes []string `json:"granted_scopes"`
}

// ScopeResult says whether a member can grant a scope.
type ScopeResult struct {
	Scope       string `json:"scope"`
	Description string `json:"description"`
	IsGrantable bool   `json:"is_grantable"`
}
