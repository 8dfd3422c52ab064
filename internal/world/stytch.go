package world

import "github.com/promptgrimoire/auth/mock"

// newStytch returns the Stytch of a seed. Its policy lets tutors, and those above,
// mark and enrol.
func newStytch(seed Seed) *mock.Stytch {
	s := &mock.Stytch{RandomSeed: uint64(seed) + 1}
	for _, r := range []rank{tutor, instructor, coordinator} {
		s.Roles = append(s.Roles, mock.Role{ID: r.String(), Permissions: []mock.Permission{
			{Resource: "class", Actions: []string{"mark"}}, {Resource: "stytch.member", Actions: []string{"create", "search"}},
		}})
	}
	return s
}
