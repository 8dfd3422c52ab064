package mock

import (
	"github.com/promptgrimoire/auth/mock/internal/api/idp"
	"github.com/promptgrimoire/auth/mock/internal/control"
	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
)

// ConnectedApp is an OAuth client of the project, which members let act for them.
type ConnectedApp struct {
	ID          string // "connected-app-test-<uuid>". Empty: a new one
	Name        string
	Description string
	// Type is "first_party", "first_party_public", "third_party" or
	// "third_party_public". Empty: "third_party", which needs a member's consent.
	Type string
	// RedirectURLs are where a browser may be sent with a code. At least one is
	// required, and they are compared to the letter.
	RedirectURLs []string
	LogoURL      string
	// FullAccess lets members grant the scope full_access. First-party apps only.
	FullAccess bool
	// BypassConsent grants the scope offline_access without a member's consent.
	// First-party apps only.
	BypassConsent bool
}

// AddConnectedApp makes a Connected App known, or changes the one with this ID, and
// returns the client_id. It panics if the app is none that Stytch would take.
func (s *Stytch) AddConnectedApp(app ConnectedApp) (clientID string) {
	s.arrange("AddConnectedApp", func(c *core.Request) (err error) {
		clientID, err = idp.Add(c, state.ConnectedApp{
			ID: app.ID, Name: app.Name, Description: app.Description, Type: app.Type, RedirectURLs: app.RedirectURLs,
			LogoURL: app.LogoURL, FullAccess: app.FullAccess, BypassConsent: app.BypassConsent,
		})
		return err
	})
	return clientID
}

func (s *Stytch) addConnectedApp(in control.ConnectedApp) (out control.ConnectedAppResponse, err error) {
	err = misuse("AddConnectedApp", func() {
		out.ClientID = s.AddConnectedApp(ConnectedApp{
			ID: in.ClientID, Name: in.ClientName, Description: in.ClientDescription, Type: in.ClientType, RedirectURLs: in.RedirectURLs,
			LogoURL: in.LogoURL, FullAccess: in.FullAccessAllowed, BypassConsent: in.BypassConsentForOfflineAccess,
		})
	})
	return out, err
}
