// Package grimoireauth holds the nouns: classes, their people, sessions, errors and events.
// Package stytchclient is the client:
//
//	client, err := stytchclient.New(stytchclient.Config{ProjectID: id, Secret: secret, OnRevoke: revocations.Add})
//	member, err := client.Roster.Enroll(ctx, class, stytchclient.NewMember{Email: "sam@example.edu"})
package grimoireauth
