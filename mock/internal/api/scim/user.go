package scim

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// user is the User of RFC 7643, 4.1. Its parts have the fields of Stytch's in the same
// order, so that one converts to the other.
type user struct {
	Schemas           []string        `json:"schemas"`
	ID                string          `json:"id,omitempty"`
	ExternalID        string          `json:"externalId,omitempty"`
	UserName          string          `json:"userName"`
	Name              *userName       `json:"name,omitempty"`
	DisplayName       string          `json:"displayName,omitempty"`
	NickName          string          `json:"nickName,omitempty"`
	ProfileURL        string          `json:"profileUrl,omitempty"`
	Title             string          `json:"title,omitempty"`
	UserType          string          `json:"userType,omitempty"`
	PreferredLanguage string          `json:"preferredLanguage,omitempty"`
	Locale            string          `json:"locale,omitempty"`
	Timezone          string          `json:"timezone,omitempty"`
	Active            *bool           `json:"active,omitempty"`
	Emails            []userValue     `json:"emails,omitempty"`
	PhoneNumbers      []userValue     `json:"phoneNumbers,omitempty"`
	IMs               []userValue     `json:"ims,omitempty"`
	Photos            []userValue     `json:"photos,omitempty"`
	Addresses         []userAddress   `json:"addresses,omitempty"`
	Groups            []reference     `json:"groups,omitempty"`
	Entitlements      []userValue     `json:"entitlements,omitempty"`
	Roles             []userValue     `json:"roles,omitempty"`
	X509Certificates  []userValue     `json:"x509Certificates,omitempty"`
	Enterprise        *userEnterprise `json:"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User,omitempty"`
	Meta              *meta           `json:"meta,omitempty"`
}

type userName struct {
	Formatted       string `json:"formatted,omitempty"`
	FamilyName      string `json:"familyName,omitempty"`
	GivenName       string `json:"givenName,omitempty"`
	MiddleName      string `json:"middleName,omitempty"`
	HonorificPrefix string `json:"honorificPrefix,omitempty"`
	HonorificSuffix string `json:"honorificSuffix,omitempty"`
}

type userValue struct {
	Value   string `json:"value"`
	Type    string `json:"type,omitempty"`
	Primary bool   `json:"primary,omitempty"`
}

type userAddress struct {
	Formatted     string `json:"formatted,omitempty"`
	StreetAddress string `json:"streetAddress,omitempty"`
	Locality      string `json:"locality,omitempty"`
	Region        string `json:"region,omitempty"`
	PostalCode    string `json:"postalCode,omitempty"`
	Country       string `json:"country,omitempty"`
	Type          string `json:"type,omitempty"`
	Primary       bool   `json:"primary,omitempty"`
}

type userEnterprise struct {
	EmployeeNumber string       `json:"employeeNumber,omitempty"`
	CostCenter     string       `json:"costCenter,omitempty"`
	Division       string       `json:"division,omitempty"`
	Department     string       `json:"department,omitempty"`
	Organization   string       `json:"organization,omitempty"`
	Manager        *userManager `json:"manager,omitempty"`
}

type userManager struct {
	Value       string `json:"value,omitempty"`
	Ref         string `json:"$ref,omitempty"`
	DisplayName string `json:"displayName,omitempty"`
}

// reference is a member of a group, or a group of a user.
type reference struct {
	Value   string `json:"value"`
	Ref     string `json:"$ref,omitempty"`
	Display string `json:"display,omitempty"`
}

// meta is RFC 7643, 3.1.
type meta struct {
	ResourceType string    `json:"resourceType"`
	Created      time.Time `json:"created"`
	LastModified time.Time `json:"lastModified"`
	Location     string    `json:"location"`
}

