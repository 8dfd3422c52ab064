package mock

import (
	"encoding/json"
	"maps"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/mock/internal/api/members"
	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/wire"
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
	s.arrange("AddClass", func(c *core.Request) error {
		if fields["organization_slug"] == nil {
			fields["organization_slug"] = c.FreeSlug(name)
		}
		made, err := arranged(c, fields, core.CreateOrganization)
		if err == nil {
			out = Class{ID: grimoireauth.ClassID(made.Organization.OrganizationID), Slug: made.Organization.OrganizationSlug}
		}
		return err
	})
	return out
}

// AddMember adds a person to the class's roster as an active member with these
// Stytch roles besides stytch_member. The address counts as unproven until they
// sign in. It panics if Stytch would refuse the call.
func (s *Stytch) AddMember(class grimoireauth.ClassID, email string, roles ...string) grimoireauth.MemberID {
	var out grimoireauth.MemberID
	s.arrange("AddMember", func(c *core.Request) error {
		c.Params = map[string]string{"organization_id": string(class)}
		made, err := arranged(c, map[string]any{"email_address": email, "roles": append([]string{}, roles...)}, members.Create)
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
	s.arrange("SetRoles", func(c *core.Request) error {
		m, err := c.KnownMember(string(member))
		if err != nil {
			return err
		}
		if err := c.SetRoles(m, roles); err != nil {
			return err
		}
		c.MemberChanged(m)
		return nil
	})
}

// arrange runs do as the project itself, with the lock held.
func (s *Stytch) arrange(what string, do func(*core.Request) error) {
	s.configure()
	s.core.Arrange(what, do)
}

// arranged calls an endpoint with these arguments, through the same decoding as
// a request.
func arranged[In any, Out wire.Success](c *core.Request, fields map[string]any, serve func(*core.Request, In) (Out, error)) (Out, error) {
	var in In
	var none Out
	body, err := json.Marshal(fields)
	if err != nil {
		return none, err
	}
	c.Body = body
	if err := c.Decode(&in); err != nil {
		return none, err
	}
	return serve(c, in)
}
