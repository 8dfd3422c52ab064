package stytchclient

import (
	"context"
	"errors"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/stytchhttp"
)

// field is a field as an audit sees it. Its value is compared, and shown only if
// it cannot name anybody.
type field struct {
	name, value string
	personal    bool
}

// difference lists the fields that differ. Both lists have the same fields, but
// for nil, which is what is not there.
func difference(before, after []field) []grimoireauth.FieldChange {
	var out []grimoireauth.FieldChange
	for i := range max(len(before), len(after)) {
		var was, is field
		if i < len(before) {
			was, is.name, is.personal = before[i], before[i].name, before[i].personal
		}
		if i < len(after) {
			is = after[i]
		}
		switch {
		case was.value == is.value:
		case is.personal:
			out = append(out, grimoireauth.FieldChange{Field: is.name})
		default:
			out = append(out, grimoireauth.FieldChange{Field: is.name, Before: was.value, After: is.value})
		}
	}
	return out
}

// record tells the observer about a change, with who is signed in in ctx.
func (c *Client) record(ctx context.Context, change grimoireauth.Changed) {
	if c.observe == nil {
		return
	}
	if by, ok := grimoireauth.SessionFromContext(ctx); ok {
		change.By, change.Session, change.Impersonated = by.Member(), by.ID(), by.Impersonated()
	}
	c.observe(ctx, change)
}

// recordUnknown tells the observer about a change whose call failed, if it may
// have been made all the same: the answer was lost, or Stytch broke down over it.
func (c *Client) recordUnknown(ctx context.Context, change grimoireauth.Changed, err error) {
	if !stytchhttp.MayBeDone(err) {
		return
	}
	var e *grimoireauth.Error
	if errors.As(err, &e) {
		change.RequestID = e.RequestID
	}
	change.Err = err
	c.record(ctx, change)
}
