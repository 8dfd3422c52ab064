// Package webhook receives Stytch's webhooks, verifies them, and turns what was changed at
// Stytch by others into revocations: an administrator in the dashboard, an identity provider
// by SCIM, another program with the project's secret.
//
//	handler, err := webhook.New(webhook.Config{
//		Secrets:   []grimoireauth.Secret{secret}, // "whsec_…", from the dashboard
//		ProjectID: projectID,
//		OnRevoke:  revocations.Add, // of jwtlocal.MemoryRevocations, as for the client
//	})
//	mux.Handle("POST /webhooks/stytch", handler)
//
// Without it a demotion in the dashboard takes effect when the session_jwt expires, after
// five minutes at most. With it the guard refreshes the member's sessions at their next
// request, and a stream that is watched is decided again.
//
// # What is revoked
//
//   - A member was updated, deleted or deprovisioned: the member. Every session_jwt that was issued until then is refreshed once, and refused if Stytch says so.
//   - An organization was updated or deleted: the class, or the whole school where all classes are in one Organization.
//   - A SAML, OIDC or SCIM connection or a SCIM group was updated or deleted: the class, since they give roles. Stytch does not say to which organization a deleted connection belonged; then nothing is revoked, and the old roles end with the session_jwt.
//   - What was created, and kinds that are not known, revoke nothing.
//
// An action that is not known revokes as an update does. Each webhook that is accepted is
// also a [grimoireauth.WebhookReceived], for an application that keeps tables of its own.
//
// Stytch sends no webhook about sessions. A session that was revoked in the dashboard, or by
// a program that does not announce it (grimoireauth.OnRevoke), goes on until its session_jwt
// expires.
//
// # What is verified
//
// Svix delivers Stytch's webhooks and signs them: HMAC-SHA256 over the id of the message,
// the time and the body, in headers named svix-* or webhook-*. One of Config.Secrets has to
// have made one of the signatures, the time must be within Config.Tolerance, and a message
// is handled once in this process. If OnRevoke fails it was not handled: the answer is 500,
// and Svix sends it again, for about a day. What is not verified has no effect, takes no
// memory, and learns nothing from the answer.
//
// The kind of a webhook is read from its body, and the body has to name Config.ProjectID.
package webhook
