package xlsx

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/classlist"
	"github.com/xuri/excelize/v2"
)

// A workbook is a zip archive, and a small one can hold a great deal. A thousand
// people take a hundred kilobytes packed and a megabyte unpacked.
const (
	maxFile     = 8 << 20
	maxUnpacked = 32 << 20
	maxColumns  = 2000 // a gradebook has one for each thing that is graded
)

// Read reads a class list from the first sheet of a workbook that has anything in
// it. The columns, the rows and the faults are those of [classlist.Read]; lines
// are rows of the sheet. Formulas count as what they last came to. Workbooks of
// Excel before 2007, and those with a password, are refused.
//
// Its error is a [classlist.Faults], the error of r, or says what is wrong with
// the Config. It writes no files.
func Read(r io.Reader, config classlist.Config) (list classlist.List, err error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("xlsx: %w: read the list: %w", grimoireauth.ErrUnavailable, err)
	}
	switch {
	case len(raw) > maxFile:
		return nil, refuse(fmt.Sprintf("the file is larger than %d MB, and no class list is", maxFile>>20))
	case !bytes.HasPrefix(raw, []byte("PK\x03\x04")):
		return nil, refuse("this is no workbook in the XLSX format, or it has a password")
	}
	// The library was not made for hostile input; what it trips over must not take
	// the request down.
	defer func() {
		if recover() != nil {
			list, err = nil, refuse(broken)
		}
	}()
	book, openErr := excelize.OpenReader(bytes.NewReader(raw), excelize.Options{
		RawCellValue:      true, // an ID is not to be shown as 4.5E+07
		UnzipSizeLimit:    maxUnpacked,
		UnzipXMLSizeLimit: maxUnpacked, // as large as the other, so that nothing is unpacked to disk
	})
	if openErr != nil {
		return nil, refuse(broken)
	}
	defer func() {
		if closeErr := book.Close(); closeErr != nil && err == nil {
			list, err = nil, refuse(broken)
		}
	}()
	sheet, readErr := firstSheet(book)
	if readErr != nil {
		return nil, refuse(broken)
	}
	list, err = classlist.FromRecords(func(yield func(int, []string) bool) {
		readErr = eachRow(book, sheet, yield)
	}, config)
	if readErr != nil {
		return nil, refuse(broken)
	}
	return list, err
}

const broken = "the workbook is damaged, or too large when it is unpacked: save it anew, or as CSV UTF-8"

func refuse(problem string) error { return classlist.Faults{{Problem: problem}} }

// firstSheet returns the first sheet with a row in it, or the first of all.
func firstSheet(book *excelize.File) (string, error) {
	sheets := book.GetSheetList()
	for _, sheet := range sheets {
		found := false
		err := eachRow(book, sheet, func(_ int, cells []string) bool {
			found = strings.TrimSpace(strings.Join(cells, "")) != ""
			return !found
		})
		if err != nil || found {
			return sheet, err
		}
	}
	if len(sheets) == 0 {
		return "", errors.New("a workbook without a sheet")
	}
	return sheets[0], nil
}

// eachRow yields the rows of a sheet with their numbers.
func eachRow(book *excelize.File, sheet string, yield func(int, []string) bool) (err error) {
	rows, err := book.Rows(sheet)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := rows.Close(); err == nil {
			err = closeErr
		}
	}()
	for line := 1; rows.Next(); line++ {
		cells, err := rows.Columns()
		if err != nil {
			return err
		}
		if len(cells) > maxColumns {
			return errors.New("a row that is too wide")
		}
		for i := range cells {
			if cells[i], err = plainNumber(book, sheet, i+1, line, cells[i]); err != nil {
				return err
			}
		}
		if !yield(line, cells) {
			return nil
		}
	}
	return rows.Error()
}

// plainNumber writes a number as people would: some programs store 45012345 as
// 4.5012345E7, and as an ID that would be another one. Text stays as it is.
func plainNumber(book *excelize.File, sheet string, column, line int, text string) (string, error) {
	if !strings.ContainsAny(text, ".eE") {
		return text, nil
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil || value != float64(int64(value)) || value > 1<<53 || value < 0 {
		return text, nil
	}
	cell, err := excelize.CoordinatesToCellName(column, line)
	if err != nil {
		return "", err
	}
	kind, err := book.GetCellType(sheet, cell)
	if err != nil || (kind != excelize.CellTypeNumber && kind != excelize.CellTypeUnset) {
		return text, err
	}
	return strconv.FormatInt(int64(value), 10), nil
}
