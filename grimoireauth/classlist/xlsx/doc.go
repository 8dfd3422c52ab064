// Package xlsx reads class lists from workbooks, as Moodle exports its grades and
// participants, into the rows that package classlist reads from CSV.
//
// It is a module of its own, so that nobody who reads CSV pays for a spreadsheet
// library.
package xlsx
