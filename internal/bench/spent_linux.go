package main

import (
	"syscall"
	"time"
)

// spent is the processor time that this process has used, its garbage collector
// included. On a machine that other work shares, the time on the wall mostly tells
// about the other work.
func spent() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		panic(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
