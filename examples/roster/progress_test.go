package main

import (
	"bytes"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth/classlist"
	"github.com/stretchr/testify/require"
)

func TestProgress(t *testing.T) {
	for _, row := range []struct {
		name string
		bar  bool
		want string
	}{
		{"a bar on a terminal", true, "\r[##############................] 12 of 25\r[###############...............] 13 of 25, 1 failed\n"},
		{"lines elsewhere", false, "12 of 25\n13 of 25, 1 failed\n"},
	} {
		t.Run(row.name, func(t *testing.T) {
			var out bytes.Buffer
			p := &progress{w: &out, bar: row.bar}
			p.step(classlist.Progress{Done: 12, Total: 25})
			p.step(classlist.Progress{Done: 13, Total: 25, Failed: 1})
			if !row.bar { // the sixth tenth has not begun before, and its line is there
				p.step(classlist.Progress{Done: 14, Total: 25, Failed: 1})
			}
			p.end()
			p.end()
			require.Equal(t, row.want, out.String())
		})
	}
	require.False(t, isTerminal(new(bytes.Buffer)))
}
