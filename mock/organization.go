package mock

import (
	"regexp"
	"strings"
	"time"
	"unicode/utf8"
)

// organization is a Stytch Organization: what the school calls a class.
type organization struct {
	seq                  int64
	id, slug, name       string
	externalID, logoURL  string
	defaultConnection    string        // SSO; empty: none
	connections          []*connection // SSO, oldest first
	customRoles          []policyRole  // of this organization only
	roll                 *roll         // its members
	settings             settings
	trusted              metadata
	createdAt, updatedAt time.Time
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
		OrganizationID:         o.id,
		OrganizationName:       o.name,
		OrganizationLogoURL:    o.logoURL,
		OrganizationSlug:       o.slug,
		settings:               o.settings,
		SSOActiveConnections:   o.activeConnections(),
		TrustedMetadata:        o.trusted,
		CreatedAt:              moment(o.createdAt),
		UpdatedAt:              moment(o.updatedAt),
		OrganizationExternalID: orNull(o.externalID),
		SSODefaultConnectionID: orNull(o.defaultConnection),
		CustomRoles:            append([]policyRole{}, o.customRoles...),
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
		o.name = *in.OrganizationName
	}
	if in.OrganizationSlug != nil {
		if err := c.checkSlug(o, *in.OrganizationSlug); err != nil {
			return err
		}
		o.slug = *in.OrganizationSlug
	}
	if in.OrganizationLogoURL != nil {
		switch {
		case len(*in.OrganizationLogoURL) > maxLogoURL:
			return refuse("organization_logo_url_too_long")
		case *in.OrganizationLogoURL != "" && !isWebURL(*in.OrganizationLogoURL):
			return refuseField("invalid_url", "organization_logo_url")
		}
		o.logoURL = *in.OrganizationLogoURL
	}
	if in.OrganizationExternalID != nil && *in.OrganizationExternalID != "" {
		if err := c.checkExternalID(o, *in.OrganizationExternalID); err != nil {
			return err
		}
		o.externalID = *in.OrganizationExternalID
	}
	var err error
	o.trusted, err = o.trusted.merged(in.TrustedMetadata)
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
	for _, other := range c.s.db.organizations {
		if other.id != o.id && (strings.EqualFold(other.slug, slug) || other.externalID == slug) {
			return refuse("organization_slug_already_used")
		}
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
	for _, other := range c.s.db.organizations {
		if other.id != o.id && (other.externalID == id || strings.EqualFold(other.slug, id)) {
			return refuse("organization_external_id_already_used")
		}
	}
	return nil
}
