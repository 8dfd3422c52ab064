package classlist_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/classlist"
	"github.com/stretchr/testify/require"
)

// export is a file as an exporter writes it; testdata/README.md says which.
func export(t testing.TB, name string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	return string(raw)
}

func read(t testing.TB, text string) classlist.List {
	t.Helper()
	list, err := classlist.Read(strings.NewReader(text), anyRole)
	require.NoError(t, err)
	return list
}

func TestI01_TestStudent(t *testing.T) {
	list := read(t, export(t, "canvas-gradebook.csv"))
	require.Len(t, list, 4)
	require.Equal(t, "ada@example.edu", list[0].Email, "not the teacher's own column Email")
}

func TestI02_SplitNames(t *testing.T) {
	list := read(t, export(t, "canvas-gradebook-split.csv"))
	require.Len(t, list, 3)
	require.Equal(t, "Ada Lovelace", list[0].Name)
	require.Equal(t, grimoireauth.RoleNone, list[0].Role, "Role is a column of the teacher's own")
}

func TestI04_Details(t *testing.T) {
	members := []grimoireauth.Member{on("ada", grimoireauth.RoleStudent, grimoireauth.RoleStudent, func(m *grimoireauth.Member) { m.Name = "Ada Byron" })}
	plan, err := classlist.NewPlan(contracts, classlist.List{{Line: 2, Email: "ada@example.edu", Name: "Ada Lovelace", ID: "1"}}, members, classlist.Config{})
	require.NoError(t, err)
	require.Len(t, plan.Changes(), 1)
}

func TestI05_TwoSections(t *testing.T) {
	list := read(t, "Email,Name,Section,Status\na@b.cd,Ada,MON,deleted\na@b.cd,Ada,TUE,active\nb@b.cd,Bo,MON,active\nb@b.cd,Bo,WED,active\n")
	require.Len(t, list, 2)
	require.Equal(t, []string{"TUE"}, list[0].Groups)
	require.Equal(t, []string{"MON", "WED"}, list[1].Groups)
}

func TestI07_NumbersAsText(t *testing.T) {
	list := read(t, "\"sep=;\"\nEmail;ID number\na@b.cd;=\"00123456\"\n")
	require.Equal(t, "00123456", list[0].ID)
	_, err := classlist.Read(strings.NewReader("Email,ID number\na@b.cd,123456.0\n"), anyRole)
	require.Error(t, err, "123456.0 was a number on its way")
	require.Len(t, read(t, "sep=;;;\nEmail;Name;ID number\na@b.cd;Ada;1\n"), 1)
}

func TestI08_DirectionMarks(t *testing.T) {
	require.Equal(t, "עדה", read(t, "Email,Name\na@b.cd,\u200fעדה\u200f\n")[0].Name)
	_, err := classlist.Read(strings.NewReader("Email,Name\na@b.cd,Ada\u200fX\n"), anyRole)
	require.ErrorContains(t, err, "U+200F")
	require.ErrorContains(t, err, "line 2")
}

func TestI09_LoginsThatAreNames(t *testing.T) {
	_, err := classlist.Read(strings.NewReader("Student,ID,SIS Login ID,Section\n\"A, B\",1,ab,S\n\"C, D\",2,cd,S\n\"E, F\",3,ef,S\n"), anyRole)
	var faults classlist.Faults
	require.ErrorAs(t, err, &faults)
	require.Len(t, faults, 1)
}

func TestSources(t *testing.T) {
	for name, want := range map[string]int{"moodle-grades.csv": 2, "moodle-participants.csv": 2, "brightspace-grades.csv": 2} {
		list := read(t, export(t, name))
		require.Len(t, list, want, name)
		require.Equal(t, "00045001", list[0].ID, name)
	}
}
