package signinlimits

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/promptgrimoire/auth/middleware/signin"
)

const (
	workTime   = 30 * time.Second // after which a redemption counts as ended
	answerLife = time.Minute
	leastPause = 20 * time.Millisecond // between two looks at a redemption under way
	mostPause  = 200 * time.Millisecond
)

// What a key of a redemption holds: that it is under way, or its answer.
const (
	underWay = "begun"
	answered = "answer "
)

// redemptions are the [signin.Redemptions] in the Redis of a Limiter.
type redemptions struct{ l *Limiter }

// Redemptions returns what replicas share so that two clicks on a link at the same moment
// both end signed in. It uses the connections of the Limiter.
func (l *Limiter) Redemptions() signin.Redemptions { return redemptions{l} }

func (r redemptions) key(name string) string {
	return strings.TrimSuffix(r.l.prefix, "limits:") + "redeemed:" + r.l.hash("redemption", name)
}

// do runs a command, which has as long as a script.
func do[T any](ctx context.Context, l *Limiter, command func(context.Context, redis.UniversalClient) (T, error)) (T, error) {
	if l.rests() {
		var none T
		return none, errResting
	}
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), l.answer)
	defer cancel()
	got, err := command(limited, l.client())
	if err != nil && !errors.Is(err, redis.Nil) {
		l.failed(ctx, err)
	}
	return got, err
}

// Begin implements [signin.Redemptions].
func (r redemptions) Begin(ctx context.Context, name string) (answer string, err error) {
	key := r.key(name)
	for pause := leastPause; ; pause = min(2*pause, mostPause) {
		began, err := do(ctx, r.l, func(ctx context.Context, client redis.UniversalClient) (bool, error) {
			return client.SetNX(ctx, key, underWay, workTime).Result()
		})
		if err != nil || began {
			return "", err
		}
		value, err := do(ctx, r.l, func(ctx context.Context, client redis.UniversalClient) (string, error) {
			return client.Get(ctx, key).Result()
		})
		if err != nil && !errors.Is(err, redis.Nil) {
			return "", err
		}
		if answer, ok := strings.CutPrefix(value, answered); ok {
			return answer, nil
		}
		if !waited(ctx, pause) {
			return "", ctx.Err()
		}
	}
}

// End implements [signin.Redemptions]. If Redis does not answer, the others wait until the
// redemption counts as ended.
func (r redemptions) End(ctx context.Context, name, answer string) {
	key := r.key(name)
	_, _ = do(ctx, r.l, func(ctx context.Context, client redis.UniversalClient) (any, error) {
		if answer == "" {
			return nil, client.Del(ctx, key).Err()
		}
		return nil, client.Set(ctx, key, answered+answer, answerLife).Err()
	})
}
