package grimoireauth

// Class is a class as Stytch knows it: an Organization.
type Class struct {
	ID   ClassID
	Slug string // its name in URLs; it can change hands, so never decide by it
	Name string
	// ExternalID is the class's id in another system, such as a student
	// administration. Empty: none.
	ExternalID string
	LogoURL    string // empty: none
	// Archived says that the class is there to be read and that every sign-in to it is
	// rejected: see stytchclient.Classes.Archive.
	Archived bool
	Settings ClassSettings
	Metadata Metadata // without the keys of this package; nil if there is none
}
