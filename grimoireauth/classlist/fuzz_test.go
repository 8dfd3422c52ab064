package classlist_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth/classlist"
	"github.com/stretchr/testify/require"
)

// Read does not panic on any file, accepts only rows that keep the rules, and takes time
// in proportion to the file.
//
// Run it with -fuzzminimizetime=10x. By default go test spends up to a minute on
// making each new input smaller, counts no executions meanwhile, and seems to stand
// still after some seconds.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"First name,Last name,ID number,Email address,Groups\r\nAda,Lovelace,4501,ada@example.edu,\"[Tutorial 1], [Lab A]\"\r\n",
		"Student,ID,SIS User ID,SIS Login ID,Section\n    Points Possible,,,,\n\"Lovelace, Ada\",7,1,a@b.cd,S\n",
		"sep=;\nEmail;Role\na@b.cd;Teacher\n", "\ufeffEmail\na@b.cd", "Email\tName\n\"a@b.cd\"\t\"x\ny\"\n", ";;\n,,\n\"", "Email\r\"\r", "\xff\xfe",
		"Email,ID number\na@b.cd,=\"0012\"\nb@b.cd,=A1&\"\"\"x\"\n",
	} {
		f.Add([]byte(seed))
	}
	files, err := filepath.Glob(filepath.Join("testdata", "*.csv"))
	require.NoError(f, err)
	require.Greater(f, len(files), 10)
	for _, name := range files {
		raw, err := os.ReadFile(name)
		require.NoError(f, err)
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		list, err := timed(t, raw)
		if (err == nil) == (len(list) == 0) {
			t.Fatalf("%d rows and the error %v", len(list), err)
		}
		if err != nil {
			var faults classlist.Faults
			if !errors.As(err, &faults) || len(faults) == 0 {
				t.Fatalf("refused without a fault: %v", err)
			}
			for _, fault := range faults {
				if len(fault.String()) > 800 || strings.ContainsAny(fault.String(), "\x00\x1b\n\u202e") {
					t.Fatalf("a fault that cannot be shown: %q", fault.String())
				}
			}
			return
		}
		again, err := classlist.Read(bytes.NewReader(raw), anyRole)
		if err != nil || fmt.Sprint(again) != fmt.Sprint(list) {
			t.Fatal("the same file makes another list")
		}
		seen, last := map[string]bool{}, 0
		for _, row := range list {
			local, domain, ok := strings.Cut(row.Email, "@")
			if !ok || local == "" || domain == "" || row.Email != strings.ToLower(row.Email) || seen[row.Email] {
				t.Fatalf("line %d: the address %q", row.Line, row.Email)
			}
			if seen[row.Email] = true; row.Line <= last {
				t.Fatalf("line %d after line %d", row.Line, last)
			}
			if last = row.Line; strings.ContainsAny(row.Name+row.ID+strings.Join(row.Groups, ""), "\r\n\x00\u202e\u200f") {
				t.Fatalf("line %d: an invisible character in %q", row.Line, row)
			}
		}
		if _, err := classlist.NewPlan(contracts, list, nil, anyRole); err != nil {
			t.Fatalf("a list that was read makes no plan: %v", err)
		}
	})
}

// timed reads a file and, where the time counts, fails if that takes longer than 100 ms
// for each 100 kB. A machine that is busy gets two more chances.
func timed(t *testing.T, raw []byte) (classlist.List, error) {
	limit := 100 * time.Millisecond * time.Duration(1+len(raw)/100_000)
	for try := 1; ; try++ {
		began := time.Now()
		list, err := classlist.Read(bytes.NewReader(raw), anyRole)
		took := time.Since(began)
		if took <= limit || os.Getenv("GRIMOIRE_LONG") == "" {
			return list, err
		}
		if try == 3 {
			t.Fatalf("%d bytes took %v", len(raw), took)
		}
	}
}

// sections is a gradebook in which each student has different sections, whose names
// begin alike.
func sections(n int) string {
	var b strings.Builder
	b.WriteString("Student,ID,SIS Login ID,Section\n")
	for i := range min(n, 20_000) {
		fmt.Fprintf(&b, "\"A, B\",1,a%d@b.cd,\"A, A, A, A, A and A%d\"\n", i, i)
	}
	return b.String()
}

// nested is a gradebook whose sections have each other's names in theirs, so that a
// sentence can be split in very many ways.
func nested(n int) string {
	var b strings.Builder
	b.WriteString("Student,ID,SIS Login ID,Section\n")
	for i := range 60 {
		fmt.Fprintf(&b, "\"A, B\",1,a%d@b.cd,\"A%s\"\n", i, strings.Repeat(", A", i))
	}
	for i := range n / 200 {
		fmt.Fprintf(&b, "\"A, B\",1,b%d@b.cd,\"A%s, x\"\n", i, strings.Repeat(", A", 50))
	}
	return b.String()
}

func differentGroups(n int) string {
	var b strings.Builder
	b.WriteString("Email,Groups\na@b.cd,\"")
	for i := range n {
		fmt.Fprintf(&b, "%x,", i)
	}
	return b.String() + "\"\n"
}
