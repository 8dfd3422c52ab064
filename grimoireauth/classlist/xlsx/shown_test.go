package xlsx_test

import (
	"archive/zip"
	"bytes"
	"strings"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth/classlist"
	"github.com/promptgrimoire/auth/grimoireauth/classlist/xlsx"
	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"
)

// book makes a workbook by hand.
func book(t *testing.T, do func(*excelize.File)) []byte {
	t.Helper()
	file := excelize.NewFile()
	do(file)
	return packed(file)
}

// column puts one number into a column ID, in a number format.
func number(t *testing.T, value any, format string) []byte {
	return book(t, func(file *excelize.File) {
		require.NoError(t, file.SetSheetRow("Sheet1", "A1", &[]any{"Email", "ID number", "Grade"}))
		require.NoError(t, file.SetSheetRow("Sheet1", "A2", &[]any{"ada@example.edu", value, 9.5}))
		style, err := file.NewStyle(&excelize.Style{CustomNumFmt: &format})
		require.NoError(t, err)
		require.NoError(t, file.SetCellStyle("Sheet1", "B2", "B2", style))
	})
}

// Read returns the text that a cell shows, or a fault that says why it is not known.
func TestI03_NumbersAsTheyAreShown(t *testing.T) {
	for name, row := range map[string]struct {
		value        any
		format, want string
	}{
		"zeros in front":      {123456, "00000000", "00123456"},
		"more than the zeros": {1234567890, "0000", "1234567890"},
		"general":             {45012345, "General", "45012345"},
		"whole":               {45012345, "0", "45012345"},
		"in groups":           {1234567, `000\-000\-000`, "001-234-567"},
		"a letter in front":   {4501, `"S"000000`, "S004501"},
		"optional digits":     {4501, "######", "4501"},
		"text":                {"00123456", "@", "00123456"},
	} {
		t.Run(name, func(t *testing.T) {
			list, err := xlsx.Read(bytes.NewReader(number(t, row.value, row.format)), classlist.Config{})
			require.NoError(t, err)
			require.Equal(t, row.want, list[0].ID)
		})
	}
	for name, row := range map[string]struct {
		value        any
		format, says string
	}{
		"thousands":        {45012345, "#,##0", `the number format "#,##0"`},
		"decimals":         {45012345, "0.00", `the number format "0.00"`},
		"a date":           {45012, "yyyy-mm-dd", `the number format "yyyy-mm-dd"`},
		"too many digits":  {1234567890123456789.0, "0", "more than 15 digits"},
		"an amount":        {123456, `[$$-409]0`, "the number format"},
		"another fraction": {12.5, "0", "the number format"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := xlsx.Read(bytes.NewReader(number(t, row.value, row.format)), classlist.Config{})
			var faults classlist.Faults
			require.ErrorAs(t, err, &faults)
			require.Equal(t, 2, faults[0].Line)
			require.Equal(t, "ID number", faults[0].Column)
			require.ErrorContains(t, err, row.says)
		})
	}
	t.Run("a column that is not read may show anything", func(t *testing.T) {
		raw := number(t, 1, "0")
		raw = edited(t, raw, "xl/worksheets/sheet1.xml", func(xml string) string {
			return strings.Replace(xml, `<c r="C2"><v>9.5</v></c>`, `<c r="C2" t="e"><v>#N/A</v></c>`, 1)
		})
		_, err := xlsx.Read(bytes.NewReader(raw), classlist.Config{})
		require.NoError(t, err)
	})
}

