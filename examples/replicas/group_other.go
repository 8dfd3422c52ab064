//go:build !unix

package main

import "syscall"

// ownGroup is for systems with process groups.
func ownGroup() *syscall.SysProcAttr { return nil }
