package signin

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// sessionStatus is what GET session tells a front end: ids and times, no token, no
// name and no address.
type sessionStatus struct {
	SignedIn  bool                        `json:"signed_in"`
	Member    grimoireauth.MemberID       `json:"member_id,omitempty"`
	Class     grimoireauth.OrganizationID `json:"class_id,omitempty"`
	Slug      string                      `json:"class_slug,omitempty"`
	Role      string                      `json:"role,omitempty"`
	ExpiresAt *time.Time                  `json:"expires_at,omitempty"`
	Source    string                      `json:"source,omitempty"`
}

// lowest is a role that everybody has who is in a class at all.
const lowest = grimoireauth.Role(1)

// status says who is signed in. It stands inside the guard's Load, which renews the
// cookies and answers an outage: that is never "signed out".
func (h *Handler) status(w http.ResponseWriter, r *http.Request) {
	status := sessionStatus{}
	switch now, err := h.guard.Check(r); {
	case err == nil:
		status = sessionStatus{
			SignedIn: true, Member: now.Member(), Class: now.Organization(), Slug: now.OrganizationSlug(), Source: now.Source.String(),
		}
		if ends := now.ExpiresAt(); !ends.IsZero() {
			ends = ends.UTC()
			status.ExpiresAt = &ends
		}
		// Where classes are no Organizations there is no role to tell here; a role that
		// could not be found out is left out as well, which shows less and never more.
		_, role, err := h.guard.CheckInClass(r, grimoireauth.ClassID(now.Organization()), lowest)
		switch {
		case err == nil:
			status.Role = role.String()
		case !errors.Is(err, grimoireauth.ErrForbidden) && !errors.Is(err, grimoireauth.ErrNotFound):
			if explained := (*grimoireauth.Error)(nil); errors.As(err, &explained) && explained.Err != nil && explained.Status == 0 {
				err = &applicationError{"RoleFunc", explained.Err}
			}
			h.fault(r, "the role was not found out", err)
		}
	case unknown(err) || !errors.Is(err, grimoireauth.ErrUnauthenticated):
		h.guard.Respond(w, r, err)
		return
	}
	body, err := json.Marshal(status)
	if err != nil {
		h.guard.Respond(w, r, err)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(body) // a client that is gone is no error of ours
}
