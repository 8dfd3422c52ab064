package classlist_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/classlist"
)

// The time to read a file, by the number of its rows.
func BenchmarkRead(b *testing.B) {
	for _, n := range []int{5_000, 10_000, 20_000} {
		text := crowd(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				if _, err := classlist.Read(strings.NewReader(text), classlist.Config{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// The time to make a plan, by the number of people, when all of them are in the class
// and half of the names are corrected.
func BenchmarkNewPlan(b *testing.B) {
	for _, n := range []int{5_000, 10_000, 20_000} {
		list, err := classlist.Read(strings.NewReader(crowd(n)), classlist.Config{})
		if err != nil {
			b.Fatal(err)
		}
		members := make([]grimoireauth.Member, n)
		for i, row := range list {
			members[i] = on(fmt.Sprint("s", i), student, student, numbered(row.ID))
			members[i].Name = row.Name
			if i%2 == 0 {
				members[i].Name += " of before"
			}
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := classlist.NewPlan(contracts, list, members, classlist.Config{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