// The fault of an error value, or of a formula without a value, says what the cell is.
func TestI03_CellsThatShowNoValue(t *testing.T) {
	for name, row := range map[string]struct{ cell, says, want string }{
		"an error":                   {`<c r="B2" t="e"><v>#REF!</v></c>`, "shows the error #REF!", ""},
		"a formula without a value":  {`<c r="B2"><f>A1</f></c>`, "formula whose value is not in the file", ""},
		"a formula with a value":     {`<c r="B2"><f>4500+1</f><v>4501</v></c>`, "", "4501"},
		"a formula that makes text":  {`<c r="B2" t="str"><f>A1</f><v>00123</v></c>`, "", "00123"},
		"a formula that shows blank": {`<c r="B2" t="str"><f>A1</f><v></v></c>`, "", ""},
		"text in the cell":           {`<c r="B2" t="inlineStr"><is><r><t>00</t></r><r><t>123</t></r><rPh sb="0" eb="1"><t>x</t></rPh></is></c>`, "", "00123"},
		"a number without a value":   {`<c r="B2"/>`, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			raw := edited(t, workbook([]any{"Email", "ID number"}, []any{"ada@example.edu", 7777}), "xl/worksheets/sheet1.xml", func(xml string) string {
				require.Contains(t, xml, `<c r="B2"><v>7777</v></c>`)
				return strings.Replace(xml, `<c r="B2"><v>7777</v></c>`, row.cell, 1)
			})
			list, err := xlsx.Read(bytes.NewReader(raw), classlist.Config{})
			if row.says != "" {
				require.ErrorContains(t, err, row.says)
				require.ErrorContains(t, err, "line 2")
				return
			}
			require.NoError(t, err)
			require.Equal(t, row.want, list[0].ID)
		})
	}
}

// lists makes a workbook of sheets with one person each.
func lists(t *testing.T, names ...string) *excelize.File {
	file := excelize.NewFile()
	for i, name := range names {
		if i == 0 {
			require.NoError(t, file.SetSheetName("Sheet1", name))
		} else {
			_, err := file.NewSheet(name)
			require.NoError(t, err)
		}
		require.NoError(t, file.SetSheetRow(name, "A1", &[]any{"Email"}))
		require.NoError(t, file.SetSheetRow(name, "A2", &[]any{strings.ToLower(name) + "@example.edu"}))
	}
	return file
}

// A hidden sheet is never read, and two shown sheets with a list are a fault.
func TestI03_SheetsAsTheyAreShown(t *testing.T) {
	var notes []string
	config := classlist.Config{Note: func(note classlist.Note) { notes = append(notes, note.String()) }}
	t.Run("a hidden one before the list", func(t *testing.T) {
		for _, state := range []string{"hidden", "veryHidden"} {
			file := lists(t, "Old", "New")
			file.SetActiveSheet(1)
			raw := edited(t, packed(file), "xl/workbook.xml", func(xml string) string {
				require.Contains(t, xml, `<sheet name="Old"`)
				return strings.Replace(xml, `<sheet name="Old"`, `<sheet state="`+state+`" name="Old"`, 1)
			})
			notes = nil
			list, err := xlsx.Read(bytes.NewReader(raw), config)
			require.NoError(t, err)
			require.Equal(t, "new@example.edu", list[0].Email)
			require.Equal(t, []string{`the sheet "Old" is hidden, and was not read`}, notes)
			_, err = xlsx.ReadSheet(bytes.NewReader(raw), "Old", config)
			require.ErrorContains(t, err, "hidden")
		}
	})
	t.Run("two lists", func(t *testing.T) {
		raw := packed(lists(t, "Monday", "Tuesday"))
		_, err := xlsx.Read(bytes.NewReader(raw), config)
		require.ErrorContains(t, err, `two sheets with a list, "Monday" and "Tuesday"`)
		list, err := xlsx.ReadSheet(bytes.NewReader(raw), "Tuesday", config)
		require.NoError(t, err)
		require.Equal(t, "tuesday@example.edu", list[0].Email)
		_, err = xlsx.ReadSheet(bytes.NewReader(raw), "Friday", config)
		require.ErrorContains(t, err, `no sheet "Friday"`)
	})
	t.Run("a list and something else", func(t *testing.T) {
		file := lists(t, "Info", "Class")
		require.NoError(t, file.SetCellValue("Info", "A1", "Exported in March"))
		list, err := xlsx.Read(bytes.NewReader(packed(file)), config)
		require.NoError(t, err)
		require.Equal(t, "class@example.edu", list[0].Email)
	})
	t.Run("hidden rows and columns", func(t *testing.T) {
		file := lists(t, "Class")
		require.NoError(t, file.SetCellValue("Class", "C1", "Name"))
		for i, name := range []string{"bo", "cy", "di"} {
			require.NoError(t, file.SetSheetRow("Class", []string{"A3", "A4", "A5"}[i], &[]any{name + "@example.edu", "", "Cy"}))
		}
		require.NoError(t, file.SetRowVisible("Class", 3, false))
		require.NoError(t, file.SetRowVisible("Class", 5, false))
		require.NoError(t, file.SetColVisible("Class", "C", false))
		notes = nil
		list, err := xlsx.Read(bytes.NewReader(packed(file)), config)
		require.NoError(t, err)
		require.Len(t, list, 2)
		require.Equal(t, "cy@example.edu", list[1].Email)
		require.Equal(t, []string{"2 rows are hidden or filtered out, and were not read: 3, 5", "the column C is hidden, and is read like the others"}, notes)
	})
}

