package jwtlocal

// The checks that decide about refreshes and revocations: see mutants.
func init() {
	mutants = append(mutants, []mutant{
		// Who may ask.
		{"jwtlocal/authenticate.go", `if v.config.Refresh == nil || !hasTokenForm(credentials.Token) || checked.tooOldToRefresh() {`, `if v.config.Refresh == nil || !hasTokenForm(credentials.Token) {`},
		{"jwtlocal/authenticate.go", `if v.config.Refresh == nil || !hasTokenForm(credentials.Token) || checked.tooOldToRefresh() {`, `if v.config.Refresh == nil || credentials.Token.IsZero() || checked.tooOldToRefresh() {`},
		{"jwtlocal/authenticate.go", `	case !hasTokenForm(token):
		return grimoireauth.Authentication{}, errBadToken`, `	case false:
		return grimoireauth.Authentication{}, errBadToken`},
		{"jwtlocal/authenticate.go", `refreshable := checked.status == statusStale && (!alone || checked.confirmable()) && !checked.tooOldToRefresh()`, `refreshable := checked.status == statusStale && (!alone || checked.confirmable())`},
		{"jwtlocal/authenticate.go", `refreshable := checked.status == statusStale && (!alone || checked.confirmable()) && !checked.tooOldToRefresh()`, `refreshable := checked.status == statusStale && !checked.tooOldToRefresh()`},
		{"jwtlocal/authenticate.go", `refreshable := checked.status == statusStale && (!alone || checked.confirmable()) && !checked.tooOldToRefresh()`, `refreshable := (!alone || checked.confirmable()) && !checked.tooOldToRefresh()`},
		// Revocations that may be missing.
		{"jwtlocal/verify.go", `case s.mayLack(t.issued) && !v.freshTokens.confirmed(d, s.ConfirmSince):`, `case s.mayLack(t.issued) && false:`},
		{"jwtlocal/verify.go", `case s.mayLack(t.issued) && !v.freshTokens.confirmed(d, s.ConfirmSince):`, `case s.mayLack(t.issued):`},
		{"jwtlocal/verify.go", `return r.status == statusStale && r.reason == ReasonUnconfirmed && !r.expired`, `return r.status == statusStale && r.reason == ReasonUnconfirmed`},
		{"jwtlocal/verify.go", `return r.status == statusStale && r.reason == ReasonUnconfirmed && !r.expired`, `return false`},
		{"jwtlocal/verify.go", `		s.ConfirmSince = time.Time{}`, `		_ = s`},
		{"jwtlocal/revocations.go", `return ok && !known.began.Before(since)`, `return ok && !known.began.IsZero()`},
		{"jwtlocal/revocations.go", `!time.Unix(issued, 0).After(s.ConfirmSince.Add(revocationLeeway))`, `!time.Unix(issued, 0).After(s.ConfirmSince)`},
		{"jwtlocal/exchange.go", `checked.status == statusStale && checked.reason != ReasonRevoked && !checked.confirmable():`, `checked.status == statusStale && checked.reason != ReasonRevoked:`},
		{"jwtlocal/authenticate.go", `		authentication.Credentials = credentials
`, ``},
		{"jwtlocal/authenticate.go", `authentication, failed := v.refresh(ctx, req, true)`, `authentication, failed := v.refresh(ctx, req, false)`},
		{"jwtlocal/token.go", `return err == nil && n >= minSessionTokenBytes`, `return err == nil && n > 0`},
		{"jwtlocal/token.go", `return err == nil && n >= minSessionTokenBytes`, `_ = err; return n >= minSessionTokenBytes`},
		{"jwtlocal/token.go", `if len(text) > maxSessionToken || hasLineBreak(text) {`, `if len(text) > maxSessionToken {`},

		// One call, for all.
		{"jwtlocal/refresh.go", `		case rec.inflight != nil:
			return plan{inflight: rec.inflight}
`, ``},
		{"jwtlocal/refresh.go", `		case rec.renewal != nil && !fresh:
			return plan{renewal: rec.renewal}
`, ``},
		{"jwtlocal/refresh.go", `		case rec.pause.wait(now) > 0:
			return plan{failure: rec.pause.withheld(now)}
`, ``},
		{"jwtlocal/refresh.go", `		case now.Before(rec.endedUntil):`, `		case false:`},
		{"jwtlocal/refresh.go", `		case !rec.owner.IsZero() && !req.attested.IsZero() && !sameIdentity(rec.owner, req.attested):`, `		case false:`},
		{"jwtlocal/limiter.go", `if f := l.pairs.reserve(pair, &req.key, now); f != nil {`, `if f := l.pairs.reserve(pair, &req.key, now); false {`},
		{"jwtlocal/limiter.go", `	if f != nil && !req.attested.IsZero() {
		l.pairs.release`, `	if false {
		l.pairs.release`},
		{"jwtlocal/refresh.go", `known := req.jwtAlone || req.issuedHere || rec`, `known := req.jwtAlone || rec`},
		{"jwtlocal/refresh.go", `known := req.jwtAlone || req.issuedHere || rec`, `known := req.issuedHere || rec`},
		{"jwtlocal/refresh.go", `known := req.jwtAlone || req.issuedHere || rec`, `known := true || rec`},
		{"jwtlocal/refresh.go", `ctx = context.WithoutCancel(ctx)`, `_ = ctx`},
		{"jwtlocal/refresh.go", `			case <-ctx.Done():`, `			case <-context.Background().Done():`},
		{"jwtlocal/refresh.go", `if failed.kind == failOtherSession && !p.starts && !sameIdentity(p.inflight.attested, req.attested) {`, `if false {`},
		{"jwtlocal/refresh.go", `	if !req.attested.IsZero() && !sameIdentity(req.attested, r.authentication.Session) {`, `	if false {`},
		{"jwtlocal/refresh.go", `	case statusStale, statusRejected:
		return grimoireauth.Authentication{}, nil
	}
	if`, `	}
	if`},
		{"jwtlocal/refresh.go", `	if kept && v.refreshDue(&checked) && `, `	if kept && false && `},
		{"jwtlocal/refresh.go", `if !req.attested.IsZero() || checked.at.Unix() >= checked.times.end {`, `if true {`},
		{"jwtlocal/refresh.go", `	case statusEnded:
		return grimoireauth.Authentication{}, &failure{kind: failSessionEnded, err: errEnded}
`, ``},

		// Ahead of expiry.
		{"jwtlocal/refresh.go", `part := min(int64(v.config.refreshAhead()), (end-t.issued)*int64(time.Second)/2)`, `part := int64(v.config.refreshAhead())`},
		{"jwtlocal/refresh.go", `		end = min(end, t.issued+int64(v.rules.maxAge/time.Second))`, `		_ = end`},
		{"jwtlocal/refresh.go", `	if last.IsZero() || last.Unix() > t.end {
		return true
	}
	_, extends := v.config.SlidingSession.extension(checked.session, checked.at)
	return extends`, `	_ = last
	return true`},

		// The call.
		{"jwtlocal/exchange.go", `		if r := recover(); r != nil {`, `		if r := any(nil); r != nil {`},
		{"jwtlocal/exchange.go", `	late := time.AfterFunc(refreshDeadline, func() {`, `	late := time.AfterFunc(time.Hour, func() {`},
		{"jwtlocal/exchange.go", `context.WithTimeout(asker.With(ctx, f.asker()), callDeadline)`, `context.WithTimeout(asker.With(ctx, f.asker()), 2*callDeadline)`},
		{"jwtlocal/exchange.go", `failed := newFailure(failUnusable, errUnfinished)`, `var failed *failure`},
		{"jwtlocal/exchange.go", `			_ = v.endedSessions.Add(ctx, grimoireauth.Revocation{Session: over.ID()})
`, ``},
		{"jwtlocal/exchange.go", `if fresh != nil || failed.kind == failClock {`, `if false {`},
		{"jwtlocal/exchange.go", `if fresh != nil || failed.kind == failClock {`, `if true {`},
		{"jwtlocal/inflight.go", `	if f.known {
		return asker.Asker{Known: true}
	}
`, ``},
		{"jwtlocal/records.go", `		if over = rec.owner; over.IsZero() && req.issuedHere {
			over = f.attested // both the mark and the session_jwt name it
		}
`, `		over = f.attested
`},
		{"jwtlocal/records.go", `		if f.renewal.authentication.Token.Equal(req.secret) {`, `		if true {`},
		{"jwtlocal/records.go", `		if rec.inflight != nil {
			continue // requests wait for it; at most maxWaiting records have one
		}
`, ``},
		{"jwtlocal/records.go", `now.Unix() > rec.renewal.end+int64(maxLeeway/time.Second) {`, `false {`},
		{"jwtlocal/records.go", `	if oldest != nil && len(s.byKey) >= maxRecordsPerShard {`, `	if oldest != nil && false {`},
		{"jwtlocal/records.go", `return failing, !rec.endedUntil.IsZero() || `, `return failing, `},
		{"jwtlocal/records.go", `		if req.jwtAlone && !req.confirms {
			break // the record is about a session_jwt, which is replaced
		}
`, ``},

		// The answer.
		{"jwtlocal/exchange.go", `		if !named.IsZero() && !sameIdentity(named, session) {`, `		if false && named.IsZero() {`},
		{"jwtlocal/exchange.go", `range []grimoireauth.Session{response.Session, f.owner, f.attested} {`, `range []grimoireauth.Session{response.Session, f.owner} {`},
		{"jwtlocal/exchange.go", `range []grimoireauth.Session{response.Session, f.owner, f.attested} {`, `range []grimoireauth.Session{response.Session, f.attested} {`},
		{"jwtlocal/exchange.go", `range []grimoireauth.Session{response.Session, f.owner, f.attested} {`, `range []grimoireauth.Session{f.owner, f.attested} {`},
		{"jwtlocal/exchange.go", `return !f.isUnnamed() || response.Token.IsZero() || response.Token.Equal(req.secret)`, `return true`},
		{"jwtlocal/exchange.go", `	case checked.status == statusRejected, checked.status == statusStale && checked.reason != ReasonRevoked && !checked.confirmable():`, `	case checked.status == statusRejected:`},
		{"jwtlocal/exchange.go", `	case checked.status == statusRejected, checked.status == statusStale && checked.reason != ReasonRevoked && !checked.confirmable():`, `	case checked.status == statusStale && checked.reason != ReasonRevoked:`},
		{"jwtlocal/exchange.go", `		if outdated {`, `		if outdated && false {`},
		{"jwtlocal/exchange.go", `			case before.Ended:
				return nil, &failure{kind: failSessionEnded, err: errEnded}
`, ``},
		{"jwtlocal/exchange.go", `			if shorter != nil && failed.kind != failSessionEnded {`, `			if shorter != nil && false {`},
		{"jwtlocal/exchange.go", `return extends && !req.unattended`, `return extends`},
		{"jwtlocal/exchange.go", `owner, subject := f.owner, f.owner`, `owner, subject := f.attested, f.owner`},

		// What an error says.
		{"jwtlocal/failure.go", `	case errors.Is(err, grimoireauth.ErrSessionEnded):
		return &failure{kind: failSessionEnded, err: errEnded}, false
	case errors.Is(err, grimoireauth.ErrUnauthenticated):`, `	case errors.Is(err, grimoireauth.ErrUnauthenticated):
		return &failure{kind: failSessionEnded, err: errEnded}, false
	case errors.Is(err, grimoireauth.ErrUnauthenticated):`},
		{"jwtlocal/failure.go", `		case reachedStytch(err):`, `		case false:`},
		{"jwtlocal/failure.go", `		f.kind = failUnusable
	case errors.Is(err, context.Canceled):`, `	case errors.Is(err, context.Canceled):`},
		{"jwtlocal/failure.go", `	return &redactedError{text: fmt.Sprintf("a %T", err)}`, `	return fmt.Errorf("%w", err)`},
		{"jwtlocal/failure.go", `return f.kind == failUnreachable && (f.outage == nil || f.outage.Ongoing())`, `return true`},

		// Pauses and rations.
		{"jwtlocal/failure.go", `backoff.Pause(firstPause, longestPause, p.failures)`, `backoff.Pause(longestPause, longestPause, p.failures)`},
		{"jwtlocal/failure.go", `p.until = now.Add(max(wait, f.wait))`, `p.until = now.Add(wait)`},
		{"jwtlocal/failure.go", `	if p.last.isOutage() {`, `	if true {`},
		{"jwtlocal/limiter.go", `	if wait > 0 {
		return overShare(wait)`, `	if false {
		return overShare(wait)`},
		{"jwtlocal/limiter.go", `l.known.Enter(ctx, struct{}{}, maxKnownCalls)`, `l.known.Enter(ctx, struct{}{}, maxKnownCalls/2)`},
		{"jwtlocal/limiter.go", `ctx, cancel := context.WithTimeout(ctx, slotDeadline)`, `ctx, cancel := context.WithCancel(ctx)`},
		{"jwtlocal/limiter.go", `	if !from.source.IsValid() {
		each = maxStrangers
	}
`, ``},
		{"jwtlocal/limiter.go", `each := maxPerSource`, `each := maxStrangers`},
		{"jwtlocal/limiter.go", `		if known.token == *token {
			return &failure{kind: failOtherSession, err: errOtherSession}
		}
`, ``},
		{"jwtlocal/limiter.go", `		delete(p.failures, key)
	case f.kind == failClock, f.kind == failOverLimit:`, `	case f.kind == failClock, f.kind == failOverLimit:`},
		{"jwtlocal/limiter.go", `	if !p.sources.Take(key, 1) {`, `	if !p.sources.Take(key, maxPerSession) {`},
		{"jwtlocal/limiter.go", `	if !p.sessions.Take(key.session, maxPerSession) {`, `	if false {`},

		// Outages and SlidingSession.
		{"jwtlocal/authenticate.go", `	if checked.reason != ReasonExpired && checked.reason != ReasonTooOld {
		return false
	}
`, ``},
		{"jwtlocal/authenticate.go", `	if ends := checked.session.ExpiresAt(); ends.Before(until) {`, `	if ends := checked.session.ExpiresAt(); false {`},
		{"jwtlocal/authenticate.go", `Add(v.config.OutageGrace)`, `Add(2 * v.config.OutageGrace)`},
		{"jwtlocal/authenticate.go", `		case v.graceApplies(&again):`, `		case true:`},
		{"jwtlocal/authenticate.go", `	if failing && !barred && v.graceApplies(&checked) {`, `	if failing && v.graceApplies(&checked) {`},
		{"jwtlocal/sliding.go", `started.Add(s.AbsoluteTimeout-refreshDeadline).Sub(now)`, `s.IdleTimeout`},
		{"jwtlocal/sliding.go", `return by, by >= minIdleTimeout && now.Add(by).After(ends)`, `return by, by >= minIdleTimeout`},

		// Revocations.
		{"jwtlocal/verify.go", `	case s.makesStale(t.issued) && !v.freshTokens.obtainedAfter(d, s, t.issued):`, `	case s.makesStale(t.issued):`},
		{"jwtlocal/verify.go", `	case s.makesStale(t.issued) && !v.freshTokens.obtainedAfter(d, s, t.issued):`, `	case false:`},
		{"jwtlocal/revocations.go", `const revocationLeeway = maxLeeway`, `const revocationLeeway = defaultLeeway`},
		{"jwtlocal/verify.go", `		return RevocationStatus{Ended: true}, nil`, `		return RevocationStatus{}, nil`},
		{"jwtlocal/revocations.go", `issued >= known.issued && `, ``},
		{"jwtlocal/revocations.go", `now.Version <= known.version && `, ``},
		{"jwtlocal/revocations.go", ` && !now.NotBefore.After(known.notBefore)`, ``},
		{"jwtlocal/memoryrevocations.go", `		case at.After(latest):
`, `		case false:
`},
		{"jwtlocal/memoryrevocations.go", `		if earlier, ok := next[a.key]; ok && earlier.at.After(at) {
			at = earlier.at
		}
`, ``},
		{"jwtlocal/memoryrevocations.go", `	s.Version = max(s.Version, c.version)
`, ``},
		{"jwtlocal/memoryrevocations.go", `			m.floor.Store(&revoked{at: now, until: now.Add(RevocationLife), version: number})
`, ``},

		// Watching.
		{"jwtlocal/watch.go", `	if checked.status == statusStale && checked.reason == ReasonRevoked {
		return grimoireauth.Authentication{}, errRevoked
	}
`, ``},
		{"jwtlocal/watch.go", `		err = errChanged`, `		_ = errChanged`},
		{"jwtlocal/watch.go", `	if checked.status == statusGood && w.pastEnd(checked.at) {`, `	if false {`},
		{"jwtlocal/watch.go", `	if err := w.initialError(); err != nil {`, `	if err := w.initialError(); false {`},
		{"jwtlocal/watch.go", `	if w.ctx.Err() != nil {
		w.v.watches.remove(w)
		return true
	}
`, ``},
		{"jwtlocal/watch.go", `	for again := true; again; again = w.again {`, `	for again := true; again; again = false {`},
		{"jwtlocal/watch.go", `maps.Keys(all.byKey[key])`, `maps.Keys(all.byKey[revokedKey{}])`},
		{"jwtlocal/watch.go", `		w.cancel(err)
		w.v.watches.remove(w)`, `		w.cancel(err)`},
	}...)
}
