// Package signinlimits shares the limits of the sign-in pages between the processes of a
// service over Redis or Valkey, so that N processes allow as many messages and guesses as
// one. It is in the module of the shared revocations, since both link go-redis, and a
// package of its own, since a service without these pages should not link them.
//
//	limits, err := signinlimits.New(signinlimits.Config{
//		Redis:     &redis.UniversalOptions{Addrs: []string{"redis.internal:6379"}, Password: password},
//		ProjectID: projectID,
//		Secret:    secret,
//	})
//	…
//	pages, err := signin.New(guard, client, signin.Config{
//		…, Limit: limits, Redemptions: limits.Redemptions(),
//	})
//
// # What holds
//
// The numbers are those of the built-in Limiter; docs/security.md states them. Each use is
// one script in Redis, by the time of Redis, so two processes cannot take the same use. If
// Redis does not answer within a quarter of a second, or refuses, the process counts with
// the built-in Limiter, and tries Redis again after a second: no use is without a limit,
// and no person waits for Redis.
//
// Redemptions lets two clicks on a link at the same moment, at two processes, both end
// signed in: the second process waits for the answer of the first one, and asks Stytch about
// the session that it names. Without Redis the second one finds the link used.
//
// # What is in Redis
//
// Keys {Prefix}:limits:…, whose names are HMACs of what they are about by the Secret, so
// they contain no address. Each expires after at most ten minutes, or, for a client
// address, after what is used of its rate is free again. There are at most 200,000 new ones
// in ten minutes; beyond that, further addresses share 1,024 keys, as in the built-in
// Limiter. Beside them are keys {Prefix}:redeemed:…, for a minute, with session_tokens that
// are sealed: they open with the project secret and a cookie of the browser, and neither is
// in Redis. A user of Redis needs these permissions, besides those of the revocations:
//
//	+eval +evalsha +get +set +del +incrby +pexpire +time
package signinlimits
