//go:build !linux

package main

import "time"

var begun = time.Now()

// spent is the time on the wall where the processor time of a process is not to be
// had so easily.
func spent() time.Duration { return time.Since(begun) }
