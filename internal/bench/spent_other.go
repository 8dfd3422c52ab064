//go:build !linux

package main

import "time"

var begun = time.Now()

// spent is the wall time, on systems without a simple way to read the processor time.
func spent() time.Duration { return time.Since(begun) }
