package limit

import "time"

// Pages are the limits of package signin, for its built-in Limiter and for the one that
// counts in Redis. docs/security.md states them.
type Pages struct {
	// One message at a time: a code invalidates the one before it, and people need a
	// moment to find it.
	MessageGap Rate
	// Five in the time for which a code works. One client address cannot take all of
	// them.
	MessageQuota Quota
	// Stytch sends one e-mail a second to an address, in all classes together, and
	// counts seconds of the clock, so that two e-mails need more than a second in
	// between. Source: https://stytch.com/docs/b2b/api/rate-limits
	MailGap Rate
	// Messages to one address are sent in the order in which they are requested, since
	// a stranger who requests all the time would otherwise get each turn. There is room
	// for one message of each kind: three for a class and two for a discovery.
	MailWait time.Duration
	// With three guesses from each of three client addresses one is left for the owner
	// of the account.
	GuessQuota Quota
	// One client address may be that of a lecture: 300 people in two minutes, some of
	// them twice. Used messages and right guesses are released.
	SourceSends, SourceGuesses Rate
	// After a while few classes have not been looked up by this process.
	SourceClasses Rate
	// All requests without a known client address share this limit.
	OtherClasses Rate
}

// OfPages returns the limits.
func OfPages() Pages {
	mailGap := Rate{Burst: 1, Every: 2 * time.Second}
	return Pages{
		MessageGap:    Rate{Burst: 1, Every: 30 * time.Second},
		MessageQuota:  Quota{Within: 10 * time.Minute, Most: 5, Each: 3},
		MailGap:       mailGap,
		MailWait:      4 * mailGap.Every,
		GuessQuota:    Quota{Within: 10 * time.Minute, Most: 10, Each: 3},
		SourceSends:   Rate{Burst: 400, Every: 10 * time.Second},
		SourceGuesses: Rate{Burst: 400, Every: 10 * time.Second},
		SourceClasses: Rate{Burst: 100, Every: time.Second},
		OtherClasses:  Rate{Burst: 100, Every: 100 * time.Millisecond},
	}
}
