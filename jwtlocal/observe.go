package jwtlocal

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/promptgrimoire/auth/grimoireauth"
)

func (v *Verifier) observe(ctx context.Context, event grimoireauth.Event) {
	if v.config.Observe != nil {
		v.config.Observe(ctx, event)
	}
}

// observeBehind is observe for what happens behind a request. Nobody else would
// catch a panic there, and it must not take the process down, or leave those
// waiting for whom the event is about.
func (v *Verifier) observeBehind(ctx context.Context, event grimoireauth.Event) {
	defer func() {
		r := recover()
		if r == nil {
			return
		}
		if count := v.alarms.Met("Config.Observe panicked"); count > 0 {
			v.config.logger().ErrorContext(ctx, "Config.Observe panicked", slog.Int("count", count),
				slog.String("event", fmt.Sprintf("%T", event)), slog.String("panic", fmt.Sprintf("%T", r)))
		}
	}()
	v.observe(ctx, event)
}

// alarm tells the operator about a problem, once a minute.
func (v *Verifier) alarm(ctx context.Context, problem string, cause error) {
	if count := v.alarms.Met(problem); count > 0 {
		v.observeBehind(ctx, grimoireauth.OperatorAlarm{Problem: problem, Err: cause, Count: count})
	}
}

// reportVerified is on the path of every request, and must cost nothing there.
func (v *Verifier) reportVerified(ctx context.Context, judged *verdict) {
	if v.config.Observe != nil {
		v.config.Observe(ctx, grimoireauth.TokenVerified{Session: judged.session.ID(), Member: judged.session.Member(), Cached: judged.cached})
	}
}
