package state

import (
	"slices"

	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// PermitsMethod reports whether a member may sign in with a primary method.
// Break-glass members always may.
func PermitsMethod(set wire.Settings, method string, m *Member) bool {
	return set.AuthMethods != wire.Restricted || slices.Contains(set.AllowedAuthMethods, method) || (m != nil && m.Breakglass)
}

// PermitsMFA is PermitsMethod for second factors.
func PermitsMFA(set wire.Settings, method string, m *Member) bool {
	return set.MFAMethods != wire.Restricted || slices.Contains(set.AllowedMFAMethods, method) || m.Breakglass
}
