package main

import (
	"syscall"
	"time"
)

// spent is the processor time that this process has used, with its garbage collector. On
// a shared machine the wall time mostly depends on other work.
func spent() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		panic(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
