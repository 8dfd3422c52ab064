package signinlimits

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/alarm"
	"github.com/promptgrimoire/auth/internal/limit"
	"github.com/promptgrimoire/auth/middleware/signin"
)

const (
	answerTime = 250 * time.Millisecond // that Redis has for one script
	restTime   = time.Second            // without Redis after it has failed
	newKeys    = 200_000                // in keyPeriod; further ones share
	sharedKeys = 1024
	keyPeriod  = 10 * time.Minute
)

// Limiter is a [signin.Limiter] whose counters are in Redis. Make it with [New]. It is safe
// for concurrent use. It has no goroutine, and its connections are closed after a minute
// without use, by the next use, or with the process.
type Limiter struct {
	client  func() redis.UniversalClient // a function, since fmt prints nothing that it holds
	key     func() []byte
	prefix  string
	pages   limit.Pages
	room    int
	answer  time.Duration  // that Redis has for one script
	local   signin.Limiter // counts while Redis does not answer
	rested  atomic.Int64   // Redis is tried again from then on, in nanoseconds since origin
	origin  time.Time
	observe grimoireauth.Observe
	alarms  alarm.Limit
}

var _ signin.Limiter = (*Limiter)(nil)

// New returns a Limiter. It makes no network call. Its error joins all faults of the
// configuration.
func New(c Config) (*Limiter, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	options := *c.Redis
	options.ContextTimeoutEnabled = true // deadlines of contexts count
	options.MinIdleConns = 0             // New makes no connection
	options.MaxRetries = -1              // a person waits
	if options.ConnMaxIdleTime == 0 {
		options.ConnMaxIdleTime = time.Minute
	}
	// It runs goroutines of its own.
	options.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	client := redis.NewUniversalClient(&options)
	derived := hmac.New(sha256.New, []byte(c.Secret.Reveal()))
	derived.Write([]byte("grimoireauth: names of sign-in limits"))
	key := derived.Sum(nil)
	return &Limiter{
		client: func() redis.UniversalClient { return client }, key: func() []byte { return key },
		prefix: "{" + c.prefix() + "}:limits:", pages: limit.OfPages(), room: newKeys, answer: answerTime,
		local: signin.NewLimiter(), origin: time.Now(), observe: c.Observe,
	}, nil
}

//go:embed script.lua
var source string

var script = redis.NewScript(source)

// counter is one of the limits of a use.
type counter struct {
	name    string // of its key, before the HMAC
	args    [5]any // as script.lua has them
	pending bool   // an earlier message can still be used
	mail    bool   // the turn of an e-mail, which is not released
}

func (l *Limiter) rate(r limit.Rate, of ...string) counter {
	return counter{name: join(of...), args: [5]any{"rate", r.Every.Milliseconds(), r.Burst, 0, ""}}
}

func (l *Limiter) window(q limit.Quota, from string, of ...string) counter {
	return counter{name: join(of...), args: [5]any{"window", q.Within.Milliseconds(), q.Most, q.Each, from}}
}

// counters are the limits of a use, in the order in which they are reserved. They are those
// of the built-in Limiter.
func (l *Limiter) counters(use signin.Use) []counter {
	address := ""
	if use.Source.IsValid() {
		address = limit.Source(use.Source).String()
	}
	var all []counter
	of := func(kind string, rate limit.Rate) {
		if address != "" {
			all = append(all, l.rate(rate, kind, address))
		}
	}
	from := ""
	if address != "" {
		from = l.hash("source", address)
	}
	action := string(use.Action)
	switch use.Action {
	case signin.ActionAskClass:
		if address == "" {
			return []counter{l.rate(l.pages.OtherClasses, "classes")}
		}
		of("classes of", l.pages.SourceClasses)
	case signin.ActionGuess:
		of("guesses of", l.pages.SourceGuesses)
		all = append(all, l.window(l.pages.GuessQuota, from, "guesses", use.Class, use.Address))
	default:
		of("messages of", l.pages.SourceSends)
		gap := l.rate(l.pages.MessageGap, "gap", action, use.Class, use.Address)
		quota := l.window(l.pages.MessageQuota, from, "messages", action, use.Class, use.Address)
		gap.pending, quota.pending = true, true
		all = append(all, gap, quota)
		if use.Action != signin.ActionSendSMS {
			// No e-mail is sent for a class that does not exist, so such requests have turns
			// of their own.
			exists := use.Class == "" || strings.HasPrefix(use.Class, "organization-")
			mail := l.rate(l.pages.MailGap, "mail", use.Address, strconv.FormatBool(exists))
			mail.args[0], mail.args[3], mail.mail = "book", l.pages.MailWait.Milliseconds(), true
			all = append(all, mail)
		}
	}
	return all
}

