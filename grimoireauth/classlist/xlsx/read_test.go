package xlsx_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/classlist"
	"github.com/promptgrimoire/auth/grimoireauth/classlist/xlsx"
	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"
)

// workbook packs rows of cells; a nil row is left out.
func workbook(rows ...[]any) []byte {
	book := excelize.NewFile()
	for i, row := range rows {
		if row == nil {
			continue
		}
		if err := book.SetSheetRow("Sheet1", fmt.Sprint("A", i+1), &row); err != nil {
			log.Fatal(err)
		}
	}
	return packed(book)
}

func packed(book *excelize.File) []byte {
	var out bytes.Buffer
	if err := errors.Join(book.Write(&out), book.Close()); err != nil {
		log.Fatal(err)
	}
	return out.Bytes()
}

var anyRole = classlist.Config{Highest: grimoireauth.RoleCoordinator}

// The same table is the same list, from a workbook as from CSV.
func TestReadIsTheSameAsCSV(t *testing.T) {
	tables := map[string][][]string{
		"Moodle, grades":         {{"First name", "Last name", "ID number", "Email address", "Groups"}, {"Ada", "Lovelace", "4501", "ada@example.edu", "[Tutorial 1], [Lab A]"}, {"Bo", "", "", "bo@example.edu", ""}},
		"Moodle, participants":   {{"First name", "Last name", "Email address", "Roles", "Groups"}, {"Ada", "Lovelace", "ada@example.edu", "Non-editing teacher", "Lab A"}},
		"blank lines":            {{"", ""}, {"Email", "Name"}, {"", ""}, {"ada@example.edu", "Lovelace, Ada"}, {" ", ""}, {"bo@example.edu", "Bo"}},
		"faults":                 {{"Email", "Role"}, {"nobody", "Student"}, {"", "Student"}, {"bo@example.edu", "Wizard"}, {"BO@example.edu", "Student"}},
		"no column with e-mails": {{"Name"}, {"Ada"}},
		"a header only":          {{"Email", "Name"}},
	}
	for name, table := range tables {
		t.Run(name, func(t *testing.T) {
			var csv strings.Builder
			var rows [][]any
			for _, cells := range table {
				var row []any
				for i, cell := range cells {
					row = append(row, cell)
					if i > 0 {
						csv.WriteString(",")
					}
					fmt.Fprintf(&csv, "%q", cell)
				}
				csv.WriteString("\n")
				rows = append(rows, row)
			}
			want, wantErr := classlist.Read(strings.NewReader(csv.String()), anyRole)
			got, err := xlsx.Read(bytes.NewReader(workbook(rows...)), anyRole)
			require.Equal(t, want, got)
			require.Equal(t, wantErr, err)
		})
	}
}

func TestReadCells(t *testing.T) {
	t.Run("numbers, gaps and other sheets", func(t *testing.T) {
		book := excelize.NewFile()
		_, err := book.NewSheet("Class")
		require.NoError(t, err)
		for cell, value := range map[string]any{
			"A2": "Email address", "B2": "ID number", "C2": "Name",
			"A5": "ada@example.edu", "B5": 45012345, "C5": "Ada",
			"A9": "bo@example.edu", "B9": "1E5", "C9": 7.5,
		} {
			require.NoError(t, book.SetCellValue("Class", cell, value))
		}
		list, err := xlsx.Read(bytes.NewReader(packed(book)), classlist.Config{})
		require.NoError(t, err)
		require.Equal(t, classlist.List{
			{Line: 5, Email: "ada@example.edu", ID: "45012345", Name: "Ada"},
			{Line: 9, Email: "bo@example.edu", ID: "1E5", Name: "7.5"},
		}, list, "text that looks like a number stays text")
	})
	t.Run("a number as other programs store it", func(t *testing.T) {
		raw := edited(t, workbook([]any{"Email", "ID number"}, []any{"ada@example.edu", 45012345}), "xl/worksheets/sheet1.xml", func(xml string) string {
			require.Contains(t, xml, "<v>45012345</v>")
			return strings.ReplaceAll(xml, "<v>45012345</v>", "<v>4.5012345E7</v>")
		})
		list, err := xlsx.Read(bytes.NewReader(raw), classlist.Config{})
		require.NoError(t, err)
		require.Equal(t, "45012345", list[0].ID)
	})
}

// edited changes one file of a packed workbook.
func edited(t *testing.T, raw []byte, name string, change func(string) string) []byte {
	t.Helper()
	in, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	require.NoError(t, err)
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range in.File {
		r, err := f.Open()
		require.NoError(t, err)
		content, err := io.ReadAll(r)
		require.NoError(t, err)
		require.NoError(t, r.Close())
		to, err := w.Create(f.Name)
		require.NoError(t, err)
		text := string(content)
		if f.Name == name {
			text = change(text)
		}
		_, err = to.Write([]byte(text))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return out.Bytes()
}

// bomb is a small archive that says it is a gigabyte when it is unpacked.
func bomb(t *testing.T) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	entry, err := w.CreateRaw(&zip.FileHeader{Name: "xl/worksheets/sheet1.xml", Method: zip.Deflate, CompressedSize64: 2, UncompressedSize64: 1 << 30})
	require.NoError(t, err)
	_, err = entry.Write([]byte{3, 0})
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return out.Bytes()
}

