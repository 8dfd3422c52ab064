package oauth

import (
	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// FollowIdP is the link that a person chose on the page.
func FollowIdP(c *core.Request) (wire.Success, error) {
	h, err := c.VisitOf()
	if err != nil {
		return nil, err
	}
	out, err := c.FinishVisit(h, c.Query.Get("persona"), c.Query.Get("error"))
	if err == nil {
		delete(c.State.Visits, h.State) // a state is used once
	}
	return out, err
}
