package grimoireauth

// ClassID names a class. In the one-organization-per-class mode, which the
// stytchclient.Client assumes, it is the Stytch organization_id; in the other mode it is
// whatever the application's own tables say. It is an opaque string, compared
// exactly, never empty in a value that this module hands out.
type ClassID string

// MemberID names a member: Stytch's member_id, such as "member-test-…". One
// human in two classes is two members.
type MemberID string

// OrganizationID is Stytch's organization_id as a token or an answer states
// it. Only a [RoleFunc] turns it into a [ClassID].
type OrganizationID string

// SessionID is Stytch's member_session_id. It identifies a session and is no
// credential.
type SessionID string

// Person is a member in a class. It is comparable and may be a map key.
type Person struct {
	Member MemberID
	Class  ClassID
}

// Student is a Person that a guard, or a [RoleFunc], found to be a student of
// the class. A function that takes a Student cannot be called for anybody else
// by mistake. Obtain it from [StudentFromContext].
type Student struct{ Person }

// Instructor is a Person with the permission of an instructor in the class:
// an instructor or a coordinator. Obtain it from [InstructorFromContext].
//
//	func (b *Gradebook) Release(ctx context.Context, by grimoireauth.Instructor) error
type Instructor struct{ Person }
