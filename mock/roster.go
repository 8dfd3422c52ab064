package mock

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// Class is a class that AddClass made: a Stytch Organization.
type Class struct {
	ID   grimoireauth.ClassID
	Slug string
}

// Settings are fields of Stytch's "create organization" call by their names on
// the wire, such as Settings{"mfa_policy": "REQUIRED_FOR_ALL"}.
type Settings map[string]any

// AddClass makes an organization, with Stytch's defaults but for the settings.
// Its slug is made from the name, and unique. It panics if Stytch would refuse
// the call.
func (s *Stytch) AddClass(name string, settings ...Settings) Class {
	fields := map[string]any{"organization_name": name}
	for _, more := range settings {
		maps.Copy(fields, more)
	}
	var out Class
	s.arrange("AddClass", func(c *call) error {
		if fields["organization_slug"] == nil {
			fields["organization_slug"] = c.freeSlug(name)
		}
		made, err := arranged(c, fields, createOrganization)
		if err == nil {
			out = Class{ID: grimoireauth.ClassID(made.Organization.OrganizationID), Slug: made.Organization.OrganizationSlug}
		}
		return err
	})
	return out
}

// AddMember puts somebody on the class's roster as an active member with these
// Stytch roles besides stytch_member. The address counts as unproven until they
// sign in. It panics if Stytch would refuse the call.
func (s *Stytch) AddMember(class grimoireauth.ClassID, email string, roles ...string) grimoireauth.MemberID {
	var out grimoireauth.MemberID
	s.arrange("AddMember", func(c *call) error {
		c.params = map[string]string{"organization_id": string(class)}
		made, err := arranged(c, map[string]any{"email_address": email, "roles": append([]string{}, roles...)}, createMember)
		if err == nil {
			out = grimoireauth.MemberID(made.MemberID)
		}
		return err
	})
	return out
}

// AddStudent is AddMember without further roles.
func (s *Stytch) AddStudent(class grimoireauth.ClassID, email string) grimoireauth.MemberID {
	return s.AddMember(class, email)
}

// AddInstructor is AddMember with the role instructor.
func (s *Stytch) AddInstructor(class grimoireauth.ClassID, email string) grimoireauth.MemberID {
	return s.AddMember(class, email, "instructor")
}

// SetRoles replaces the roles of a member besides stytch_member. Sessions follow
// with their next session_jwt. It panics if Stytch would refuse the call.
func (s *Stytch) SetRoles(member grimoireauth.MemberID, roles ...string) {
	s.arrange("SetRoles", func(c *call) error {
		m, err := c.knownMember(member)
		if err != nil {
			return err
		}
		m.UpdatedAt = c.now
		return c.setRoles(m, roles)
	})
}

// arrange runs do as the project itself, with the lock held.
func (s *Stytch) arrange(what string, do func(*call) error) {
	s.configure()
	s.core.arrange(what, do)
}

// arranged calls an endpoint with these arguments, through the same decoding as
// a request.
func arranged[In any, Out stamped](c *call, fields map[string]any, serve func(*call, In) (Out, error)) (Out, error) {
	var in In
	var none Out
	body, err := json.Marshal(fields)
	if err != nil {
		return none, err
	}
	c.body = body
	if err := c.decode(&in); err != nil {
		return none, err
	}
	return serve(c, in)
}

// knownMember finds a member in any organization who is not deleted.
func (c *call) knownMember(id grimoireauth.MemberID) (*member, error) {
	m := c.db.member(string(id))
	if m == nil || m.Status == statusDeleted {
		return nil, refuse("member_not_found")
	}
	return m, nil
}

// freeSlug makes "laws1100-s2" of "LAWS1100, S2", and "laws1100-s2-2" if that is
// taken.
func (c *call) freeSlug(name string) string {
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
		if !c.db.named(new(organization), slug) {
			return slug
		}
	}
}
