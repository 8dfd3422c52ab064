package classlist_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth/classlist"
)

// What a file costs to read, by the number of its rows.
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
