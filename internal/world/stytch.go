package world

import "github.com/promptgrimoire/auth/mock"

// newStytch returns the Stytch of a seed.
func newStytch(seed Seed) *mock.Stytch { return &mock.Stytch{RandomSeed: uint64(seed) + 1} }
