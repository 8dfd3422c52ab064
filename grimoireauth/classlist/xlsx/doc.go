// Package xlsx reads class lists from workbooks, as Moodle exports its grades and
// participants and as spreadsheet programs save them, into the rows that package
// classlist reads from CSV.
//
// What is read is what a person sees: the one sheet with a list that is not hidden,
// the rows that are not hidden or filtered out, and numbers as their format shows
// them. A cell whose shown text cannot be had is a fault, if its column is read.
//
// It reads the few parts of a workbook that a list needs itself, since libraries for
// spreadsheets give the stored value and not what is shown. It is a module of its
// own because its tests make workbooks with such a library.
package xlsx