func TestReadRefuses(t *testing.T) {
	good := workbook([]any{"Email"}, []any{"ada@example.edu"})
	wide := excelize.NewFile()
	require.NoError(t, wide.SetCellValue("Sheet1", "A1", "Email"))
	require.NoError(t, wide.SetCellValue("Sheet1", "XFD2", "far to the right"))
	for name, test := range map[string]struct {
		raw  []byte
		says string
	}{
		"nothing":             {nil, "no workbook"},
		"CSV":                 {[]byte("Email\nada@example.edu\n"), "no workbook"},
		"an old workbook":     {[]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "no workbook"},
		"too large":           {make([]byte, 9<<20), "larger than 8 MB"},
		"large when unpacked": {bomb(t), "too large when it is unpacked"},
		"too wide":            {packed(wide), "damaged, or too large"},
		"half a file":         {good[:len(good)/2], "damaged"},
		"another archive":     {edited(t, good, "[Content_Types].xml", func(string) string { return "<a/>" })[:60], "damaged"},
		"broken inside":       {edited(t, good, "xl/worksheets/sheet1.xml", func(xml string) string { return xml[:len(xml)/2] }), ""},
		"an empty sheet":      {workbook(), "the file is empty"},
	} {
		t.Run(name, func(t *testing.T) {
			list, err := xlsx.Read(bytes.NewReader(test.raw), classlist.Config{})
			require.Nil(t, list)
			var faults classlist.Faults
			require.ErrorAs(t, err, &faults)
			require.ErrorContains(t, err, test.says)
		})
	}
	t.Run("a reader that breaks", func(t *testing.T) {
		broken := errors.New("the upload was cut off")
		_, err := xlsx.Read(iotest.ErrReader(broken), classlist.Config{})
		require.ErrorIs(t, err, broken)
	})
	t.Run("a bad config", func(t *testing.T) {
		_, err := xlsx.Read(bytes.NewReader(good), classlist.Config{MostRemoved: 7})
		require.ErrorContains(t, err, "MostRemoved")
	})
}

// Reading a workbook that is a thousand times as large unpacked ends early.
func TestReadUnpacksInProportion(t *testing.T) {
	good := workbook([]any{"Email"}, []any{"ada@example.edu"})
	for name, padding := range map[string]string{"blanks": " ", "rows": "<row/>", "cells": `<c/>`} {
		raw := edited(t, good, "xl/worksheets/sheet1.xml", func(xml string) string {
			return strings.Replace(xml, "<sheetData>", "<sheetData>"+strings.Repeat(padding, 40<<20/len(padding)), 1)
		})
		require.Less(t, len(raw), 500<<10)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := xlsx.Read(bytes.NewReader(raw), classlist.Config{})
		runtime.ReadMemStats(&after)
		require.ErrorContains(t, err, "too large when it is unpacked", name)
		t.Logf("%s: %d kB, %d MB allocated", name, len(raw)>>10, (after.TotalAlloc-before.TotalAlloc)>>20)
	}
}

// Read does not panic on any file, and returns either people or a fault.
func FuzzRead(f *testing.F) {
	f.Add(workbook([]any{"Email", "ID number"}, []any{"ada@example.edu", 45012345}))
	f.Add(workbook())
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		list, err := xlsx.Read(bytes.NewReader(raw), anyRole)
		if (err == nil) == (len(list) == 0) {
			t.Fatalf("%d rows and the error %v", len(list), err)
		}
	})
}

// The same for a sheet in a workbook that is whole, since a change of one byte breaks
// an archive.
func FuzzSheet(f *testing.F) {
	good := workbook([]any{"Email", "ID number"}, []any{"ada@example.edu", 45012345})
	for _, cells := range []string{
		`<row r="1"><c r="A1" t="inlineStr"><is><t>Email</t></is></c></row><row r="2"><c r="A2" t="str"><v>a@b.cd</v></c></row>`,
		`<row hidden="1"><c t="s"><v>0</v></c></row><row><c r="B3" s="1"><f>A1</f></c><c t="e"><v>#N/A</v></c></row>`,
		`<row r="7" ht="0"><c r="AAA7"><v>1E300</v></c></row></sheetData><mergeCells><mergeCell ref="A1:A2"/></mergeCells>`,
	} {
		f.Add(cells)
	}
	f.Fuzz(func(t *testing.T, cells string) {
		raw := edited(t, good, "xl/worksheets/sheet1.xml", func(string) string {
			return "<worksheet><sheetData>" + cells + "</sheetData></worksheet>"
		})
		began := time.Now()
		list, err := xlsx.Read(bytes.NewReader(raw), anyRole)
		if took := time.Since(began); os.Getenv("GRIMOIRE_LONG") != "" && took > time.Second*time.Duration(1+len(cells)/100_000) {
			t.Fatalf("%d bytes took %v", len(cells), took)
		}
		if (err == nil) == (len(list) == 0) {
			t.Fatalf("%d rows and the error %v", len(list), err)
		}
	})
}

func ExampleRead() {
	export := workbook(
		[]any{"First name", "Last name", "ID number", "Email address", "Groups"},
		[]any{"Ada", "Lovelace", 45012345, "ada@example.edu", "[Tutorial 1], [Lab A]"},
	)
	list, err := xlsx.Read(bytes.NewReader(export), classlist.Config{})
	if err != nil {
		log.Fatal(err)
	}
	for _, row := range list {
		fmt.Println(row.Line, row.Name, row.Email, row.ID, row.Groups)
	}
	// Output:
	// 2 Ada Lovelace ada@example.edu 45012345 [Tutorial 1 Lab A]
}
