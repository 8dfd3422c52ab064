package stytchclient

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/text"
	"github.com/stytchauth/stytch-go/v16/stytch"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/organizations"
)

// Classes creates, finds and changes classes. It is part of a [Client].
type Classes struct{ c *Client }

// NewClass describes a class to be created.
type NewClass struct {
	// Name is what people read, 1 to 128 characters. Required.
	Name string
	// Slug is the class's name in URLs, unique in the project: 2 to 128 letters,
	// digits and "-._~". Empty: made from Name, in whatever script it is; the same name
	// makes the same slug.
	Slug string
	// ExternalID is the class's id in another system, unique in the project: up to
	// 128 letters, digits and "._-|". Empty: none.
	ExternalID string
	// LogoURL is an https URL. Empty: none.
	LogoURL string
	// Settings decide who gets in. Zero: people on the roster, by any way
	// to sign in.
	Settings grimoireauth.ClassSettings
	Metadata grimoireauth.Metadata
}

// Create makes a class. It has no members yet, and with zero Settings only people
// on the roster can sign in to it. Errors: [grimoireauth.ErrInvalid], mostly before
// anything is sent; [grimoireauth.ErrConflict] if the slug or the external id is taken. After
// [grimoireauth.ErrUnavailable] the class may be there: look it up [Classes.BySlug].
// Source: https://stytch.com/docs/b2b/api/create-organization
func (cs Classes) Create(ctx context.Context, class NewClass) (grimoireauth.Class, error) {
	const op = "create class"
	fields, fault := cs.c.fieldsOf(class.change())
	if err := invalid(op, fault); err != nil {
		return grimoireauth.Class{}, err
	}
	audit := grimoireauth.Changed{Op: op}
	res, err := call(ctx, cs.c, op, func(ctx context.Context) (*organizations.CreateResponse, error) {
		return send[organizations.CreateResponse](ctx, cs.c, http.MethodPost, "/v1/b2b/organizations", fields)
	})
	if err != nil {
		cs.c.recordUnknown(ctx, audit, err)
		return grimoireauth.Class{}, err
	}
	made, err := cs.c.classOf(op, res.RequestID, "", res.Organization)
	if err != nil {
		return grimoireauth.Class{}, err
	}
	audit.Class, audit.RequestID, audit.Fields = made.ID, res.RequestID, difference(nil, classAudit(made))
	cs.c.record(ctx, audit)
	return made, nil
}

// Get returns the class with this id. Errors: [grimoireauth.ErrNotFound].
// Source: https://stytch.com/docs/b2b/api/get-organization
func (cs Classes) Get(ctx context.Context, id grimoireauth.ClassID) (grimoireauth.Class, error) {
	const op = "get class"
	if err := invalid(op, classFault(id)); err != nil {
		return grimoireauth.Class{}, err
	}
	return cs.get(ctx, op, string(id), id, func(grimoireauth.Class) bool { return true })
}

// BySlug returns the class with this slug, in any case. Errors: [grimoireauth.ErrNotFound].
func (cs Classes) BySlug(ctx context.Context, slug string) (grimoireauth.Class, error) {
	const op = "get class by slug"
	if err := invalid(op, text.CheckSlug(slug)); err != nil {
		return grimoireauth.Class{}, err
	}
	return cs.get(ctx, op, slug, "", func(c grimoireauth.Class) bool { return strings.EqualFold(c.Slug, slug) })
}

// ByExternalID returns the class with this external id. Errors: [grimoireauth.ErrNotFound].
func (cs Classes) ByExternalID(ctx context.Context, id string) (grimoireauth.Class, error) {
	const op = "get class by external id"
	if err := invalid(op, checkExternalID(id, classIDPrefix)); err != nil {
		return grimoireauth.Class{}, err
	}
	return cs.get(ctx, op, id, "", func(c grimoireauth.Class) bool { return c.ExternalID == id })
}

// get asks for a class by any of its names: Stytch takes id, slug and external id
// in the same place. Asked, if not empty, is the id that the answer must have;
// meant tells whether it is the class that was asked for, and not one whose slug
// is the other's external id.
func (cs Classes) get(ctx context.Context, op, name string, asked grimoireauth.ClassID, meant func(grimoireauth.Class) bool) (grimoireauth.Class, error) {
	res, err := call(ctx, cs.c, op, func(ctx context.Context) (*organizations.GetResponse, error) {
		return cs.c.api.Organizations.Get(ctx, &organizations.GetParams{OrganizationID: name})
	})
	if err != nil {
		return grimoireauth.Class{}, err
	}
	class, err := cs.c.classOf(op, res.RequestID, asked, res.Organization)
	switch {
	case err != nil:
		return grimoireauth.Class{}, err
	case meant(class):
		return class, nil
	}
	return grimoireauth.Class{}, &grimoireauth.Error{Op: op, Kind: grimoireauth.ErrNotFound, Status: http.StatusOK, RequestID: res.RequestID}
}

// Delete deletes the class and everybody in it, for good; to close it and keep
// its roster, [Classes.Archive] it. Sessions in it are stale at once in this
// process, and in those that share its revocations. Errors: [grimoireauth.ErrNotFound].
// Source: https://stytch.com/docs/b2b/api/delete-organization
func (cs Classes) Delete(ctx context.Context, id grimoireauth.ClassID) error {
	const op = "delete class"
	if err := invalid(op, classFault(id)); err != nil {
		return err
	}
	if _, err := cs.c.actor(ctx, op, id); err != nil {
		return err
	}
	before, err := cs.before(ctx, op, id)
	if err != nil {
		return err
	}
	audit := grimoireauth.Changed{Op: op, Class: id, Fields: difference(classAudit(before), nil)}
	err, notAnnounced := cs.c.revokeAround(ctx, op, grimoireauth.Revocation{Class: grimoireauth.OrganizationID(id)}, func(ctx context.Context) error {
		res, err := call(ctx, cs.c, op, func(ctx context.Context) (*organizations.DeleteResponse, error) {
			return cs.c.api.Organizations.Delete(ctx, &organizations.DeleteParams{OrganizationID: string(id)})
		})
		switch {
		case err == nil:
			audit.RequestID = res.RequestID
		case errors.Is(err, grimoireauth.ErrNotFound):
			// It was there a moment ago: the answer to an earlier attempt was lost.
		default:
			cs.c.recordUnknown(ctx, audit, err)
			return err
		}
		cs.c.record(ctx, audit)
		return nil
	})
	return errors.Join(err, notAnnounced)
}

// send makes a request whose body has exactly these fields. The SDK's own
// parameters leave zero values out, so that nothing could be cleared with them;
// everything else about the request is the SDK's.
func send[Answer any](ctx context.Context, c *Client, method, path string, fields any) (*Answer, error) {
	body, err := json.Marshal(fields)
	if err != nil {
		return nil, err
	}
	out := new(Answer)
	if err := c.api.Organizations.C.NewRequest(ctx, stytch.RequestParams{Method: method, Path: path, Body: body, V: out}); err != nil {
		return nil, err
	}
	return out, nil
}

func organizationPath(id grimoireauth.ClassID) string {
	return "/v1/b2b/organizations/" + url.PathEscape(string(id))
}
