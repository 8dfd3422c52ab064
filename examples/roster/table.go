package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/promptgrimoire/auth/grimoireauth/classlist"
)

// printPlan writes everybody on the list, whom it would remove, and the totals.
// Rows of a class list are people: this is for the screen of whoever decides, not
// for a log.
func printPlan(w io.Writer, plan classlist.Plan) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "line\tname\te-mail\trole\twhat happens")
	for _, step := range plan.Steps() {
		line := "-" // whoever is removed stands in no line
		if step.Line > 0 {
			line = strconv.Itoa(step.Line)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", line, orDash(printable(step.Name)), step.Email, role(step), what(step))
	}
	// Like fmt.Println, the program does not ask whether its terminal is still there.
	_ = table.Flush()
	fmt.Fprintln(w)
	printTotals(w, plan)
}

func printTotals(w io.Writer, plan classlist.Plan) {
	fmt.Fprintf(w, "%d new, %d back, %d with another role, %d removed, %d already there.\n",
		plan.Count(classlist.Add), plan.Count(classlist.Reactivate), plan.Count(classlist.ChangeRole),
		plan.Count(classlist.Remove), plan.Count(classlist.Keep))
}

// role is what somebody will be, and what they are if that is not the same.
func role(step classlist.Step) string {
	switch {
	case step.Action == classlist.Remove:
		return step.From.String()
	case step.Action == classlist.ChangeRole, step.Action == classlist.Reactivate && step.From != step.To:
		return fmt.Sprintf("%v, was %v", step.To, step.From)
	}
	return step.To.String()
}

// what says in a word or two what becomes of somebody.
func what(step classlist.Step) string {
	word := map[classlist.Action]string{
		classlist.Keep:       "already there",
		classlist.Add:        "is added",
		classlist.Reactivate: "comes back",
		classlist.ChangeRole: "changes role",
		classlist.Remove:     "is removed",
	}[step.Action]
	if step.Note != "" {
		word += ": " + step.Note
	}
	return word
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// printable replaces what could steer a terminal. A list with such a name is
// refused; a name that Stytch has may have been written by its bearer.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if strconv.IsPrint(r) {
			return r
		}
		return '?'
	}, s)
}
