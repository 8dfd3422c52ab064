package control

import (
	"net/url"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLists(t *testing.T) {
	rows := make([]string, 510)
	for i := range rows {
		rows[i] = "Student " + strconv.Itoa(1000 + i + 1)[1:]
	}
	for _, tt := range []struct {
		query          string
		first          string
		from, to, all  int // rows, from 1
		shown          int
		earlier, later string
	}{
		{"", "Student 001", 1, 50, 510, 50, "", "/?outbox=2#outbox"},
		{"outbox=2", "Student 051", 51, 100, 510, 50, "/?outbox=1#outbox", "/?outbox=3#outbox"},
		{"outbox=11", "Student 501", 501, 510, 510, 10, "/?outbox=10#outbox", ""},
		{"outbox=99", "Student 501", 501, 510, 510, 10, "/?outbox=10#outbox", ""},
		{"outbox=-1", "Student 001", 1, 50, 510, 50, "", "/?outbox=2#outbox"},
		{"outbox=no&journal=3", "Student 001", 1, 50, 510, 50, "", "/?journal=3&outbox=2#outbox"},
		{"q=STUDENT+0&outbox=2", "Student 051", 51, 99, 99, 49, "/?outbox=1&q=STUDENT+0#outbox", ""},
		{"q=510", "Student 510", 1, 1, 1, 1, "", ""},
		{"q=none", "", 0, 0, 0, 0, "", ""},
	} {
		t.Run(tt.query, func(t *testing.T) {
			query, err := url.ParseQuery(tt.query)
			require.NoError(t, err)
			shown, l := onePage(query, "outbox", rows, func(s string) []string { return []string{s} })
			require.Len(t, shown, tt.shown)
			if len(shown) > 0 {
				require.Equal(t, tt.first, shown[0])
			}
			require.Equal(t, []any{tt.from, tt.to, tt.all, tt.earlier, tt.later}, []any{l.First, l.Last, l.Total, l.Earlier, l.Later})
		})
	}
}
