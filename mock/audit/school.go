package audit

import (
	"fmt"
	"strconv"
	"sync/atomic"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/mock"
)

// School is where [Run] puts its people, for an application that keeps classes in tables
// of its own.
type School struct {
	// Organization is the Organization of which all people of the school are members.
	// Empty: Run makes one for the class that it audits, and one for the outsider.
	Organization grimoireauth.OrganizationID
	// Class is the id that {class} stands for, and Other the class of the outsider, in the
	// application's own tables. Empty: Run makes ids, which are not ids of Stytch if
	// Organization is set.
	Class, Other grimoireauth.ClassID
	// Enroll gives a member a role in a class, in the application's tables. Nil: there are
	// no tables.
	Enroll func(person grimoireauth.Person, role grimoireauth.Role) error
}

// auditedClass holds the names of the class in routes.
type auditedClass struct {
	id   grimoireauth.ClassID
	slug string // empty if the application has its own classes
}

// audits counts the audits of this process, so that one Stytch can be audited twice.
var audits atomic.Uint64

// people makes the people of an audit, and their classes.
func (school School) people(stytch *mock.Stytch) (auditedClass, map[Caller]grimoireauth.MemberID, error) {
	if school.Organization != "" && school.Enroll == nil {
		panic("audit: a School with an Organization needs Enroll, which says who is in which class")
	}
	tag := strconv.FormatUint(audits.Add(1), 10)
	class := auditedClass{id: school.Class}
	here, there, other := grimoireauth.ClassID(school.Organization), grimoireauth.ClassID(school.Organization), school.Other
	if school.Organization == "" {
		audited, another := stytch.AddClass("Audited"), stytch.AddClass("Another")
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
		Student:    stytch.AddStudent(here, "student-"+tag+"@example.edu"),
		Instructor: stytch.AddInstructor(here, "instructor-"+tag+"@example.edu"),
		Outsider:   stytch.AddInstructor(there, "outsider-"+tag+"@example.edu"),
		Revoked:    stytch.AddStudent(here, "revoked-"+tag+"@example.edu"),
	}
	if school.Enroll == nil {
		return class, people, nil
	}
	for _, caller := range callers {
		person, role := grimoireauth.Person{Member: people[caller], Class: class.id}, grimoireauth.RoleStudent
		switch caller {
		case Anonymous:
			continue
		case Instructor:
			role = grimoireauth.RoleInstructor
		case Outsider:
			person.Class, role = other, grimoireauth.RoleInstructor
		}
		if err := school.Enroll(person, role); err != nil {
			return auditedClass{}, nil, fmt.Errorf("audit: enroll the %s: %w", caller, err)
		}
	}
	return class, people, nil
}
