//go:build !race

package jwtlocal

const underRace = false
