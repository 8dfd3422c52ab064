package webhook_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/jwtlocal"
	"github.com/promptgrimoire/auth/middleware/webhook"
	"github.com/stretchr/testify/require"
)

const inClass = `{"organization_id":"organization-test-torts","roles":[]}`

// Every kind of webhook, and what it revokes.
func TestP08_WhatIsRevoked(t *testing.T) {
	class := grimoireauth.Revocation{Class: "organization-test-torts"}
	member := grimoireauth.Revocation{Member: "member-test-sam"}
	for _, row := range []struct {
		name string
		body []string
		want grimoireauth.Revocation // zero: nothing
	}{
		{"a member is updated", []string{"member", inClass}, member},
		{"a member is updated by a program", []string{"source", "DIRECT", "member", inClass}, member},
		{"a member is updated by the identity provider", []string{"source", "SCIM", "member", inClass}, member},
		{"a member is updated, the object is missing", nil, member},
		{"a member is deleted", []string{"action", "DELETE"}, member},
		{"a member is deprovisioned", []string{"action", "DELETE", "source", "SCIM"}, member},
		{"a member, an action that is not known", []string{"action", "DEACTIVATE"}, member},
		{"a member, no action", []string{"action", ""}, member},
		{"a member is created", []string{"action", "CREATE", "member", inClass}, grimoireauth.Revocation{}},
		{"words in another case", []string{"action", "update", "object_type", "MEMBER", "source", "dashboard"}, member},
		{"an organization is updated", []string{"object_type", "organization", "id", "organization-test-torts"}, class},
		{"an organization is deleted", []string{"object_type", "organization", "id", "organization-test-torts", "action", "DELETE"}, class},
		{"an organization is created", []string{"object_type", "organization", "id", "organization-test-torts", "action", "CREATE"}, grimoireauth.Revocation{}},
		{"a SAML connection is updated", []string{"object_type", "saml_connection", "id", "saml-connection-test-1", "saml_connection", inClass}, class},
		{"an OIDC connection is updated", []string{"object_type", "oidc_connection", "id", "oidc-connection-test-1", "oidc_connection", inClass}, class},
		{"a SCIM connection is updated", []string{"object_type", "scim_connection", "id", "scim-connection-test-1", "scim_connection", inClass}, class},
		{"a SCIM group is updated", []string{"object_type", "scim_group", "id", "scim-group-test-1", "scim_group", inClass}, class},
		{"a connection is deleted, with details", []string{"object_type", "scim_connection", "id", "scim-connection-test-1", "action", "DELETE", "details", inClass}, class},
		{"a connection is deleted", []string{"object_type", "scim_connection", "id", "scim-connection-test-1", "action", "DELETE"}, grimoireauth.Revocation{}},
		{"a connection is created", []string{"object_type", "saml_connection", "id", "saml-connection-test-1", "action", "CREATE", "saml_connection", inClass}, grimoireauth.Revocation{}},
		{"a kind that is not known", []string{"object_type", "session", "id", "session-test-1", "action", "DELETE", "session", inClass}, grimoireauth.Revocation{}},
		{"no kind", []string{"object_type", ""}, grimoireauth.Revocation{}},
		{"a kind that is no word", []string{"object_type", "a member!"}, grimoireauth.Revocation{}},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newReceiver(t, webhook.Config{})
				require.Equal(t, 204, r.send(delivery("msg_1", time.Now(), event(row.body...))))
				require.Len(t, r.events, 1)
				require.Equal(t, row.want != (grimoireauth.Revocation{}), r.events[0].Revoked)
				require.Equal(t, "msg_1", r.events[0].Message)
				if !r.events[0].Revoked {
					require.Empty(t, r.revoked)
					return
				}
				require.Len(t, r.revoked, 1)
				row.want.At = r.revoked[0].At
				require.Equal(t, row.want, r.revoked[0])
			})
		})
	}
}

// The event's own time is that of the revocation, so that what was issued since is not
// refreshed without need; an old one, or one by a clock that is ahead, is not used.
func TestP08_TimeOfTheRevocation(t *testing.T) {
	for _, row := range []struct {
		name      string
		timestamp func(now time.Time) string
		want      time.Duration // before now
	}{
		{"a moment ago", func(now time.Time) string { return now.Add(-3 * time.Second).Format(time.RFC3339Nano) }, 3 * time.Second},
		{"with another offset", func(now time.Time) string {
			return now.Add(-3 * time.Second).In(time.FixedZone("", 3600)).Format(time.RFC3339Nano)
		}, 3 * time.Second},
		{"as old as the tolerance", func(now time.Time) string { return now.Add(-5 * time.Minute).Format(time.RFC3339Nano) }, 5 * time.Minute},
		{"sent again after hours", func(now time.Time) string { return now.Add(-2 * time.Hour).Format(time.RFC3339Nano) }, 0},
		{"in the future", func(now time.Time) string { return now.Add(time.Hour).Format(time.RFC3339Nano) }, 0},
		{"none", func(time.Time) string { return "" }, 0},
		{"no time", func(time.Time) string { return "yesterday" }, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newReceiver(t, webhook.Config{})
				now := time.Now().UTC()
				require.Equal(t, 204, r.send(delivery("msg_1", now, event("timestamp", row.timestamp(now)))))
				require.WithinDuration(t, now.Add(-row.want), r.revoked[0].At, 0)
			})
		})
	}
}

// Svix keeps no order. An older event that comes later weakens nothing.
func TestP08_Reordered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		revocations := new(jwtlocal.MemoryRevocations)
		r := newReceiver(t, webhook.Config{OnRevoke: revocations.Add})
		older, newer := time.Now().UTC(), time.Now().UTC().Add(time.Minute)
		time.Sleep(2 * time.Minute)
		require.Equal(t, 204, r.send(delivery("msg_2", time.Now(), event("timestamp", newer.Format(time.RFC3339Nano), "action", "DELETE"))))
		require.Equal(t, 204, r.send(delivery("msg_1", time.Now(), event("timestamp", older.Format(time.RFC3339Nano)))))
		status, err := revocations.Status(t.Context(), "session", "member-test-sam", "organization-test-torts")
		require.NoError(t, err)
		require.WithinDuration(t, newer, status.NotBefore, 0)
	})
}
