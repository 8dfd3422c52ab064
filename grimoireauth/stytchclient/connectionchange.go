package stytchclient

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/sso/oidc"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/sso/saml"
)

// OIDCChange is what to change about an OIDC connection. The zero OIDCChange
// changes nothing.
type OIDCChange struct {
	Name, Provider Change[string] // as in [NewConnection]
	// ClientID and ClientSecret are what the identity provider gave this side.
	ClientID     Change[string]
	ClientSecret Change[grimoireauth.Secret]
	// Issuer is the identity provider's; from an https one Stytch finds the four
	// addresses below by itself.
	Issuer                                           Change[string]
	AuthorizationURL, TokenURL, UserinfoURL, KeysURL Change[string]
	// Scopes replaces the scopes that are asked for: "openid email profile".
	Scopes Change[string]
	// Attributes replaces [Connection.Attributes].
	Attributes Change[map[string]string]
}

// UpdateOIDC changes an OIDC connection. Errors: [grimoireauth.ErrInvalid], [grimoireauth.ErrNotFound].
// Source: https://stytch.com/docs/b2b/api/update-oidc-connection
func (cs Connections) UpdateOIDC(ctx context.Context, class grimoireauth.ClassID, id ConnectionID, change OIDCChange) (Connection, error) {
	const op = "update OIDC connection"
	w := wireFields{fields: make(map[string]any)}
	put(&w, "display_name", change.Name, nil)
	put(&w, "identity_provider", change.Provider, nil)
	put(&w, "client_id", change.ClientID, nil)
	if secret, ok := change.ClientSecret.Value(); ok {
		w.fields["client_secret"] = secret.Reveal()
	}
	put(&w, "issuer", change.Issuer, webAddress("Issuer"))
	put(&w, "authorization_url", change.AuthorizationURL, webAddress("AuthorizationURL"))
	put(&w, "token_url", change.TokenURL, webAddress("TokenURL"))
	put(&w, "userinfo_url", change.UserinfoURL, webAddress("UserinfoURL"))
	put(&w, "jwks_url", change.KeysURL, webAddress("KeysURL"))
	put(&w, "custom_scopes", change.Scopes, nil)
	putAttributes(&w, change.Attributes)
	return cs.change(ctx, op, class, id, func(ctx context.Context) (Connection, string, error) {
		res, err := send[oidc.UpdateConnectionResponse](ctx, cs.c, http.MethodPut, connectionPath(ConnectionOIDC, class, id), w.fields)
		switch {
		case err != nil:
			return Connection{}, "", err
		case res.Connection == nil:
			return Connection{}, res.RequestID, nil
		}
		return cs.c.oidcConnection(*res.Connection), res.RequestID, nil
	}, append(w.faults, needed("connection id", string(id)))...)
}

// SAMLChange is what to change about a SAML connection. The zero SAMLChange changes
// nothing.
type SAMLChange struct {
	Name, Provider Change[string] // as in [NewConnection]
	// EntityID, SignInURL and Certificate (PEM) are what the identity provider says
	// about itself.
	EntityID, SignInURL, Certificate Change[string]
	// Attributes replaces [Connection.Attributes]. An active connection maps "email",
	// and "full_name" or both "first_name" and "last_name"; GroupRoles need "groups".
	Attributes Change[map[string]string]
	// Roles replaces the roles of everybody who signs in through it, and GroupRoles
	// those of groups. They count in sessions that were signed in to through it.
	Roles      Change[[]grimoireauth.Role]
	GroupRoles Change[[]GroupRole]
}

// UpdateSAML changes a SAML connection. Errors: [grimoireauth.ErrInvalid], [grimoireauth.ErrNotFound].
// Source: https://stytch.com/docs/b2b/api/update-saml-connection
func (cs Connections) UpdateSAML(ctx context.Context, class grimoireauth.ClassID, id ConnectionID, change SAMLChange) (Connection, error) {
	const op = "update SAML connection"
	w := wireFields{fields: make(map[string]any)}
	put(&w, "display_name", change.Name, nil)
	put(&w, "identity_provider", change.Provider, nil)
	put(&w, "idp_entity_id", change.EntityID, nil)
	put(&w, "idp_sso_url", change.SignInURL, webAddress("SignInURL"))
	put(&w, "x509_certificate", change.Certificate, nil)
	putAttributes(&w, change.Attributes)
	if roles, ok := change.Roles.Value(); ok {
		list := make([]map[string]string, 0, len(roles))
		for _, role := range roles {
			list = append(list, map[string]string{"role_id": cs.roleID(&w, "Roles", role, "")})
		}
		w.fields["saml_connection_implicit_role_assignments"] = list
	}
	if roles, ok := change.GroupRoles.Value(); ok {
		list := make([]map[string]string, 0, len(roles))
		for _, r := range roles {
			if r.Group == "" {
				w.faults = append(w.faults, errors.New("GroupRoles has a role without a group"))
			}
			list = append(list, map[string]string{"group": r.Group, "role_id": cs.roleID(&w, "GroupRoles", r.Role, r.ID)})
		}
		w.fields["saml_group_implicit_role_assignments"] = list
	}
	return cs.change(ctx, op, class, id, func(ctx context.Context) (Connection, string, error) {
		res, err := send[saml.UpdateConnectionResponse](ctx, cs.c, http.MethodPut, connectionPath(ConnectionSAML, class, id), w.fields)
		switch {
		case err != nil:
			return Connection{}, "", err
		case res.Connection == nil:
			return Connection{}, res.RequestID, nil
		}
		return cs.c.samlConnection(*res.Connection), res.RequestID, nil
	}, append(w.faults, needed("connection id", string(id)))...)
}

// roleID is the Stytch role id of a role that a connection is to bring. That of a
// student is none: every member has it.
func (cs Connections) roleID(w *wireFields, field string, role grimoireauth.Role, id string) string {
	if id != "" {
		return id
	}
	ids, err := assignment(cs.c.roles, role)
	if err != nil || len(ids) == 0 {
		w.faults = append(w.faults, fmt.Errorf("%s has %v, which no connection can bring", field, role))
		return ""
	}
	return ids[0]
}

func putAttributes(w *wireFields, change Change[map[string]string]) {
	to, ok := change.Value()
	if !ok {
		return
	}
	for name, attribute := range to {
		if name == "" || attribute == "" {
			w.faults = append(w.faults, errors.New("Attributes has an empty name"))
		}
	}
	w.fields["attribute_mapping"] = to
}

// webAddress checks the addresses of an identity provider: https, so that no
// other host can answer in its place. Empty clears one.
func webAddress(field string) func(string) error {
	return func(raw string) error {
		u, err := url.Parse(raw)
		if raw != "" && (err != nil || u.Scheme != "https" || u.Hostname() == "") {
			return fmt.Errorf("%s is not an https URL", field)
		}
		return nil
	}
}
