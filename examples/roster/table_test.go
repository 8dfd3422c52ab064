package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A name that steers the terminal could hide what an import does.
func TestPrintable(t *testing.T) {
	require.Equal(t, "Ada?[2K Đặng Thị Lan?", printable("Ada\x1b[2K Đặng Thị Lan\t"))
}
