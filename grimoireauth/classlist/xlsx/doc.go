// Package xlsx reads class lists from workbooks, as Moodle exports its grades and
// participants and as spreadsheet programs save them, into the rows that package
// classlist reads from CSV.
//
// It reads what a person sees: the one shown sheet with a list, the rows that are not
// hidden or filtered out, and numbers as their format shows them. A cell whose shown
// text is not known is a fault, if its column is read.
//
// It has a reader of its own for the few parts of a workbook that a list needs, since
// libraries for spreadsheets return the stored value and not the shown one. It is a
// module of its own because its tests make workbooks with such a library.
package xlsx
