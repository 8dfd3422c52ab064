package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/promptgrimoire/auth/grimoireauth/classlist"
)

// screen is the width of a narrow terminal. No line is longer, so that the terminal does
// not break the lines of the table.
const screen = 80

// The widest that names and addresses may be in the table; longer ones are cut.
const (
	widestName    = 20
	widestAddress = 26
)

// printPlan writes the people on the list, the members to remove, and the totals. It names
// people: it is for the person who decides, and not for a log.
func printPlan(w io.Writer, plan classlist.Plan) {
	steps := plan.Steps()
	name, address := cells("name"), cells("e-mail")
	for _, step := range steps {
		name = max(name, min(cells(orDash(printable(step.Name))), widestName))
		address = max(address, min(cells(step.Email), widestAddress))
	}
	indent := 6 + name + 2 + address + 2
	fmt.Fprintf(w, "line  %s  %s  what happens\n", padded("name", name), padded("e-mail", address))
	for _, step := range steps {
		line := "-" // a member to remove is not on the list
		if step.Line > 0 {
			line = strconv.Itoa(step.Line)
		}
		lines := wrapped(what(step), screen-indent)
		fmt.Fprintf(w, "%s%s  %s  %s\n", padded(line, 6), padded(orDash(printable(step.Name)), name), padded(step.Email, address), lines[0])
		for _, more := range lines[1:] {
			fmt.Fprintf(w, "%s%s\n", strings.Repeat(" ", indent), more)
		}
		for _, more := range remarks(step) {
			printWrapped(w, more, "      ", "        ")
		}
	}
	fmt.Fprintln(w)
	printTotals(w, plan)
}

func printTotals(w io.Writer, plan classlist.Plan) {
	printWrapped(w, fmt.Sprintf("%d new, %d back, %d another role, %d other details, %d removed, %d unchanged.",
		plan.Count(classlist.Add), plan.Count(classlist.Reactivate), plan.Count(classlist.ChangeRole),
		plan.Count(classlist.ChangeDetails), plan.Count(classlist.Remove), plan.Count(classlist.Keep)), "", "")
}

// printNotes writes the notes about the list.
func printNotes(w io.Writer, notes []classlist.Note) {
	for _, note := range notes {
		printWrapped(w, printable(note.String()), "note: ", "      ")
	}
	if len(notes) > 0 {
		fmt.Fprintln(w)
	}
}

// what describes the change of a step in a few words.
func what(step classlist.Step) string {
	switch step.Action {
	case classlist.Add:
		return fmt.Sprintf("is added as %v", step.To)
	case classlist.Reactivate:
		if step.From != step.To {
			return fmt.Sprintf("comes back as %v, was %v", step.To, step.From)
		}
		return fmt.Sprintf("comes back as %v", step.To)
	case classlist.ChangeRole:
		return fmt.Sprintf("%v becomes %v", step.From, step.To)
	case classlist.Remove:
		return fmt.Sprintf("is removed, was %v", step.From)
	case classlist.ChangeDetails:
		return fmt.Sprintf("stays %v, but", step.To)
	}
	return fmt.Sprintf("stays %v", step.To)
}

// remarks are the lines below a person: the old and new details, and the note.
func remarks(step classlist.Step) []string {
	var out []string
	for _, detail := range step.Details {
		out = append(out, printable(detail.String()))
	}
	if step.Action == classlist.Add && len(step.Groups) > 0 {
		out = append(out, printable("groups "+strings.Join(step.Groups, ", ")))
	}
	if step.Note != "" {
		out = append(out, "note: "+printable(step.Note))
	}
	return out
}

// printWrapped writes a text in lines that fit the screen. The first line begins with
// first, and the others with others.
func printWrapped(w io.Writer, text, first, others string) {
	for i, line := range wrapped(text, screen-max(cells(first), cells(others))) {
		if i > 0 {
			first = others
		}
		fmt.Fprintf(w, "%s%s\n", first, line)
	}
}

// wrapped breaks a text at spaces, and inside of a word that is longer than a line.
func wrapped(text string, width int) []string {
	lines := []string{""}
	for word := range strings.FieldsSeq(text) {
		last := &lines[len(lines)-1]
		switch {
		case *last == "":
			*last = word
		case cells(*last)+1+cells(word) <= width:
			*last += " " + word
		default:
			lines = append(lines, word)
		}
		for last = &lines[len(lines)-1]; cells(*last) > width; last = &lines[len(lines)-1] {
			head := cut(*last, width)
			tail := (*last)[len(head):]
			*last = head
			lines = append(lines, tail)
		}
	}
	return lines
}

// padded returns a text that takes exactly this width, cut or filled up.
func padded(s string, width int) string {
	if cells(s) > width {
		s = cut(s, width-1) + "…"
	}
	return s + strings.Repeat(" ", width-cells(s))
}

// cut returns as much of a text as fits, at least one character of it.
func cut(s string, width int) string {
	n := 0
	for i, r := range s {
		if n += cellsOf(r); n > width && i > 0 {
			return s[:i]
		}
	}
	return s
}

// cells is how wide a text is on a terminal: letters of Chinese, Japanese and Korean
// take two cells, and accents none.
func cells(s string) int {
	n := 0
	for _, r := range s {
		n += cellsOf(r)
	}
	return n
}

func cellsOf(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	case slices.ContainsFunc(wide, func(block [2]rune) bool { return r >= block[0] && r <= block[1] }):
		return 2
	}
	return 1
}

// wide are the blocks of letters that take two cells.
// Source: https://www.unicode.org/reports/tr11/
var wide = [][2]rune{
	{0x1100, 0x115f}, {0x2e80, 0xa4cf}, {0xac00, 0xd7a3}, {0xf900, 0xfaff}, {0xfe30, 0xfe6f},
	{0xff00, 0xff60}, {0xffe0, 0xffe6}, {0x1f300, 0x1faff}, {0x20000, 0x3fffd},
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// printable replaces characters that could control a terminal. A list with such a name is
// rejected, but members can write their own names in Stytch.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if strconv.IsPrint(r) {
			return r
		}
		return '?'
	}, s)
}
