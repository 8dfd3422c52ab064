package jwtlocal

import (
	"context"
	"encoding/hex"
	"net/netip"
	"sync"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/asker"
)

// request is one request for fresh credentials.
type request struct {
	key        digest               // of the secret; requests with the same one share a call
	secret     grimoireauth.Secret  // the session_token, or a session_jwt that came alone
	jwtAlone   bool                 // the secret is a session_jwt
	attested   grimoireauth.Session // what the session_jwt beside the token attests; zero if there was none
	confirms   bool                 // it came alone and only lacks Stytch's word, so the answer is kept for the next request
	unattended bool                 // no person caused the request, so the session is not extended

	source      netip.Addr // the client address; zero if it is not known
	issuedHere  bool       // the session_token's cookie carries a mark of this deployment
	sourceKnown bool       // findSource was called
}

func newRequest(secret grimoireauth.Secret) request {
	return request{key: digestOf(secret.Reveal()), secret: secret}
}

// findSource asks the context for the client address and for the mark of the token.
func (r *request) findSource(ctx context.Context) {
	who, _ := asker.From(ctx)
	r.source, r.issuedHere, r.sourceKnown = who.Address, who.Known, true
}

// renewal is what a refresh returned: credentials that were verified and name the right
// session.
type renewal struct {
	authentication grimoireauth.Authentication
	issued         int64 // iat of the session_jwt; the newer of two has the later one
	end            int64 // end of the session_jwt
	received       time.Time
}

// isRecent reports whether another refresh would return nothing better. A new session_jwt
// that is near its end was issued by a clock ahead of this one.
func (r *renewal) isRecent() bool { return time.Since(r.received) < minRefreshInterval }

// minRefreshInterval is how long after a refresh no other one starts in the background.
const minRefreshInterval = 10 * time.Second

const (
	// refreshDeadline bounds a refresh from when it has a slot.
	refreshDeadline = 10 * time.Second
	// callDeadline is what Config.Refresh gets. It is shorter, so that a function that
	// respects its context can still say why it failed.
	callDeadline = refreshDeadline - 100*time.Millisecond
)

// inflight is a refresh that runs. Requests share it: each waits for its end or leaves, and
// the refresh goes on.
type inflight struct {
	attested grimoireauth.Session // of the request that started it
	owner    grimoireauth.Session // the session of the token, by an earlier answer; zero if not known
	known    bool                 // the token has an owner or a mark, so it is not invented
	source   netip.Addr           // the client address, if the token is not known

	once    sync.Once     // guards what follows: the call sets it, or the deadline
	done    chan struct{} // closed when it is set
	renewal *renewal
	failure *failure // nil if renewal is set
}

// isUnnamed reports whether nothing is known about the session of the token.
func (f *inflight) isUnnamed() bool { return f.attested.IsZero() && f.owner.IsZero() }

// sessionKey identifies the session for the client's circuit breaker. It is empty if the
// token may be invented.
func (f *inflight) sessionKey(req *request) string {
	switch {
	case !f.owner.IsZero():
		return string(f.owner.ID())
	case !f.attested.IsZero():
		return string(f.attested.ID())
	case f.known:
		return hex.EncodeToString(req.key[:8])
	}
	return ""
}

// asker is the client that the call is counted for. A known token draws on no address's share.
func (f *inflight) asker() asker.Asker {
	if f.known {
		return asker.Asker{Known: true}
	}
	return asker.Asker{Address: f.source}
}

// sameIdentity reports whether two sessions have the same id, member and organization. Two
// zero Sessions do.
func sameIdentity(a, b grimoireauth.Session) bool {
	return a.ID() == b.ID() && a.Member() == b.Member() && a.Organization() == b.Organization()
}

// newAuthentication returns an Authentication whose NamedSession is that of the token.
func newAuthentication(session grimoireauth.Session, credentials grimoireauth.Credentials, source grimoireauth.Source) grimoireauth.Authentication {
	if !credentials.Token.IsZero() {
		credentials.NamedSession = session.ID()
	}
	return grimoireauth.Authentication{Session: session, Credentials: credentials, Source: source}
}
