package mock

import (
	"regexp"
	"strings"
	"time"
	"unicode/utf8"
)

// organization is a Stytch Organization: what the school calls a class.
type organization struct {
	Seq               int64         `json:"seq"`
	ID                string        `json:"organization_id"`
	Name              string        `json:"organization_name"`
	Slug              string        `json:"organization_slug"`
	ExternalID        string        `json:"organization_external_id,omitempty"`
	LogoURL           string        `json:"organization_logo_url,omitempty"`
	Settings          settings      `json:"settings"`
	DefaultConnection string        `json:"sso_default_connection_id,omitempty"`
	Connections       []*connection `json:"sso_connections,omitempty"` // oldest first
	CustomRoles       []policyRole  `json:"custom_roles,omitempty"`    // of this organization only
	Trusted           metadata      `json:"trusted_metadata"`
	CreatedAt         time.Time     `json:"created_at"`
	UpdatedAt         time.Time     `json:"updated_at"`

	entered organizationNames // where the index has it
}

// organizationJSON is the Organization object with every field that is not
// optional.
// Source: https://stytch.com/docs/b2b/api/organization-object
type organizationJSON struct {
	OrganizationID      string `json:"organization_id"`
	OrganizationName    string `json:"organization_name"`
	OrganizationLogoURL string `json:"organization_logo_url"`
	OrganizationSlug    string `json:"organization_slug"`
	settings
	SSOActiveConnections   []activeConnectionJSON `json:"sso_active_connections"`
	TrustedMetadata        metadata               `json:"trusted_metadata"`
	CreatedAt              moment                 `json:"created_at"`
	UpdatedAt              moment                 `json:"updated_at"`
	OrganizationExternalID *string                `json:"organization_external_id"`
	SSODefaultConnectionID *string                `json:"sso_default_connection_id"`
	SCIMActiveConnection   any                    `json:"scim_active_connection"`
	CustomRoles            []policyRole           `json:"custom_roles"` // newer than stytch-go v16
}

func (o *organization) json() organizationJSON {
	return organizationJSON{
		OrganizationID:         o.ID,
		OrganizationName:       o.Name,
		OrganizationLogoURL:    o.LogoURL,
		OrganizationSlug:       o.Slug,
		settings:               o.Settings,
		SSOActiveConnections:   o.activeConnections(),
		TrustedMetadata:        o.Trusted,
		CreatedAt:              moment(o.CreatedAt),
		UpdatedAt:              moment(o.UpdatedAt),
		OrganizationExternalID: orNull(o.ExternalID),
		SSODefaultConnectionID: orNull(o.DefaultConnection),
		CustomRoles:            append([]policyRole{}, o.CustomRoles...),
	}
}

// orNull returns nil for an empty string: optional fields without a value are
// null on the wire.
func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// organizationInfo is the part of an Organization that is not a setting, as the
// create call takes it.
type organizationInfo struct {
	OrganizationName       *string  `json:"organization_name"`
	OrganizationSlug       *string  `json:"organization_slug"`
	OrganizationLogoURL    *string  `json:"organization_logo_url"`
	OrganizationExternalID *string  `json:"organization_external_id"`
	TrustedMetadata        metadata `json:"trusted_metadata"`
}

var (
	slugForm           = regexp.MustCompile(`^[A-Za-z0-9._~-]{2,128}$`)
	slugSubstance      = regexp.MustCompile(`[A-Za-z0-9]`)
	externalIDForm     = regexp.MustCompile(`^[A-Za-z0-9._|-]{1,128}$`)
	organizationIDForm = regexp.MustCompile(`^organization-(test|live)-`)
)

// maxLogoURL is ours; Stytch's bound is not published.
const maxLogoURL = 2048

// inform changes what is given in an organization that is not stored yet, or in
// a copy of one that is.
func (c *call) inform(o *organization, in organizationInfo) error {
	if in.OrganizationName != nil {
		if strings.TrimSpace(*in.OrganizationName) == "" {
			return refuse("organization_name_missing")
		}
		if utf8.RuneCountInString(*in.OrganizationName) > 128 {
			return refuse("invalid_organization_name")
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
			return refuse("organization_logo_url_too_long")
		case *in.OrganizationLogoURL != "" && !isWebURL(*in.OrganizationLogoURL):
			return refuseField("invalid_url", "organization_logo_url")
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
	o.Trusted, err = o.Trusted.merged(in.TrustedMetadata)
	return err
}

// checkSlug refuses a slug that is malformed or taken. Slugs that differ by case
// only, or that could be taken for an organization's id or external id, are
// refused too: whether Stytch does is not published, and the laxer reading would
// let one name mean two organizations.
func (c *call) checkSlug(o *organization, slug string) error {
	if !slugForm.MatchString(slug) || !slugSubstance.MatchString(slug) || organizationIDForm.MatchString(slug) {
		return refuse("invalid_organization_slug")
	}
	if c.db.named(o, slug) {
		return refuse("organization_slug_already_used")
	}
	return nil
}

func (c *call) checkExternalID(o *organization, id string) error {
	switch {
	case !externalIDForm.MatchString(id):
		return refuse("invalid_organization_external_id")
	case organizationIDForm.MatchString(id):
		return refuse("external_organization_id_same_as_organization_id")
	}
	if c.db.named(o, id) {
		return refuse("organization_external_id_already_used")
	}
	return nil
}
