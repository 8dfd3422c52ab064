package classlist

import (
	"context"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// Members fetches a class's roster for [NewPlan]: everybody in it, and everybody
// who was removed from it, since they may come back. A thousand people take one
// or two calls. Errors: those of [grimoireauth.Roster.Find].
func Members(ctx context.Context, roster grimoireauth.Roster, class grimoireauth.ClassID) ([]grimoireauth.Member, error) {
	query := grimoireauth.MemberQuery{
		Statuses: []grimoireauth.MemberStatus{
			grimoireauth.StatusActive, grimoireauth.StatusInvited, grimoireauth.StatusPending, grimoireauth.StatusDeleted,
		},
		PageSize: 1000,
	}
	var members []grimoireauth.Member
	for member, err := range roster.Find(ctx, query, class) {
		if err != nil {
			return nil, err // half a roster would make people look new
		}
		members = append(members, member)
	}
	return members, nil
}
