package main

import (
	"fmt"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOnePage(t *testing.T) {
	rows := make([]string, 510)
	for i := range rows {
		rows[i] = fmt.Sprintf("Student %03d", i+1)
	}
	for _, tt := range []struct {
		query          string
		first          string
		shown          int
		from, to, all  int
		earlier, later string
	}{
		{"", "Student 001", 50, 1, 50, 510, "", "/roster?page=2"},
		{"?page=2", "Student 051", 50, 51, 100, 510, "/roster?page=1", "/roster?page=3"},
		{"?page=11", "Student 501", 10, 501, 510, 510, "/roster?page=10", ""},
		{"?page=99", "Student 501", 10, 501, 510, 510, "/roster?page=10", ""},
		{"?page=-1", "Student 001", 50, 1, 50, 510, "", "/roster?page=2"},
		{"?page=no", "Student 001", 50, 1, 50, 510, "", "/roster?page=2"},
		{"?q=STUDENT+0&page=2", "Student 051", 49, 51, 99, 99, "/roster?page=1&q=STUDENT+0", ""},
		{"?q=510", "Student 510", 1, 1, 1, 1, "", ""},
		{"?q=none", "", 0, 1, 0, 0, "", ""},
	} {
		t.Run(tt.query, func(t *testing.T) {
			shown, l := onePage(httptest.NewRequest("GET", "/roster"+tt.query, nil), "Name", rows, func(s string) []string { return []string{s} })
			require.Len(t, shown, tt.shown)
			if tt.shown > 0 {
				require.Equal(t, tt.first, shown[0])
			}
			require.Equal(t, []any{tt.from, tt.to, tt.all, tt.earlier, tt.later}, []any{l.First, l.Last, l.Total, l.Earlier, l.Later})
		})
	}
}
