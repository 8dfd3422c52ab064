package core

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// OrganizationInfo is the part of an Organization that is not a setting, as the
// create call takes it.
type OrganizationInfo struct {
	OrganizationName       *string       `json:"organization_name"`
	OrganizationSlug       *string       `json:"organization_slug"`
	OrganizationLogoURL    *string       `json:"organization_logo_url"`
	OrganizationExternalID *string       `json:"organization_external_id"`
	TrustedMetadata        wire.Metadata `json:"trusted_metadata"`
}

var (
	slugForm           = regexp.MustCompile(`^[A-Za-z0-9._~-]{2,128}$`)
	slugSubstance      = regexp.MustCompile(`[A-Za-z0-9]`)
	externalIDForm     = regexp.MustCompile(`^[A-Za-z0-9._|-]{1,128}$`)
	organizationIDForm = regexp.MustCompile(`^organization-(test|live)-`)
)

// maxLogoURL is ours; Stytch's bound is not published.
const maxLogoURL = 2048

// SetInfo changes what is given in an organization that is not stored yet, or in
// a copy of one that is.
func (c *Request) SetInfo(o *state.Organization, in OrganizationInfo) error {
	if in.OrganizationName != nil {
		if strings.TrimSpace(*in.OrganizationName) == "" {
			return wire.Error("organization_name_missing")
		}
		if utf8.RuneCountInString(*in.OrganizationName) > 128 {
			return wire.Error("invalid_organization_name")
		}
		o.Name = *in.OrganizationName
	}
	if in.OrganizationSlug != nil {
		if err := c.checkSlug(o, *in.OrganizationSlug); err != nil {
			return err
		}
		o.Slug = *in.OrganizationSlug
	}
	if in.OrganizationLogoURL != nil {
		switch {
		case len(*in.OrganizationLogoURL) > maxLogoURL:
			return wire.Error("organization_logo_url_too_long")
		case *in.OrganizationLogoURL != "" && !wire.IsWebURL(*in.OrganizationLogoURL):
			return wire.FieldError("invalid_url", "organization_logo_url")
		}
		o.LogoURL = *in.OrganizationLogoURL
	}
	if in.OrganizationExternalID != nil && *in.OrganizationExternalID != "" {
		if err := c.checkExternalID(o, *in.OrganizationExternalID); err != nil {
			return err
		}
		o.ExternalID = *in.OrganizationExternalID
	}
	var err error
	o.Trusted, err = o.Trusted.Merged(in.TrustedMetadata)
	return err
}

// checkSlug refuses a slug that is malformed or taken. Slugs that differ by case
// only, or that could be taken for an organization's id or external id, are
// refused too: whether Stytch does is not published, and the laxer reading would
// let one name mean two organizations.
func (c *Request) checkSlug(o *state.Organization, slug string) error {
	if !slugForm.MatchString(slug) || !slugSubstance.MatchString(slug) || organizationIDForm.MatchString(slug) {
		return wire.Error("invalid_organization_slug")
	}
	if c.State.NameTaken(o, slug) {
		return wire.Error("organization_slug_already_used")
	}
	return nil
}

func (c *Request) checkExternalID(o *state.Organization, id string) error {
	switch {
	case !externalIDForm.MatchString(id):
		return wire.Error("invalid_organization_external_id")
	case organizationIDForm.MatchString(id):
		return wire.Error("external_organization_id_same_as_organization_id")
	}
	if c.State.NameTaken(o, id) {
		return wire.Error("organization_external_id_already_used")
	}
	return nil
}

// OrganizationResponse is the response of the calls that return an organization.
type OrganizationResponse struct {
	wire.Envelope
	Organization wire.Organization `json:"organization"`
}

// CreateOrganizationRequest is POST /v1/b2b/organizations.
type CreateOrganizationRequest struct {
	OrganizationInfo
	wire.SettingsGiven
}

// CreateOrganization makes an organization. A slug is required: Stytch's pages
// say so, one SDK's typing does not, and what would be generated is not
// published.
// Source: https://stytch.com/docs/b2b/api/create-organization
func CreateOrganization(c *Request, in CreateOrganizationRequest) (*OrganizationResponse, error) {
	if in.OrganizationName == nil {
		return nil, wire.Error("organization_name_missing")
	}
	if in.OrganizationSlug == nil {
		return nil, wire.FieldError("invalid_organization_slug", "organization_slug is missing")
	}
	o := &state.Organization{ID: c.newRecordID("organization"), CreatedAt: c.Now, UpdatedAt: c.Now}
	if err := c.SetInfo(o, in.OrganizationInfo); err != nil {
		return nil, err
	}
	var err error
	if o.Settings, err = c.ChangeSettings(o, wire.NewSettings(in.SettingsGiven), in.SettingsGiven); err != nil {
		return nil, err
	}
	c.State.AddOrganization(o)
	c.organizationIs(ActionCreate, o)
	return &OrganizationResponse{Organization: o.JSON()}, nil
}

// FreeSlug makes "laws1100-s2" of "LAWS1100, S2", and "laws1100-s2-2" if that is
// taken.
func (c *Request) FreeSlug(name string) string {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	base := strings.Join(words, "-")
	if len(base) < 2 {
		base = "class-" + base
	}
	base = strings.Trim(base[:min(len(base), 100)], "-")
	for n := 1; ; n++ {
		slug := base
		if n > 1 {
			slug = fmt.Sprintf("%s-%d", base, n)
		}
		if !c.State.NameTaken(new(state.Organization), slug) {
			return slug
		}
	}
}
