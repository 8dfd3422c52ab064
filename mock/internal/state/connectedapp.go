package state

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// ConnectedApp is an OAuth client that members let act for them.
type ConnectedApp struct {
	ID            string   `json:"-"` // the key in the state
	Name          string   `json:"client_name,omitempty"`
	Description   string   `json:"client_description,omitempty"`
	Type          string   `json:"client_type"`
	RedirectURLs  []string `json:"redirect_urls"`
	LogoURL       string   `json:"logo_url,omitempty"`
	FullAccess    bool     `json:"full_access_allowed,omitempty"`
	BypassConsent bool     `json:"bypass_consent_for_offline_access,omitempty"`
}

// Public is the app as members see it before they let it in.
func (a *ConnectedApp) Public() wire.AppPublic {
	return wire.AppPublic{ClientID: a.ID, ClientName: a.Name, ClientDescription: a.Description, ClientType: a.Type, LogoURL: a.LogoURL}
}

// JSON is the app as Stytch lists it.
func (a *ConnectedApp) JSON() wire.App {
	return wire.App{ConnectedAppID: a.ID, Name: a.Name, Description: a.Description, ClientType: a.Type, LogoURL: a.LogoURL}
}

// AuthorizationCode is what a Connected App gets when a member has let it in.
type AuthorizationCode struct {
	ClientID    string    `json:"client_id"`
	MemberID    string    `json:"member_id"`
	SessionID   string    `json:"member_session_id,omitempty"` // of the session that let it in, if it was one
	Scopes      []string  `json:"scopes"`
	RedirectURL string    `json:"redirect_uri"`
	Challenge   string    `json:"code_challenge,omitempty"`
	Nonce       string    `json:"nonce,omitempty"`
	Resources   []string  `json:"resources,omitempty"`
	ExpiresAt   time.Time `json:"expires_at"`
}

// AppsOf returns the Connected Apps that a member has let in, by id.
func (db *State) AppsOf(m *Member) []*ConnectedApp {
	var out []*ConnectedApp
	for _, id := range slices.Sorted(maps.Keys(m.Apps)) {
		out = append(out, db.ConnectedApps[id])
	}
	return out
}

// AppMembers returns the members of an organization who have let a Connected App in.
func (db *State) AppMembers(o *Organization, id string) []*Member {
	var out []*Member
	for _, m := range db.Roster(o).Members {
		if _, ok := m.Apps[id]; ok && m.Status != StatusDeleted {
			out = append(out, m)
		}
	}
	return out
}

// RevokeApp takes from a Connected App what a member has let it do, its authorization
// codes included.
func (db *State) RevokeApp(m *Member, id string) {
	delete(m.Apps, id)
	if b := db.index.belongings[m.ID]; b != nil {
		maps.DeleteFunc(b.authorized, func(code string, _ bool) bool {
			if db.AuthorizationCodes[code].ClientID != id {
				return false
			}
			delete(db.AuthorizationCodes, code)
			return true
		})
	}
}

// AddAuthorizationCode stores a code.
func (db *State) AddAuthorizationCode(code string, a *AuthorizationCode) {
	Put(&db.AuthorizationCodes, code, a)
	db.belongingsOf(a.MemberID).authorized[code] = true
}

// RevokeApps does so for all apps of a member.
func (db *State) RevokeApps(m *Member) {
	for _, a := range db.AppsOf(m) {
		db.RevokeApp(m, a.ID)
	}
}

// RevokeForbiddenApps does so for the apps that an organization no longer allows.
func (db *State) RevokeForbiddenApps(o *Organization) {
	for _, m := range db.Roster(o).Members {
		for _, a := range db.AppsOf(m) {
			if !o.Settings.AllowsApp(a.Type, a.ID) {
				db.RevokeApp(m, a.ID)
			}
		}
	}
}

// rebuildConnectedApps completes the Connected Apps, and checks that members and codes
// name apps that exist.
func (db *State) rebuildConnectedApps(wrong report) {
	for _, id := range slices.Sorted(maps.Keys(db.ConnectedApps)) {
		a, where := db.ConnectedApps[id], fmt.Sprintf("connected_apps[%.60q]", id)
		if a == nil || !slices.Contains(wire.AppTypes, a.Type) {
			wrong("%s needs a client_type, one of %v", where, wire.AppTypes)
			continue
		}
		a.ID = id
	}
	for i, m := range db.Members {
		if m == nil {
			continue // said already
		}
		for _, id := range slices.Sorted(maps.Keys(m.Apps)) {
			if db.ConnectedApps[id] == nil {
				wrong("members[%d]: there is no Connected App %.100q", i, id)
			}
		}
	}
	for _, code := range slices.Sorted(maps.Keys(db.AuthorizationCodes)) {
		a := db.AuthorizationCodes[code]
		if a == nil || db.ConnectedApps[a.ClientID] == nil || db.Member(a.MemberID) == nil {
			wrong("authorization_codes[%.60q] needs the client_id of a Connected App and the member_id of a member", code)
			continue
		}
		db.belongingsOf(a.MemberID).authorized[code] = true
	}
}
