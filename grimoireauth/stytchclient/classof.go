package stytchclient

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/text"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/organizations"
)

// classOf reads Stytch's Organization. Asked, if not empty, is the id it must
// have.
func (c *Client) classOf(op, requestID string, asked grimoireauth.ClassID, org organizations.Organization) (grimoireauth.Class, error) {
	switch {
	case org.OrganizationID == "":
		return grimoireauth.Class{}, incomplete(op, requestID, "has no organization_id")
	case asked != "" && string(asked) != org.OrganizationID:
		return grimoireauth.Class{}, incomplete(op, requestID, "is about another organization")
	}
	return grimoireauth.Class{
		ID:         grimoireauth.ClassID(org.OrganizationID),
		Slug:       org.OrganizationSlug,
		Name:       org.OrganizationName,
		ExternalID: org.OrganizationExternalID,
		LogoURL:    org.OrganizationLogoURL,
		Archived:   isArchived(org),
		Settings:   c.settingsOf(org),
		Metadata:   ownMetadata(org.TrustedMetadata),
	}, nil
}

// classAudit lists the class's fields. Names, slugs and ids of other systems can hold
// a lecturer's name.
func classAudit(c grimoireauth.Class) []field {
	s := c.Settings
	return []field{
		{"name", c.Name, true},
		{"slug", c.Slug, true},
		{"external_id", c.ExternalID, true},
		{"logo_url", c.LogoURL, true},
		{"archived", said(c.Archived), false},
		{"methods", list(s.Methods), false},
		{"second_factor_for_all", said(s.SecondFactorForAll), false},
		{"second_factors", list(s.SecondFactors), false},
		{"invitations", string(s.Invitations), false},
		{"join_by_email", string(s.JoinByEmail), false},
		{"domains", list(s.Domains), false},
		{"domain_roles", encoded(s.DomainRoles), false},
		{"join_by_sso", string(s.JoinBySSO), false},
		{"join_connections", list(s.JoinConnections), false},
		{"default_connection", s.DefaultConnection, false},
		{"join_by_tenant", string(s.JoinByTenant), false},
		{"tenants", encoded(s.Tenants), false},
		{"metadata", encoded(c.Metadata), true},
	}
}

func said(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

func list[T ~string](items []T) string { return strings.Join(words[string](items), " ") }

// encoded is JSON, which writes maps in order. What an answer of Stytch held can
// be written back.
func encoded[T any](value T) string {
	text, err := json.Marshal(value)
	if err != nil || string(text) == "null" {
		return ""
	}
	return string(text)
}

var (
	externalIDForm = regexp.MustCompile(`^[A-Za-z0-9._|-]{1,128}$`)
)

func checkClassName(name string) error {
	if n := utf8.RuneCountInString(name); n < 1 || n > 128 || text.Trim(name) == "" {
		return fmt.Errorf("Name has %d characters, not 1 to 128", n)
	}
	if _, err := plainName(name); err != nil {
		return err
	}
	return nil
}

// checkExternalID refuses what Stytch would, and what could be taken for an id
// of Stytch's own where either is accepted.
func checkExternalID(id, own string) error {
	if !externalIDForm.MatchString(id) || strings.HasPrefix(id, own) {
		return errors.New(`ExternalID is not 1 to 128 letters, digits and "._-|", or begins with "` + own + `"`)
	}
	return nil
}

func checkLogoURL(raw string) error {
	u, err := url.Parse(raw)
	if raw != "" && (err != nil || u.Scheme != "https" || u.Hostname() == "") {
		return errors.New("LogoURL is not an https URL")
	}
	return nil
}

// The beginnings of Stytch's ids.
const (
	classIDPrefix  = "organization-"
	memberIDPrefix = "member-"
)

// classFault refuses what is no id of Stytch's. Stytch would take a slug or an
// external id in its place; then the call would be done, and its answer, and the
// revocation announced for it, be about another id than the one that was given.
func classFault(id grimoireauth.ClassID) error {
	return idFault("class id", string(id), classIDPrefix)
}

// memberFault is classFault for members, who can be named by an external id.
func memberFault(id grimoireauth.MemberID) error {
	return idFault("member id", string(id), memberIDPrefix)
}

func idFault(what, id, prefix string) error {
	if err := needed(what, id); err != nil {
		return err
	}
	if !strings.HasPrefix(id, prefix) {
		return fmt.Errorf("the %s is not one of Stytch's, which begin with %q: find it by its other name first", what, prefix)
	}
	return nil
}

// needed is the fault of an empty id. An empty path segment would make the
// request another one.
func needed(what, value string) error {
	if strings.TrimSpace(value) == "" {
		return errors.New("the " + what + " is missing")
	}
	return nil
}
