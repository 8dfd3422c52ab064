package browser

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestCookieDate(t *testing.T) {
	rows := []struct {
		name, date, want string // want is empty: no date
	}{
		{"RFC 1123", "Sun, 06 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37Z"},
		{"RFC 850", "Sunday, 06-Nov-94 08:49:37 GMT", "1994-11-06T08:49:37Z"},
		{"asctime", "Sun Nov  6 08:49:37 1994", "1994-11-06T08:49:37Z"},
		{"single digits", "6 nov 1994 8:4:7", "1994-11-06T08:04:07Z"},
		{"two digits from 70 are of the last century", "01 Jan 70 00:00:00", "1970-01-01T00:00:00Z"},
		{"two digits up to 69 are of this one", "01 Jan 69 00:00:00", "2069-01-01T00:00:00Z"},
		{"the zone is ignored", "Sun, 06 Nov 1994 08:49:37 +1000", "1994-11-06T08:49:37Z"},
		{"the longest year", "31 Dec 9999 23:59:59", "9999-12-31T23:59:59Z"},
		{"no time", "06 Nov 1994", ""},
		{"no year", "06 Nov 08:49:37", ""},
		{"no month", "06 1994 08:49:37", ""},
		{"before 1601", "06 Nov 1600 08:49:37", ""},
		{"hour 24", "06 Nov 1994 24:00:00", ""},
		{"second 60", "06 Nov 1994 23:59:60", ""},
		{"day 0", "00 Nov 1994 00:00:00", ""},
		{"31 June", "31 Jun 1994 00:00:00", ""},
		{"29 February of no leap year", "29 Feb 2001 00:00:00", ""},
		{"a year of five digits", "06 Nov 19945 08:49:37", ""},
		{"nothing", "", ""},
		{"RFC 3339", "1994-11-06T08:49:37Z", ""},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			got, ok := parseCookieDate(row.date)
			require.Equal(t, row.want != "", ok)
			if ok {
				require.Equal(t, row.want, got.Format(time.RFC3339))
			}
		})
	}
}
