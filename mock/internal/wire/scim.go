package wire

// ActiveSCIMConnection is the SCIM connection in an Organization object.
// Source: https://stytch.com/docs/b2b/api/organization-object
type ActiveSCIMConnection struct {
	ConnectionID         string    `json:"connection_id"`
	DisplayName          string    `json:"display_name"`
	BearerTokenLastFour  string    `json:"bearer_token_last_four"`
	BearerTokenExpiresAt Timestamp `json:"bearer_token_expires_at"`
}

// SCIMRegistration is a member's account in the directory behind a SCIM connection, in a
// Member object.
// Source: https://stytch.com/docs/b2b/api/member-object
type SCIMRegistration struct {
	ConnectionID   string         `json:"connection_id"`
	RegistrationID string         `json:"registration_id"`
	ExternalID     string         `json:"external_id"`
	SCIMAttributes SCIMAttributes `json:"scim_attributes"`
}

// SCIMAttributes is the User of RFC 7643 under Stytch's names.
type SCIMAttributes struct {
	ID     string         `json:"id"`
	Active bool           `json:"active"`
	Groups []SCIMGroupRef `json:"groups"`
	SCIMPerson
}

// SCIMPerson is what a directory says about a person.
type SCIMPerson struct {
	UserName            string          `json:"user_name"`
	ExternalID          string          `json:"external_id"`
	DisplayName         string          `json:"display_name"`
	NickName            string          `json:"nick_name"`
	ProfileURL          string          `json:"profile_url"`
	UserType            string          `json:"user_type"`
	Title               string          `json:"title"`
	PreferredLanguage   string          `json:"preferred_language"`
	Locale              string          `json:"locale"`
	Timezone            string          `json:"timezone"`
	Emails              []SCIMValue     `json:"emails"`
	PhoneNumbers        []SCIMValue     `json:"phone_numbers"`
	Addresses           []SCIMAddress   `json:"addresses"`
	IMs                 []SCIMValue     `json:"ims"`
	Photos              []SCIMValue     `json:"photos"`
	Entitlements        []SCIMValue     `json:"entitlements"`
	Roles               []SCIMValue     `json:"roles"`
	X509Certificates    []SCIMValue     `json:"x509certificates"`
	Name                *SCIMName       `json:"name"`
	EnterpriseExtension *SCIMEnterprise `json:"enterprise_extension"`
}

// SCIMGroupRef is a group that a person is in.
type SCIMGroupRef struct {
	Value   string `json:"value"` // the group's id
	Display string `json:"display"`
}

// SCIMValue is one value of an attribute that can have several, such as an address.
type SCIMValue struct {
	Value   string `json:"value"`
	Type    string `json:"type"`
	Primary bool   `json:"primary"`
}

// SCIMAddress is a postal address.
type SCIMAddress struct {
	Formatted     string `json:"formatted"`
	StreetAddress string `json:"street_address"`
	Locality      string `json:"locality"`
	Region        string `json:"region"`
	PostalCode    string `json:"postal_code"`
	Country       string `json:"country"`
	Type          string `json:"type"`
	Primary       bool   `json:"primary"`
}

// SCIMName is a person's name in its parts.
type SCIMName struct {
	Formatted       string `json:"formatted"`
	FamilyName      string `json:"family_name"`
	GivenName       string `json:"given_name"`
	MiddleName      string `json:"middle_name"`
	HonorificPrefix string `json:"honorific_prefix"`
	HonorificSuffix string `json:"honorific_suffix"`
}

// SCIMEnterprise is the enterprise extension of RFC 7643.
type SCIMEnterprise struct {
	EmployeeNumber string       `json:"employee_number"`
	CostCenter     string       `json:"cost_center"`
	Division       string       `json:"division"`
	Department     string       `json:"department"`
	Organization   string       `json:"organization"`
	Manager        *SCIMManager `json:"manager"`
}

// SCIMManager is the manager in the enterprise extension.
type SCIMManager struct {
	Value       string `json:"value"`
	Ref         string `json:"ref"`
	DisplayName string `json:"display_name"`
}

// Filled returns the person with a list for each attribute that has no value: Stytch's
// SDKs require them.
func (p SCIMPerson) Filled() SCIMPerson {
	p.Addresses = append([]SCIMAddress{}, p.Addresses...)
	for _, list := range []*[]SCIMValue{&p.Emails, &p.PhoneNumbers, &p.IMs, &p.Photos, &p.Entitlements, &p.Roles, &p.X509Certificates} {
		*list = append([]SCIMValue{}, *list...)
	}
	return p
}
