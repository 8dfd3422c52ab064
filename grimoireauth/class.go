package grimoireauth

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/stytchauth/stytch-go/v16/stytch/b2b/organizations"
)

// Class is a class as Stytch knows it: an Organization.
type Class struct {
	ID   ClassID
	Slug string // its name in URLs; it can change hands, so never decide by it
	Name string
}

// NewClass describes a class to be created.
type NewClass struct {
	// Name is what people read, 1 to 128 characters. Required.
	Name string
	// Slug is the class's name in URLs, unique in the project: 2 to 128 letters,
	// digits and "-._~". Empty: made from Name.
	Slug string
}

// Classes creates and finds classes. It is part of a [Client].
type Classes struct{ c *Client }

var slugForm = regexp.MustCompile(`^[A-Za-z0-9._~-]{2,128}$`)

// Create makes a class. Nobody is in it yet, and only people whom the roster
// names can sign in to it. Errors: [ErrInvalid] before anything is sent,
// [ErrConflict] if the slug is taken.
func (cs Classes) Create(ctx context.Context, class NewClass) (Class, error) {
	const op = "create class"
	if class.Slug == "" {
		class.Slug = slugOf(class.Name)
	}
	var faults []error
	if n := utf8.RuneCountInString(class.Name); n < 1 || n > 128 {
		faults = append(faults, fmt.Errorf("Name has %d characters, not 1 to 128", n))
	}
	if !slugForm.MatchString(class.Slug) || !strings.ContainsAny(strings.ToLower(class.Slug), "abcdefghijklmnopqrstuvwxyz0123456789") {
		faults = append(faults, fmt.Errorf(`Slug %.140q is not 2 to 128 letters, digits and "-._~"`, class.Slug))
	}
	if err := invalid(op, faults...); err != nil {
		return Class{}, err
	}
	res, err := call(ctx, cs.c, op, func(ctx context.Context) (*organizations.CreateResponse, error) {
		return cs.c.api.Organizations.Create(ctx, &organizations.CreateParams{
			OrganizationName: class.Name,
			OrganizationSlug: class.Slug,
		})
	})
	if err != nil {
		return Class{}, err
	}
	return classOf(op, res.RequestID, "", res.Organization)
}

// Get returns the class with this id. Errors: [ErrNotFound].
func (cs Classes) Get(ctx context.Context, id ClassID) (Class, error) {
	const op = "get class"
	if err := invalid(op, needed("class id", string(id))); err != nil {
		return Class{}, err
	}
	res, err := call(ctx, cs.c, op, func(ctx context.Context) (*organizations.GetResponse, error) {
		return cs.c.api.Organizations.Get(ctx, &organizations.GetParams{OrganizationID: string(id)})
	})
	if err != nil {
		return Class{}, err
	}
	return classOf(op, res.RequestID, id, res.Organization)
}

// classOf reads Stytch's Organization. Asked, if not empty, is the id it must
// have.
func classOf(op, requestID string, asked ClassID, org organizations.Organization) (Class, error) {
	switch {
	case org.OrganizationID == "":
		return Class{}, incomplete(op, requestID, "has no organization_id")
	case asked != "" && string(asked) != org.OrganizationID:
		return Class{}, incomplete(op, requestID, "is about another organization")
	}
	return Class{
		ID:   ClassID(org.OrganizationID),
		Slug: org.OrganizationSlug,
		Name: org.OrganizationName,
	}, nil
}

// slugOf makes "laws1100-2026-s1" of "LAWS1100, 2026 S1".
func slugOf(name string) string {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	slug := strings.Join(words, "-")
	return strings.Trim(slug[:min(len(slug), 128)], "-")
}

// needed is the fault of an empty id. An empty path segment would make the
// request another one.
func needed(what, value string) error {
	if strings.TrimSpace(value) == "" {
		return errors.New("the " + what + " is missing")
	}
	return nil
}
