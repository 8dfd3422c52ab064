package classlist_test

import (
	"context"
	"fmt"
	"log"
	"slices"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/classlist"
)

// The Config names the columns of a list in another language, and the role whose lines
// are skipped.
func ExampleConfig() {
	list, err := classlist.Read(strings.NewReader("Vorname;Nachname;E-Mail-Adresse;Rolle\nAda;Lovelace;ada@example.edu;Studierende\nBo;Nilsson;bo@example.edu;Gast\n"), classlist.Config{
		Columns: map[string]classlist.Column{
			"Vorname": classlist.ColumnFirstName, "Nachname": classlist.ColumnLastName,
			"E-Mail-Adresse": classlist.ColumnEmail, "Rolle": classlist.ColumnRole,
		},
		Roles:    map[string]grimoireauth.Role{"Studierende": grimoireauth.RoleStudent},
		PassOver: []string{"Gast"},
		Note:     func(note classlist.Note) { fmt.Println(note) },
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, row := range list {
		fmt.Println(row.Name, row.Role)
	}
	// Output:
	// line 3: passed over: the role "Gast"
	// Ada Lovelace student
}

// A school's export has two files: the people, and who is in which class.
func ExampleReadEnrolled() {
	users := "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,familyName,middleName,identifier,email\n" +
		"u-1,,,true,s,student,ada,,Ada,Lovelace,,4501,ada@example.edu\n" +
		"u-2,,,true,s,student,bo,,Bo,Nilsson,,4502,bo@example.edu\n"
	enrollments := "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate\n" +
		"e-1,,,laws1100,s,u-1,student,,,\n" +
		"e-2,,,laws2200,s,u-2,student,,,\n"
	list, err := classlist.ReadEnrolled(strings.NewReader(users), strings.NewReader(enrollments), "laws1100", classlist.Config{})
	if err != nil {
		log.Fatal(err)
	}
	for _, row := range list {
		fmt.Println(row.Name, row.Email, row.ID)
	}
	// Output:
	// Ada Lovelace ada@example.edu 4501
}

// A list is rejected if a cell in a column that is read has no known text.
func ExampleFromTable() {
	records := []classlist.Record{
		{Line: 1, Cells: []string{"Email", "ID number", "Grade"}},
		{Line: 2, Cells: []string{"ada@example.edu", "", "9"}, Unreadable: map[int]string{1: "this is a formula without a value"}},
	}
	_, err := classlist.FromTable(slices.Values(records), classlist.Config{})
	fmt.Println(err)
	// Output:
	// classlist: the list is refused
	// line 2, column "ID number": this is a formula without a value
}

// A later list corrects a name. The step has the old and the new one.
func ExampleDetail() {
	_, client, class := exampleClient()
	for _, name := range []string{"Ada Byron", "Ada Lovelace"} {
		list := classlist.List{{Line: 2, Email: "ada@example.edu", Name: name}}
		members, err := classlist.Members(context.Background(), client.Roster, class)
		if err != nil {
			log.Fatal(err)
		}
		plan, err := classlist.NewPlan(class, list, members, classlist.Config{})
		if err != nil {
			log.Fatal(err)
		}
		for _, step := range plan.Changes() {
			fmt.Println(step)
			for _, detail := range step.Details {
				fmt.Println(detail.Field == classlist.FieldName, detail.Old, "->", detail.New)
			}
		}
		if _, err := plan.Apply(context.Background(), client.Roster); err != nil {
			log.Fatal(err)
		}
	}
	// Output:
	// line 2: add ada@example.edu (Ada Byron), student
	// line 2: change details ada@example.edu (Ada Lovelace), student, name "Ada Byron" to "Ada Lovelace"
	// true Ada Byron -> Ada Lovelace
}

// The fields that an import writes are compared one by one.
func ExampleField() {
	fmt.Println(classlist.FieldName, classlist.FieldID, classlist.FieldGroups)
	// Output:
	// name ID number groups
}

// A tutor sees the work of the students in their groups.
func ExampleSharesGroup() {
	member := func(email string, groups ...any) grimoireauth.Member {
		return grimoireauth.Member{Email: email, Metadata: grimoireauth.Metadata{classlist.GroupsKey: groups}}
	}
	tutor := member("tove@example.edu", "Tutorial 1", "Tutorial 2")
	for _, student := range []grimoireauth.Member{member("ada@example.edu", "Tutorial 2"), member("bo@example.edu", "Tutorial 3"), member("cy@example.edu")} {
		fmt.Println(student.Email, classlist.GroupsOf(student), classlist.SharesGroup(tutor, student))
	}
	// Output:
	// ada@example.edu [Tutorial 2] true
	// bo@example.edu [Tutorial 3] false
	// cy@example.edu [] false
}

// IsHeader finds the sheet of a workbook that has a list.
func ExampleIsHeader() {
	fmt.Println(classlist.IsHeader([]string{"Name", "Email address"}, classlist.Config{}))
	fmt.Println(classlist.IsHeader([]string{"Exported in March"}, classlist.Config{}))
	// Output:
	// true
	// false
}