// join joins strings so that no two lists of them are the same.
func join(parts ...string) string {
	var b []byte
	for _, part := range parts {
		b = binary.AppendUvarint(b, uint64(len(part)))
		b = append(b, part...)
	}
	return string(b)
}

// hash is what Redis sees of a name.
func (l *Limiter) hash(of ...string) string {
	sum := hmac.New(sha256.New, l.key())
	sum.Write([]byte(join(of...)))
	return base64.RawURLEncoding.EncodeToString(sum.Sum(nil)[:16])
}

// Reserve implements [signin.Limiter]. It waits for the turn of an e-mail, as the built-in
// Limiter does. Its error is always nil.
func (l *Limiter) Reserve(ctx context.Context, use signin.Use) (signin.Grant, error) {
	counters := l.counters(use)
	refused, wait, err := l.run(ctx, "reserve", counters)
	switch {
	case err != nil:
		return l.local.Reserve(ctx, use)
	case refused > 0 && counters[refused-1].mail:
		return signin.Grant{Wait: max(wait, time.Second)}, nil
	case refused > 0:
		return signin.Grant{Wait: wait, Pending: counters[refused-1].pending}, nil
	case wait > 0 && !waited(ctx, wait):
		l.release(ctx, counters)
		return signin.Grant{Wait: max(wait, time.Second)}, nil
	}
	return signin.Grant{}, nil
}

// Release implements [signin.Limiter]. What was reserved while Redis did not answer is
// released in this process.
func (l *Limiter) Release(ctx context.Context, use signin.Use) {
	l.local.Release(ctx, use) // nothing, if the use was not reserved there
	l.release(ctx, l.counters(use))
}

// release releases all counters but the turn of an e-mail, since Stytch counts that as
// well. If the address has no use to release, neither has the client address, so the
// window comes first.
func (l *Limiter) release(ctx context.Context, counters []counter) {
	var all []counter
	for _, c := range counters {
		switch {
		case c.mail:
		case c.args[0] == "window":
			all = append([]counter{c}, all...)
		default:
			all = append(all, c)
		}
	}
	_, _, _ = l.run(context.WithoutCancel(ctx), "release", all) // if it fails, the use stays taken
}

// run runs the script. It fails at once for a second after it has failed.
func (l *Limiter) run(ctx context.Context, op string, counters []counter) (refused int, wait time.Duration, err error) {
	if l.rests() {
		return 0, 0, errResting
	}
	keys := []string{l.prefix + "new"}
	args := []any{op, l.room, keyPeriod.Milliseconds()}
	for _, c := range counters {
		name := l.hash("key", c.name)
		// What is shared depends on the kind, since its value does.
		shared := fmt.Sprintf("shared:%s:%d", c.args[0], binary.BigEndian.Uint32([]byte(name))%sharedKeys)
		keys = append(keys, l.prefix+name, l.prefix+shared)
		args = append(args, c.args[:]...)
	}
	// A browser that is gone is no failure of Redis.
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), l.answer)
	defer cancel()
	answer, err := script.Run(limited, l.client(), keys, args...).Int64Slice()
	if err == nil && len(answer) == 2 && answer[0] >= 0 && int(answer[0]) <= len(counters) {
		return int(answer[0]), time.Duration(answer[1]) * time.Millisecond, nil
	}
	if err == nil {
		err = fmt.Errorf("the script returned %v", answer)
	}
	l.failed(ctx, err)
	return 0, 0, err
}

// rests reports whether Redis has failed within the last second.
func (l *Limiter) rests() bool { return l.rested.Load() > int64(time.Since(l.origin)) }

// failed begins a rest, and tells the operator.
func (l *Limiter) failed(ctx context.Context, err error) {
	l.rested.Store(int64(time.Since(l.origin) + restTime))
	l.alarm(ctx, err)
}

var errResting = fmt.Errorf("signinlimits: Redis has failed within the last %v", restTime)

// alarm tells the operator, once a minute.
func (l *Limiter) alarm(ctx context.Context, cause error) {
	const problem = "the limits of the sign-in pages are not shared, nor are redemptions: Redis does not answer, so each process counts for itself"
	if count := l.alarms.Met(problem); count > 0 && l.observe != nil {
		defer func() { _ = recover() }()
		l.observe(ctx, grimoireauth.OperatorAlarm{Problem: problem, Err: cause, Count: count})
	}
}

// waited waits for d, and returns false if the context ends before.
func waited(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
