package core

import (
	"encoding/json"
	"strings"

	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/webhook"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// The sources of a change, as webhooks name them.
// Source: https://stytch.com/docs/workspace-management/webhooks
const (
	SourceDirect    = "DIRECT"    // a call of the API
	SourceDashboard = "DASHBOARD" // the control plane, or a method of mock.Stytch
	SourceSCIM      = "SCIM"      // the identity provider of an organization
)

// The actions of webhooks.
const (
	ActionCreate = "CREATE"
	ActionUpdate = "UPDATE"
	ActionDelete = "DELETE"
)

// The types of the objects that webhooks are about. The list is published; how the types
// of connections are written is not, but that the object is a field of this name is.
const (
	ObjectMember         = "member"
	ObjectOrganization   = "organization"
	ObjectSAMLConnection = "saml_connection"
	ObjectOIDCConnection = "oidc_connection"
	ObjectSCIMConnection = "scim_connection"
)

// changes are what a call has done, in the order in which it touched each object first.
type changes struct {
	list   []change
	places map[object]int // in the list
}

type object struct{ kind, id string }

type change struct {
	object
	action string     // empty: created and deleted in one call
	shown  func() any // as the API shows the object; called when the call is over
}

// Changed notes that the call has created, updated or deleted an object, for webhooks.
// Object returns it as the API shows it, without secrets; it is called after the call,
// with the lock held. Changes of one object in one call are one webhook. What a seed adds
// was there before, and is none.
func (c *Request) Changed(action, objectType, id string, shown func() any) {
	if len(c.Webhooks) == 0 || c.Source == "" {
		return
	}
	at := object{objectType, id}
	i, again := c.changes.places[at]
	if !again {
		state.Put(&c.changes.places, at, len(c.changes.list))
		c.changes.list = append(c.changes.list, change{at, action, shown})
		return
	}
	known := &c.changes.list[i]
	switch {
	case known.action == ActionCreate && action == ActionDelete:
		known.action = "" // neither was seen from outside
	case known.action == ActionUpdate || action == ActionDelete:
		known.action = action
	}
	known.shown = shown
}

// MemberChanged notes that the call has changed a member, whose updated_at is now, and
// brings the index up to date with them.
func (c *Request) MemberChanged(m *state.Member) {
	m.UpdatedAt = c.Now
	if c.State.Member(m.ID) == m { // it is stored
		c.State.Reindex(m)
	}
	c.memberIs(ActionUpdate, m)
}

// memberIs notes what has become of a member. A member who is marked as deleted is
// deleted for webhooks.
func (c *Request) memberIs(action string, m *state.Member) {
	if m.Status == state.StatusDeleted {
		action = ActionDelete
	}
	id := m.ID // the record that is stored under it may replace this one
	c.Changed(action, ObjectMember, id, func() any { return c.State.MemberJSON(c.State.Member(id)) })
}

// OrganizationChanged notes that the call has changed an organization, whose updated_at
// is now.
func (c *Request) OrganizationChanged(o *state.Organization) {
	o.UpdatedAt = c.Now
	c.organizationIs(ActionUpdate, o)
}

func (c *Request) organizationIs(action string, o *state.Organization) {
	c.Changed(action, ObjectOrganization, o.ID, func() any { return o.JSON() })
}

// DeleteOrganization takes an organization out of the state.
func (c *Request) DeleteOrganization(o *state.Organization) {
	c.State.DeleteOrganization(o)
	c.organizationIs(ActionDelete, o)
}

// finish sends webhooks about what the call has done, also if it was refused at the end:
// what has changed has changed. The lock is held. A webhook is about what a call names:
// deleting an organization sends none about its members, and deleting a connection none
// about the members who had signed in through it. Whether Stytch sends those is not
// published, and a receiver must not rely on them.
func (c *Request) finish() {
	made := c.changes
	c.changes = changes{}
	for _, k := range made.list {
		if k.kind == ObjectMember {
			m := c.State.Member(k.id)
			if m == nil {
				continue // the call was refused before it stored the member
			}
			if _, touched := made.places[object{ObjectOrganization, m.OrganizationID}]; touched && !c.State.IsLive(m.OrganizationID) {
				continue
			}
		}
		if k.action != "" {
			c.sendWebhook(k)
		}
	}
}

func (c *Request) sendWebhook(k change) {
	content := map[string]any{
		"project_id":  c.ProjectID,
		"event_id":    c.NewID("webhook-event"),
		"action":      k.action,
		"object_type": k.kind,
		"source":      c.Source,
		"id":          k.id,
		"timestamp":   wire.Timestamp(c.Now),
		"vertical":    "B2B",
	}
	if k.action != ActionDelete {
		content[k.kind] = k.shown()
	}
	body, err := json.Marshal(content)
	if err != nil {
		// Everything that is encoded here was made in this module.
		panic("mock: cannot encode a webhook: " + err.Error())
	}
	message := webhook.Message{
		ID:        "msg_" + c.RandomText("webhook-message", 20),
		EventType: strings.ToLower(c.Source + "." + k.kind + "." + k.action),
		Body:      body,
	}
	for _, queue := range c.Webhooks {
		queue.Add(message)
	}
}