// A merged cell is a fault: it shows its value in every row, but the file has it in the
// first one only.
func TestI03_MergedCells(t *testing.T) {
	raw := book(t, func(file *excelize.File) {
		for i, row := range [][]any{{"Email", "Group", "Grade"}, {"a@example.edu", "Mon", 1}, {"b@example.edu", "", 2}} {
			require.NoError(t, file.SetSheetRow("Sheet1", []string{"A1", "A2", "A3"}[i], &row))
		}
		require.NoError(t, file.MergeCell("Sheet1", "B2", "B3"))
	})
	_, err := xlsx.Read(bytes.NewReader(raw), classlist.Config{})
	require.ErrorContains(t, err, "the cells B2:B3 are merged")
	raw = book(t, func(file *excelize.File) {
		require.NoError(t, file.SetSheetRow("Sheet1", "A1", &[]any{"Email", "Name", ""}))
		require.NoError(t, file.SetSheetRow("Sheet1", "A2", &[]any{"a@example.edu", "Ada"}))
		require.NoError(t, file.MergeCell("Sheet1", "B1", "C1"))
	})
	_, err = xlsx.Read(bytes.NewReader(raw), classlist.Config{})
	require.NoError(t, err, "cells that are merged in one row show their value once")
}

// A number format can hide what is in a cell.
func TestI03_HiddenByItsFormat(t *testing.T) {
	for _, value := range []any{"00123", 123} {
		_, err := xlsx.Read(bytes.NewReader(number(t, value, ";;;")), classlist.Config{})
		require.ErrorContains(t, err, `the number format ";;;"`)
	}
}

// Moodle's grades as Excel: every field of a person is text, grades are numbers.
func TestExports_MoodleGradesAsExcel(t *testing.T) {
	raw := book(t, func(file *excelize.File) {
		require.NoError(t, file.SetSheetName("Sheet1", "Grades"))
		for i, row := range [][]any{
			{"First name", "Last name", "ID number", "Institution", "Department", "Email address", "Suspended", "Quiz: Torts (Real)", "Quiz: Torts (Feedback)", "Course total (Real)", "Last downloaded from this course"},
			{"Ada", "Lovelace", "00045001", "Example", "Law", "ada@example.edu", "", 18.5, "Good", 27.5, "1795824000"},
			{"Bo", "Nilsson", "00045002", "Example", "Law", "bo@example.edu", "Yes", "-", "", "-", "1795824000"},
			{"Zoë", "Müller", "", "Example", "Law", "zoe@example.edu", "", "-", "", "-", "1795824000"},
		} {
			require.NoError(t, file.SetSheetRow("Grades", []string{"A1", "A2", "A3", "A4"}[i], &row))
		}
	})
	list, err := xlsx.Read(bytes.NewReader(raw), classlist.Config{})
	require.NoError(t, err)
	require.Equal(t, classlist.List{
		{Line: 2, Email: "ada@example.edu", Name: "Ada Lovelace", ID: "00045001"},
		{Line: 4, Email: "zoe@example.edu", Name: "Zoë Müller"},
	}, list)
}

// The fault of a file of another program says what it is.
func TestReadOfAnOpenDocument(t *testing.T) {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	entry, err := w.Create("mimetype")
	require.NoError(t, err)
	_, err = entry.Write([]byte("application/vnd.oasis.opendocument.spreadsheet"))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	_, err = xlsx.Read(bytes.NewReader(out.Bytes()), classlist.Config{})
	require.ErrorContains(t, err, "OpenDocument: save it as XLSX")
}
