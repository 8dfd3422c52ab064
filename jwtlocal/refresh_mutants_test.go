package jwtlocal

// The checks that decide about refreshes and cutoffs: see mutants.
func init() {
	mutants = append(mutants, []mutant{
		// Who may ask.
		{"jwtlocal/authenticate.go", `if v.config.Refresh == nil || !hasTokenForm(credentials.Token) || judged.ancient() {`, `if v.config.Refresh == nil || !hasTokenForm(credentials.Token) {`},
		{"jwtlocal/authenticate.go", `if v.config.Refresh == nil || !hasTokenForm(credentials.Token) || judged.ancient() {`, `if v.config.Refresh == nil || credentials.Token.IsZero() || judged.ancient() {`},
		{"jwtlocal/authenticate.go", `	case !hasTokenForm(token):
		return grimoireauth.Authentication{}, errBadToken`, `	case false:
		return grimoireauth.Authentication{}, errBadToken`},
		{"jwtlocal/authenticate.go", `if judged.standing != good && (alone || judged.standing != stale || judged.ancient()) {`, `if judged.standing != good && (alone || judged.standing != stale) {`},
		{"jwtlocal/authenticate.go", `if judged.standing != good && (alone || judged.standing != stale || judged.ancient()) {`, `if judged.standing != good && (judged.standing != stale || judged.ancient()) {`},
		{"jwtlocal/authenticate.go", `if judged.standing != good && (alone || judged.standing != stale || judged.ancient()) {`, `if judged.standing != good && judged.ancient() {`},
		{"jwtlocal/authenticate.go", `		answer.Credentials = credentials
`, ``},
		{"jwtlocal/authenticate.go", `answer, failed := v.refresh(ctx, a, true)`, `answer, failed := v.refresh(ctx, a, false)`},
		{"jwtlocal/authenticate.go", `return err == nil && n >= minSessionTokenBytes`, `return err == nil && n > 0`},
		{"jwtlocal/authenticate.go", `return err == nil && n >= minSessionTokenBytes`, `_ = err; return n >= minSessionTokenBytes`},
		{"jwtlocal/authenticate.go", `if len(text) > maxSessionToken || hasLineBreak(text) {`, `if len(text) > maxSessionToken {`},

		// One call, for all.
		{"jwtlocal/turn.go", `		case rec.flight != nil:
			return turn{flight: rec.flight}
`, ``},
		{"jwtlocal/turn.go", `		case rec.kept != nil && !fresh:
			return turn{kept: rec.kept}
`, ``},
		{"jwtlocal/turn.go", `		case rec.pause.wait(now) > 0:
			return turn{failed: rec.pause.withheld(now)}
`, ``},
		{"jwtlocal/turn.go", `		case now.Before(rec.gone):`, `		case false:`},
		{"jwtlocal/turn.go", `		case !rec.owner.IsZero() && !a.of.IsZero() && !sameIdentity(rec.owner, a.of):`, `		case false:`},
		{"jwtlocal/turn.go", `if f := v.partners.reserve(partner, &a.key, now); f != nil {`, `if f := v.partners.reserve(partner, &a.key, now); false {`},
		{"jwtlocal/turn.go", `	if f != nil && !a.of.IsZero() {
		v.partners.release`, `	if false {
		v.partners.release`},
		{"jwtlocal/turn.go", `known := a.alone || a.marked || rec`, `known := a.alone || rec`},
		{"jwtlocal/turn.go", `known := a.alone || a.marked || rec`, `known := a.marked || rec`},
		{"jwtlocal/turn.go", `known := a.alone || a.marked || rec`, `known := true || rec`},
		{"jwtlocal/turn.go", `ctx = context.WithoutCancel(ctx)`, `_ = ctx`},
		{"jwtlocal/refresh.go", `			case <-ctx.Done():`, `			case <-context.Background().Done():`},
		{"jwtlocal/refresh.go", `if failed.kind == anotherSession && !t.began && !sameIdentity(t.flight.of, a.of) {`, `if false {`},
		{"jwtlocal/refresh.go", `	if !a.of.IsZero() && !sameIdentity(a.of, g.answer.Session) {`, `	if false {`},
		{"jwtlocal/refresh.go", `	case stale, refused:
		return grimoireauth.Authentication{}, nil
	}
	if`, `	}
	if`},
		{"jwtlocal/refresh.go", `	if late && v.due(&judged) && `, `	if late && false && `},
		{"jwtlocal/refresh.go", `if !a.of.IsZero() || judged.now.Unix() >= judged.times.end {`, `if true {`},
		{"jwtlocal/refresh.go", `	case ended:
		return grimoireauth.Authentication{}, &failure{kind: sessionEnded, err: errEnded}
`, ``},

		// Ahead of expiry.
		{"jwtlocal/refresh.go", `part := min(int64(v.config.refreshAhead()), (end-t.issued)*int64(time.Second)/2)`, `part := int64(v.config.refreshAhead())`},
		{"jwtlocal/refresh.go", `		end = min(end, t.issued+int64(v.rules.maxAge/time.Second))`, `		_ = end`},
		{"jwtlocal/refresh.go", `	if last.IsZero() || last.Unix() > t.end {
		return true
	}
	_, slides := v.config.Slide.by(judged.session, judged.now)
	return slides`, `	_ = last
	return true`},

		// The call.
		{"jwtlocal/flight.go", `		if r := recover(); r != nil {`, `		if r := any(nil); r != nil {`},
		{"jwtlocal/flight.go", `	late := time.AfterFunc(refreshDeadline, func() {`, `	late := time.AfterFunc(time.Hour, func() {`},
		{"jwtlocal/flight.go", `context.WithTimeout(asker.With(ctx, f.asker()), callDeadline)`, `context.WithTimeout(asker.With(ctx, f.asker()), 2*callDeadline)`},
		{"jwtlocal/flight.go", `failed := failedBecause(badAnswer, errUnfinished)`, `var failed *failure`},
		{"jwtlocal/flight.go", `			_ = v.gone.Cut(ctx, grimoireauth.Cutoff{Session: over.ID()})
`, ``},
		{"jwtlocal/flight.go", `if granted != nil || failed.kind == wrongClock {`, `if false {`},
		{"jwtlocal/flight.go", `if granted != nil || failed.kind == wrongClock {`, `if true {`},
		{"jwtlocal/flight.go", `	if f.known {
		return asker.Asker{Known: true}
	}
`, ``},
		{"jwtlocal/records.go", `		if over = rec.owner; over.IsZero() && a.marked {
			over = f.of // the mark names the session, and so does the session_jwt
		}
`, `		over = f.of
`},
		{"jwtlocal/records.go", `		if f.granted.answer.Token.Equal(a.secret) {`, `		if true {`},
		{"jwtlocal/records.go", `		if rec.flight != nil {
			continue // somebody waits for it; there are at most maxWaiting of them
		}
`, ``},
		{"jwtlocal/records.go", `now.Unix() > rec.kept.end+int64(maxLeeway/time.Second) {`, `false {`},
		{"jwtlocal/records.go", `	if oldest != nil && len(s.byKey) >= maxRecordsPerShard {`, `	if false {`},
		{"jwtlocal/records.go", `return failing, !rec.gone.IsZero() || `, `return failing, `},
		{"jwtlocal/records.go", `		if a.alone {
			break // a session_jwt: the next one will be another
		}
`, ``},

		// The answer.
		{"jwtlocal/exchange.go", `		if !named.IsZero() && !sameIdentity(named, session) {`, `		if false && named.IsZero() {`},
		{"jwtlocal/exchange.go", `range []grimoireauth.Session{answer.Session, f.owner, f.of} {`, `range []grimoireauth.Session{answer.Session, f.owner} {`},
		{"jwtlocal/exchange.go", `range []grimoireauth.Session{answer.Session, f.owner, f.of} {`, `range []grimoireauth.Session{answer.Session, f.of} {`},
		{"jwtlocal/exchange.go", `range []grimoireauth.Session{answer.Session, f.owner, f.of} {`, `range []grimoireauth.Session{f.owner, f.of} {`},
		{"jwtlocal/exchange.go", `return !f.unnamed() || answer.Token.IsZero() || answer.Token.Equal(a.secret)`, `return true`},
		{"jwtlocal/exchange.go", `	case judged.standing == refused, judged.standing == stale && judged.reason != ReasonCutOff:`, `	case judged.standing == refused:`},
		{"jwtlocal/exchange.go", `	case judged.standing == refused, judged.standing == stale && judged.reason != ReasonCutOff:`, `	case judged.standing == stale && judged.reason != ReasonCutOff:`},
		{"jwtlocal/exchange.go", `		if cut {`, `		if cut && false {`},
		{"jwtlocal/exchange.go", `			case before.Ended:
				return nil, &failure{kind: sessionEnded, err: errEnded}
`, ``},
		{"jwtlocal/exchange.go", `			if shorter != nil && failed.kind != sessionEnded {`, `			if shorter != nil && false {`},
		{"jwtlocal/exchange.go", `return slides && !a.idle`, `return slides`},
		{"jwtlocal/exchange.go", `owner, subject := f.owner, f.owner`, `owner, subject := f.of, f.owner`},

		// What an error says.
		{"jwtlocal/failure.go", `	case errors.Is(err, grimoireauth.ErrSessionEnded):
		return &failure{kind: sessionEnded, err: errEnded}, false
	case errors.Is(err, grimoireauth.ErrUnauthenticated):`, `	case errors.Is(err, grimoireauth.ErrUnauthenticated):
		return &failure{kind: sessionEnded, err: errEnded}, false
	case errors.Is(err, grimoireauth.ErrUnauthenticated):`},
		{"jwtlocal/failure.go", `		case answered(err):`, `		case false:`},
		{"jwtlocal/failure.go", `		f.kind = badAnswer
	case errors.Is(err, context.Canceled):`, `	case errors.Is(err, context.Canceled):`},
		{"jwtlocal/failure.go", `	return &concealed{text: fmt.Sprintf("a %T", err)}`, `	return fmt.Errorf("%w", err)`},
		{"jwtlocal/failure.go", `func (f *failure) outage() bool { return f.kind == noAnswer && (f.met == nil || f.met.Ongoing()) }`, `func (f *failure) outage() bool { return true }`},

		// Pauses and rations.
		{"jwtlocal/backoff.go", `pause = min(2*pause, lastPause)`, `pause = lastPause`},
		{"jwtlocal/backoff.go", `b.until = now.Add(max(pause, f.wait))`, `b.until = now.Add(pause)`},
		{"jwtlocal/backoff.go", `	if b.last.outage() {`, `	if true {`},
		{"jwtlocal/limiter.go", `	if wait > 0 {
		return overShare(wait)`, `	if false {
		return overShare(wait)`},
		{"jwtlocal/limiter.go", `l.known.Enter(ctx, struct{}{}, maxCalls)`, `l.known.Enter(ctx, struct{}{}, maxCalls/2)`},
		{"jwtlocal/limiter.go", `ctx, cancel := context.WithTimeout(ctx, slotDeadline)`, `ctx, cancel := context.WithCancel(ctx)`},
		{"jwtlocal/limiter.go", `	if !from.source.IsValid() {
		each = maxStrangers
	}
`, ``},
		{"jwtlocal/limiter.go", `each := perSource`, `each := maxStrangers`},
		{"jwtlocal/partners.go", `		if known.token == *token {
			return &failure{kind: anotherSession, err: errAnother}
		}
`, ``},
		{"jwtlocal/partners.go", `		delete(p.failures, key)
	case f.kind == wrongClock, f.kind == rationed:`, `	case f.kind == wrongClock, f.kind == rationed:`},
		{"jwtlocal/partners.go", `	if !p.sources.Take(key, 1) {`, `	if !p.sources.Take(key, perSession) {`},
		{"jwtlocal/partners.go", `	if !p.sessions.Take(key.session, perSession) {`, `	if false {`},

		// Outages and Slide.
		{"jwtlocal/grace.go", `	if judged.reason != ReasonExpired && judged.reason != ReasonTooOld {
		return false
	}
`, ``},
		{"jwtlocal/grace.go", `	if ends := judged.session.ExpiresAt(); ends.Before(until) {`, `	if ends := judged.session.ExpiresAt(); false {`},
		{"jwtlocal/grace.go", `Add(v.config.OutageGrace)`, `Add(2 * v.config.OutageGrace)`},
		{"jwtlocal/authenticate.go", `		case v.excuses(&again):`, `		case true:`},
		{"jwtlocal/authenticate.go", `	if failing && !barred && v.excuses(&judged) {`, `	if failing && v.excuses(&judged) {`},
		{"jwtlocal/slide.go", `started.Add(s.Cap-refreshDeadline).Sub(now)`, `s.By`},
		{"jwtlocal/slide.go", `return by, by >= minSlide && now.Add(by).After(ends)`, `return by, by >= minSlide`},

		// Cutoffs.
		{"jwtlocal/verifier.go", `	case s.covers(t.issued) && !v.vouchers.covers(d, s, t.issued):`, `	case s.covers(t.issued):`},
		{"jwtlocal/verifier.go", `	case s.covers(t.issued) && !v.vouchers.covers(d, s, t.issued):`, `	case false:`},
		{"jwtlocal/cutoffs.go", `const cutoffLeeway = maxLeeway`, `const cutoffLeeway = defaultLeeway`},
		{"jwtlocal/cutoffs.go", `		return Standing{Ended: true}, nil`, `		return Standing{}, nil`},
		{"jwtlocal/vouchers.go", `issued >= known.issued && `, ``},
		{"jwtlocal/vouchers.go", `now.Raised <= known.raised && `, ``},
		{"jwtlocal/vouchers.go", ` && !now.StaleUntil.After(known.staleUntil)`, ``},
		{"jwtlocal/memorycutoffs.go", `	if at.IsZero() || at.After(now) {`, `	if at.IsZero() {`},
		{"jwtlocal/memorycutoffs.go", `	if earlier, ok := next[key]; ok && earlier.at.After(at) {
		at = earlier.at
	}
`, ``},
		{"jwtlocal/memorycutoffs.go", `	s.Raised = max(s.Raised, c.raised)
`, ``},
		{"jwtlocal/memorycutoffs.go", `		m.floor.Store(&cut{at: now, until: now.Add(cutoffLife), raised: number})
`, ``},

		// Watching.
		{"jwtlocal/watch.go", `	if judged.standing == stale && judged.reason == ReasonCutOff {
		return grimoireauth.Authentication{}, errCutOff
	}
`, ``},
		{"jwtlocal/watch.go", `		err = errChanged`, `		_ = errChanged`},
		{"jwtlocal/watch.go", `	if judged.standing == good && w.over(judged.now) {`, `	if false {`},
		{"jwtlocal/watch.go", `	if err := w.refusal(); err != nil {`, `	if err := w.refusal(); false {`},
		{"jwtlocal/watch.go", `	if w.ctx.Err() != nil {
		return
	}
`, ``},
	}...)
}