// userOf is the member as the directory sees them.
func (c *Call) userOf(m *state.Member) user {
	attributes := c.State.SCIMAttributes(m)
	p := m.SCIM.Person
	out := user{
		Schemas: []string{userURN}, ID: m.ID, ExternalID: p.ExternalID, UserName: p.UserName,
		DisplayName: p.DisplayName, NickName: p.NickName, ProfileURL: p.ProfileURL, Title: p.Title, UserType: p.UserType,
		PreferredLanguage: p.PreferredLanguage, Locale: p.Locale, Timezone: p.Timezone, Active: &attributes.Active,
		Emails: fromStytch(p.Emails), PhoneNumbers: fromStytch(p.PhoneNumbers), IMs: fromStytch(p.IMs),
		Photos: fromStytch(p.Photos), Entitlements: fromStytch(p.Entitlements),
		Roles: fromStytch(p.Roles), X509Certificates: fromStytch(p.X509Certificates),
		Meta: &meta{"User", m.SCIM.CreatedAt, m.SCIM.UpdatedAt, endpoint(c.Request, c.n) + "/Users/" + m.ID},
	}
	for _, a := range p.Addresses {
		out.Addresses = append(out.Addresses, userAddress(a))
	}
	for _, g := range attributes.Groups {
		out.Groups = append(out.Groups, reference{Value: g.Value, Ref: endpoint(c.Request, c.n) + "/Groups/" + g.Value, Display: g.Display})
	}
	if p.Name != nil {
		name := userName(*p.Name)
		out.Name = &name
	}
	if e := p.EnterpriseExtension; e != nil {
		out.Schemas = append(out.Schemas, enterpriseURN)
		out.Enterprise = &userEnterprise{EmployeeNumber: e.EmployeeNumber, CostCenter: e.CostCenter, Division: e.Division, Department: e.Department, Organization: e.Organization}
		if e.Manager != nil {
			manager := userManager(*e.Manager)
			out.Enterprise.Manager = &manager
		}
	}
	return out
}

// fromStytch converts values of which a person can have several.
func fromStytch(in []wire.SCIMValue) []userValue {
	var out []userValue
	for _, v := range in {
		out = append(out, userValue(v))
	}
	return out
}

// readUser makes a person of cleaned attributes. Active is nil if they do not say it.
func readUser(attributes map[string]any) (p wire.SCIMPerson, active *bool, err error) {
	encoded, err := json.Marshal(attributes)
	if err != nil {
		return p, nil, err
	}
	var in user
	if err := json.Unmarshal(encoded, &in); err != nil {
		return p, nil, err
	}
	if strings.TrimSpace(in.UserName) == "" {
		return p, nil, invalid("invalidValue", "userName is required.")
	}
	p = wire.SCIMPerson{
		UserName: in.UserName, ExternalID: in.ExternalID, DisplayName: in.DisplayName, NickName: in.NickName,
		ProfileURL: in.ProfileURL, UserType: in.UserType, Title: in.Title, PreferredLanguage: in.PreferredLanguage,
		Locale: in.Locale, Timezone: in.Timezone,
		Emails: toStytch(in.Emails), PhoneNumbers: toStytch(in.PhoneNumbers), IMs: toStytch(in.IMs), Photos: toStytch(in.Photos),
		Entitlements: toStytch(in.Entitlements), Roles: toStytch(in.Roles), X509Certificates: toStytch(in.X509Certificates),
	}
	for _, a := range in.Addresses {
		p.Addresses = append(p.Addresses, wire.SCIMAddress(a))
	}
	if in.Name != nil {
		name := wire.SCIMName(*in.Name)
		p.Name = &name
	}
	if e := in.Enterprise; e != nil {
		p.EnterpriseExtension = &wire.SCIMEnterprise{EmployeeNumber: e.EmployeeNumber, CostCenter: e.CostCenter, Division: e.Division, Department: e.Department, Organization: e.Organization}
		if e.Manager != nil {
			manager := wire.SCIMManager(*e.Manager)
			p.EnterpriseExtension.Manager = &manager
		}
	}
	return p, in.Active, nil
}

func toStytch(in []userValue) []wire.SCIMValue {
	var out []wire.SCIMValue
	for _, v := range in {
		out = append(out, wire.SCIMValue(v))
	}
	return out
}

// addressOf is the e-mail address of the member: the primary one, that of work, the first
// one, or the userName, which is an address in most directories.
func addressOf(p wire.SCIMPerson) string {
	for _, wanted := range []func(wire.SCIMValue) bool{
		func(v wire.SCIMValue) bool { return v.Primary },
		func(v wire.SCIMValue) bool { return strings.EqualFold(v.Type, "work") },
		func(wire.SCIMValue) bool { return true },
	} {
		if i := slices.IndexFunc(p.Emails, func(v wire.SCIMValue) bool { return v.Value != "" && wanted(v) }); i >= 0 {
			return p.Emails[i].Value
		}
	}
	return p.UserName
}

// nameOf is the name of the member, or nothing.
func nameOf(p wire.SCIMPerson) string {
	if p.Name != nil {
		if p.Name.Formatted != "" {
			return p.Name.Formatted
		}
		if name := strings.TrimSpace(p.Name.GivenName + " " + p.Name.FamilyName); name != "" {
			return name
		}
	}
	return p.DisplayName
}
