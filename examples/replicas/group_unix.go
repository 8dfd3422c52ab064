//go:build unix

package main

import "syscall"

// ownGroup keeps the Ctrl-C of a terminal, which all processes of a group get, from a program
// that this one has started and stops itself.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
