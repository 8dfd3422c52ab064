package docs_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/classlist"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
)

// plan compares a file with a class and changes nothing.
func plan(ctx context.Context, client *stytchclient.Client, class grimoireauth.ClassID, file io.Reader, importer grimoireauth.Role) (classlist.Plan, error) {
	config := classlist.Config{Highest: importer} // the list gives no higher role than the importer's
	list, err := classlist.Read(file, config)
	if err != nil {
		return classlist.Plan{}, err // a classlist.Faults with every bad row
	}
	members, err := classlist.Members(ctx, client.Roster, class)
	if err != nil {
		return classlist.Plan{}, err
	}
	return classlist.NewPlan(class, list, members, config)
}

func Example_import() {
	ctx, s := context.Background(), newSchool(nil)
	client, class := s.client, s.stytch.AddClass("LAWS1100").ID
	s.stytch.AddInstructor(class, "ines@example.edu")
	file := strings.NewReader("Email address,First name,Last name\nsam@example.edu,Sam,Lee\nnoor@example.edu,Noor,Haddad\n")

	wanted, err := plan(ctx, client, class, file, grimoireauth.RoleInstructor)
	if err != nil {
		log.Fatal(err)
	}
	for _, step := range wanted.Changes() {
		fmt.Println(step) // show it to the person who decides
	}
	report, err := wanted.Apply(ctx, client.Roster)
	if errors.Is(err, grimoireauth.ErrUnavailable) {
		fmt.Println("apply the same plan again: it does what is left")
	}
	fmt.Print(report)
	// Output:
	// line 2: add sam@example.edu (Sam Lee), student
	// line 3: add noor@example.edu (Noor Haddad), student
	// done 2, already so 0, failed 0, not tried 0
}

// A list in another language, with a person who is not a member, and the note about them.
func Example_importInGerman() {
	file := strings.NewReader("Vorname;Nachname;E-Mail-Adresse;Matrikelnummer;Rolle;Status\nSam;Lee;sam@example.edu;=\"0042\";Studierende;aktiv\nNoor;Haddad;noor@example.edu;;Gast;aktiv\n")

	config := classlist.Config{
		Columns: map[string]classlist.Column{
			"Vorname": classlist.ColumnFirstName, "Nachname": classlist.ColumnLastName, "E-Mail-Adresse": classlist.ColumnEmail,
			"Matrikelnummer": classlist.ColumnID, "Rolle": classlist.ColumnRole,
		},
		Roles:    map[string]grimoireauth.Role{"Studierende": grimoireauth.RoleStudent},
		Active:   []string{"aktiv"},
		PassOver: []string{"Gast"},
		Note:     func(note classlist.Note) { fmt.Println(note) },
	}
	list, err := classlist.Read(file, config)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(list[0].Name, list[0].ID)
	// Output:
	// line 3: passed over: the role "Gast"
	// Sam Lee 0042
}

// A school's export of OneRoster is two files.
func Example_importFromOneRoster() {
	users := strings.NewReader("sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,middleName,identifier,email\nu1,,,true,sam,,Sam,Lee,,0042,sam@example.edu\n")
	enrollments := strings.NewReader("sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role\ne1,,,laws1100,s1,u1,student\n")

	list, err := classlist.ReadEnrolled(users, enrollments, "laws1100", classlist.Config{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(list[0].Name, list[0].ID)
	// Output:
	// Sam Lee 0042
}

// maySee lets tutors see the students of their groups.
func maySee(ctx context.Context, client *stytchclient.Client, class grimoireauth.ClassID, viewer, student grimoireauth.MemberID) (bool, error) {
	tutor, err := client.Roster.Get(ctx, class, viewer)
	if err != nil {
		return false, err
	}
	member, err := client.Roster.Get(ctx, class, student)
	if err != nil {
		return false, err
	}
	return tutor.Role == grimoireauth.RoleTutor && classlist.SharesGroup(tutor, member), nil
}

func Example_groups() {
	ctx, s := context.Background(), newSchool(nil)
	client, class := s.client, s.stytch.AddClass("LAWS1100").ID
	list := classlist.List{
		{Line: 2, Email: "tove@example.edu", Role: grimoireauth.RoleTutor, Groups: []string{"Tutorial 1"}},
		{Line: 3, Email: "sam@example.edu", Groups: []string{"Tutorial 1", "Lab A"}},
	}
	wanted, err := classlist.NewPlan(class, list, nil, classlist.Config{Highest: grimoireauth.RoleTutor})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := wanted.Apply(ctx, client.Roster); err != nil {
		log.Fatal(err)
	}
	ids := map[string]grimoireauth.MemberID{}
	for member, err := range client.Roster.Members(ctx, class) {
		if err != nil {
			log.Fatal(err)
		}
		ids[member.Email] = member.Member
	}
	fmt.Println(maySee(ctx, client, class, ids["tove@example.edu"], ids["sam@example.edu"]))
	// Output:
	// true <nil>
}

func Example_roster() {
	ctx, s := context.Background(), newSchool(nil)
	client, class := s.client, s.stytch.AddClass("LAWS1100").ID
	ines := s.stytch.AddInstructor(class, "ines@example.edu")

	sam, err := client.Roster.Enroll(ctx, class, stytchclient.NewMember{Email: "sam@example.edu", Name: "Sam"})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := client.Roster.SetRole(ctx, class, sam.Member, grimoireauth.RoleTutor); err != nil {
		log.Fatal(err)
	}
	err = client.Roster.Remove(ctx, class, ines)
	fmt.Println("the only instructor stays:", errors.Is(err, grimoireauth.ErrLastInstructor))

	for member, err := range client.Roster.Members(ctx, class) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(member.Email, member.Role)
	}
	// Output:
	// the only instructor stays: true
	// ines@example.edu instructor
	// sam@example.edu tutor
}
