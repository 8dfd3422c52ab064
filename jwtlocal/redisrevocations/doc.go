// Package redisrevocations shares revocations between the processes of a service over Redis
// or Valkey: what one process revokes is refused by all of them at once, also on streams
// that are open. It is a module of its own, so that a single process pays nothing for it.
//
// Each process makes one [Replica], runs it, and gives it to the client and to the verifier,
// which learns from Stytch which sessions have ended:
//
//	replica, err := redisrevocations.New(redisrevocations.Config{
//		Redis:     &redis.UniversalOptions{Addrs: []string{"redis.internal:6379"}, Password: password},
//		ProjectID: projectID,
//	})
//	…
//	go func() { done <- replica.Run(ctx) }()
//	client, err := stytchclient.New(stytchclient.Config{…, OnRevoke: replica.Add})
//	verifier, err := jwtlocal.New(jwtlocal.Config{…, Revocations: replica.Revocations(), OnRevoke: replica.Add})
//
// # What holds
//
// A request makes no network call because of this package: revocations are looked up in
// memory. If nothing is heard of Redis for longer than Config.Bound, each session is served
// only if Stytch confirmed it within the last Bound; what Stytch cannot confirm is refused
// as a temporary error (503), and no silence is a logout. If Redis lost its entries, those
// who know live revocations publish them again, and session_jwts that were issued before
// have to be confirmed by Stytch once. The times are Redis's, so the clocks of the
// processes may differ.
//
// # What is in Redis
//
// Two streams, {Prefix}:revocations and {Prefix}:beats, hold entries whose fields are
// strings. The guide docs/replicas.md describes them for services in other languages.
// A user of Redis needs these permissions:
//
//	ACL SETUSER grimoire on >password ~{grimoire:*}:* resetchannels -@all +@connection
//	    +xadd +xread +xrange +xtrim +exists +multi +exec
//
// A Cluster needs +cluster|slots, +cluster|shards and +command besides.
//
// go-redis has one logger for the whole program, and writes to it when a connection fails;
// redis.SetLogger, which this package does not call, sets another one.
package redisrevocations
