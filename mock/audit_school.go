package mock

import (
	"fmt"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// School is where [Stytch.Audit] puts its people, for an application that keeps classes
// in tables of its own.
type School struct {
	// Organization is the one that all people of the school are members of. Empty: a new
	// one for the class that is audited, and another one.
	Organization grimoireauth.OrganizationID
	// Class is the id that {class} stands for, and Other the class of the outsider, in the
	// application's own tables. Empty: new ones, which are no ids of Stytch's if
	// Organization is set.
	Class, Other grimoireauth.ClassID
	// Enrol writes a row: the application's tables then say that this member has this role
	// in this class. Nil: there are no tables.
	Enrol func(person grimoireauth.Person, role grimoireauth.Role) error
}

// auditedClass is what routes call the class.
type auditedClass struct {
	id   grimoireauth.ClassID
	slug string // empty if the application has its own classes
}

// auditees makes the people of an audit, and their classes.
func (s *Stytch) auditees(school School) (auditedClass, map[Caller]grimoireauth.MemberID, error) {
	if school.Organization != "" && school.Enrol == nil {
		panic("mock: Audit: one Organization, and no Enrol that says who is in which class")
	}
	s.configure()
	tag := strings.ToLower(s.core.NewUUID("audit")[:8]) // so that one Stytch can be audited twice
	class := auditedClass{id: school.Class}
	here, there, other := grimoireauth.ClassID(school.Organization), grimoireauth.ClassID(school.Organization), school.Other
	if school.Organization == "" {
		audited, another := s.AddClass("Audited"), s.AddClass("Another")
		here, there = audited.ID, another.ID
		if school.Class == "" {
			class = auditedClass{audited.ID, audited.Slug}
		}
		if other == "" {
			other = there
		}
	}
	if class.id == "" {
		class.id = grimoireauth.ClassID("audited-" + tag)
	}
	if other == "" {
		other = grimoireauth.ClassID("another-" + tag)
	}
	people := map[Caller]grimoireauth.MemberID{
		Student:    s.AddStudent(here, "student-"+tag+"@example.edu"),
		Instructor: s.AddInstructor(here, "instructor-"+tag+"@example.edu"),
		Outsider:   s.AddInstructor(there, "outsider-"+tag+"@example.edu"),
		Gone:       s.AddStudent(here, "revoked-"+tag+"@example.edu"),
	}
	if school.Enrol == nil {
		return class, people, nil
	}
	for _, caller := range callers {
		person, role := grimoireauth.Person{Member: people[caller], Class: class.id}, grimoireauth.RoleStudent
		switch caller {
		case Nobody:
			continue
		case Instructor:
			role = grimoireauth.RoleInstructor
		case Outsider:
			person.Class, role = other, grimoireauth.RoleInstructor
		}
		if err := school.Enrol(person, role); err != nil {
			return auditedClass{}, nil, fmt.Errorf("mock: Audit: enrol the %s: %w", caller, err)
		}
	}
	return class, people, nil
}
