package stytchclient

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/sso"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/sso/oidc"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/sso/saml"
)

// Connections are the connections of classes to identity providers: OIDC and SAML.
// It is part of a [Client]. The rarer things, such as external connections, SAML
// metadata by URL and certificates, are behind [Client.Stytch].
type Connections struct{ c *Client }

// List returns the connections of a class, SAML before OIDC before external ones.
// Errors: [grimoireauth.ErrNotFound].
// Source: https://stytch.com/docs/b2b/api/get-sso-connections
func (cs Connections) List(ctx context.Context, class grimoireauth.ClassID) ([]Connection, error) {
	const op = "list connections"
	if err := invalid(op, classFault(class)); err != nil {
		return nil, err
	}
	res, err := call(ctx, cs.c, op, func(ctx context.Context) (*sso.GetConnectionsResponse, error) {
		return cs.c.api.SSO.GetConnections(ctx, &sso.GetConnectionsParams{OrganizationID: string(class)})
	})
	if err != nil {
		return nil, err
	}
	var out []Connection
	for _, n := range res.SAMLConnections {
		out = append(out, cs.c.samlConnection(n))
	}
	for _, n := range res.OIDCConnections {
		out = append(out, cs.c.oidcConnection(n))
	}
	for _, n := range res.ExternalConnections {
		out = append(out, cs.c.externalConnection(n))
	}
	for _, n := range out {
		if err := about(op, res.RequestID, class, "", n); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// about refuses a connection of another class, or another one than was asked for.
func about(op, requestID string, class grimoireauth.ClassID, asked ConnectionID, n Connection) error {
	switch {
	case n.ID == "":
		return incomplete(op, requestID, "has a connection without connection_id")
	case n.Class != class, asked != "" && n.ID != asked:
		return incomplete(op, requestID, "is about another connection")
	}
	return nil
}

// NewConnection describes a connection to be made.
type NewConnection struct {
	// Name is what people read on the page that offers it. Empty: none.
	Name string
	// Provider is the product behind it, in Stytch's words: "okta",
	// "microsoft-entra", "shibboleth", … Empty: "generic".
	Provider string
}

// CreateOIDC makes an OIDC connection. It is active once [Connections.UpdateOIDC]
// has told it about its identity provider. Errors: [grimoireauth.ErrInvalid], [grimoireauth.ErrNotFound].
// Source: https://stytch.com/docs/b2b/api/create-oidc-connection
func (cs Connections) CreateOIDC(ctx context.Context, class grimoireauth.ClassID, connection NewConnection) (Connection, error) {
	const op = "create OIDC connection"
	return cs.change(ctx, op, class, "", func(ctx context.Context) (Connection, string, error) {
		res, err := send[oidc.CreateConnectionResponse](ctx, cs.c, http.MethodPost, connectionsPath(ConnectionOIDC, class), connection.fields())
		switch {
		case err != nil:
			return Connection{}, "", err
		case res.Connection == nil:
			return Connection{}, res.RequestID, nil
		}
		return cs.c.oidcConnection(*res.Connection), res.RequestID, nil
	})
}

// CreateSAML makes a SAML connection. It is active once [Connections.UpdateSAML] has
// told it about its identity provider. Errors: [grimoireauth.ErrInvalid], [grimoireauth.ErrNotFound].
// Source: https://stytch.com/docs/b2b/api/create-saml-connection
func (cs Connections) CreateSAML(ctx context.Context, class grimoireauth.ClassID, connection NewConnection) (Connection, error) {
	const op = "create SAML connection"
	return cs.change(ctx, op, class, "", func(ctx context.Context) (Connection, string, error) {
		res, err := send[saml.CreateConnectionResponse](ctx, cs.c, http.MethodPost, connectionsPath(ConnectionSAML, class), connection.fields())
		switch {
		case err != nil:
			return Connection{}, "", err
		case res.Connection == nil:
			return Connection{}, res.RequestID, nil
		}
		return cs.c.samlConnection(*res.Connection), res.RequestID, nil
	})
}

func (n NewConnection) fields() map[string]any {
	out := map[string]any{}
	if n.Name != "" {
		out["display_name"] = n.Name
	}
	if n.Provider != "" {
		out["identity_provider"] = n.Provider
	}
	return out
}

// Delete deletes a connection. It signs no member in any more; sessions stay.
// The default connection of a class cannot be deleted: make another one the default
// first. A connection that is gone already is no error. Errors: [grimoireauth.ErrInvalid].
// Source: https://stytch.com/docs/b2b/api/delete-sso-connection
func (cs Connections) Delete(ctx context.Context, class grimoireauth.ClassID, id ConnectionID) error {
	const op = "delete connection"
	if err := invalid(op, classFault(class), needed("connection id", string(id))); err != nil {
		return err
	}
	audit := grimoireauth.Changed{Op: op, Class: class, Fields: []grimoireauth.FieldChange{{Field: "connection", Before: string(id)}}}
	res, err := call(ctx, cs.c, op, func(ctx context.Context) (*sso.DeleteConnectionResponse, error) {
		return cs.c.api.SSO.DeleteConnection(ctx, &sso.DeleteConnectionParams{OrganizationID: string(class), ConnectionID: string(id)})
	})
	var e *grimoireauth.Error
	switch {
	case errors.As(err, &e) && connectionGone[e.Type]:
		return nil
	case err != nil:
		cs.c.recordUnknown(ctx, audit, err)
		return err
	case res.ConnectionID != string(id):
		return incomplete(op, res.RequestID, "is about another connection")
	}
	audit.RequestID = res.RequestID
	cs.c.record(ctx, audit)
	return nil
}

// connectionGone does not hold organization_not_found: with a class that is not
// there, something else is wrong.
var connectionGone = map[string]bool{
	"sso_connection_not_found": true, "saml_connection_not_found": true, "oidc_connection_not_found": true,
	"external_connection_id_not_found": true,
}

// SetDefault makes a connection the one that a sign-in page should offer first. An
// empty id leaves the class without one. Errors: [grimoireauth.ErrInvalid] for a connection that
// is not active or not of this class.
// Source: https://stytch.com/docs/b2b/api/update-organization
func (cs Connections) SetDefault(ctx context.Context, class grimoireauth.ClassID, id ConnectionID) (grimoireauth.Class, error) {
	return cs.c.Classes.Update(ctx, class, ClassChange{DefaultConnection: Set(string(id))})
}

// change runs a call that changes one connection, checks what it is about, and
// tells the observer.
func (cs Connections) change(ctx context.Context, op string, class grimoireauth.ClassID, asked ConnectionID,
	do func(context.Context) (Connection, string, error), faults ...error) (Connection, error) {
	if err := invalid(op, append(faults, classFault(class))...); err != nil {
		return Connection{}, err
	}
	type answer struct {
		connection Connection
		requestID  string
	}
	audit := grimoireauth.Changed{Op: op, Class: class}
	res, err := call(ctx, cs.c, op, func(ctx context.Context) (*answer, error) {
		connection, requestID, err := do(ctx)
		return &answer{connection, requestID}, err
	})
	if err != nil {
		cs.c.recordUnknown(ctx, audit, err)
		return Connection{}, err
	}
	if err := about(op, res.requestID, class, asked, res.connection); err != nil {
		return Connection{}, err
	}
	audit.RequestID, audit.Fields = res.requestID, difference(nil, res.connection.audit())
	cs.c.record(ctx, audit)
	return res.connection, nil
}

func connectionsPath(kind ConnectionKind, class grimoireauth.ClassID) string {
	return "/v1/b2b/sso/" + string(kind) + "/" + url.PathEscape(string(class))
}

func connectionPath(kind ConnectionKind, class grimoireauth.ClassID, id ConnectionID) string {
	return connectionsPath(kind, class) + "/connections/" + url.PathEscape(string(id))
}
