package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth/classlist"
	"github.com/stretchr/testify/require"
)

// A name that controls the terminal could hide the changes of an import.
func TestPrintable(t *testing.T) {
	require.Equal(t, "Ada?[2K Đặng Thị Lan?", printable("Ada\x1b[2K Đặng Thị Lan\t"))
}

// No line is wider than the screen, for any list.
func TestTheScreenIsWideEnough(t *testing.T) {
	long := strings.Repeat("Wolfeschlegelsteinhausenbergerdorff", 4)
	list := classlist.List{
		{Line: 2, Email: strings.Repeat("a", 60) + "@example.edu", Name: long, ID: strings.Repeat("9", 100), Groups: []string{long, "法律法律法律法律法律法律法律法律法律法律法律法律法律法律"}},
		{Line: 12345, Email: "li@example.edu", Name: "李李李李李李李李李李李李李李李"},
	}
	plan, err := classlist.NewPlan("laws1100", list, nil, classlist.Config{})
	require.NoError(t, err)
	var out bytes.Buffer
	printPlan(&out, plan)
	printNotes(&out, []classlist.Note{{Line: 7, Text: "the sections " + long + " may be several"}})
	fmt.Fprint(&out, (&refusedError{"list.csv", classlist.Faults{{Line: 7, Column: long, Cell: long, Problem: "the e-mail address is not of the form name@example.edu: is this the right column?"}}}).Error())
	for line := range strings.Lines(out.String()) {
		require.LessOrEqual(t, cells(strings.TrimSuffix(line, "\n")), screen, line)
	}
	require.Contains(t, out.String(), "李李李")
}
