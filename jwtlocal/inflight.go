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

// ask is a request for fresh credentials.
type request struct {
	key        digest               // of the secret; requests with the same one share a call
	secret     grimoireauth.Secret  // the session_token, or a session_jwt that is alone
	jwtAlone   bool                 // the secret is a session_jwt
	attested   grimoireauth.Session // what the session_jwt beside the token attests; zero if there was none
	unattended bool                 // the client did nothing: no reason to extend the session

	source      netip.Addr // the client address that the request came from; zero if it is not known
	issuedHere  bool       // the session_token is one that this deployment gave out
	sourceKnown bool       // from and marked were found out
}

// askWho finds out from where the request came, and whether the token is marked.
func (a *request) findSource(ctx context.Context) {
	who, _ := asker.From(ctx)
	a.source, a.issuedHere, a.sourceKnown = who.Address, who.Known, true
}

func newRequest(secret grimoireauth.Secret) request {
	return request{key: digestOf(secret.Reveal()), secret: secret}
}

// grant is what a refresh brought: credentials that were verified and belong to
// whom they should.
type renewal struct {
	authentication grimoireauth.Authentication
	issued         int64 // iat of the session_jwt, to tell which of two is newer
	end            int64 // its end, from when nobody has a use for it
	received       time.Time
}

// justCame reports whether another refresh would bring nothing better. A session_jwt
// that is near its end so soon is that by a clock which is ahead.
func (g *renewal) isRecent() bool { return time.Since(g.received) < minRefreshInterval }

// refreshAgain is how long a session_jwt is not refreshed ahead of its end after it
// came.
const minRefreshInterval = 10 * time.Second

// sameIdentity reports whether two sessions are one: same session, member and
// organization. Two zero Sessions are.
func sameIdentity(a, b grimoireauth.Session) bool {
	return a.ID() == b.ID() && a.Member() == b.Member() && a.Organization() == b.Organization()
}

const (
	// refreshDeadline bounds one refresh from when it has a slot, whoever waits for it.
	refreshDeadline = 10 * time.Second
	// callDeadline is what Config.Refresh is given. It is shorter, so that a function
	// that minds its context has time to say why it failed.
	callDeadline = refreshDeadline - 100*time.Millisecond
)

// flight is one refresh under way. It belongs to no request: whoever waits for it
// may leave without harm to the others.
type inflight struct {
	attested grimoireauth.Session // what the session_jwt attests with which it began; zero if there was none
	owner    grimoireauth.Session // whose token it is known to be; zero if it is not known
	known    bool                 // the token is known or marked, so no stranger invented it
	source   netip.Addr           // the client address that a token came from which is not known

	once    sync.Once     // guards what follows: the call lands it, or its deadline does
	done    chan struct{} // closed when it has landed
	renewal *renewal
	failure *failure // nil if granted is set
}

// unnamed reports whether nothing says here whose the token is.
func (f *inflight) isUnnamed() bool { return f.attested.IsZero() && f.owner.IsZero() }

// about returns what tells apart the sessions that flights are about, empty if the token
// may be a stranger's guess.
func (f *inflight) sessionKey(a *request) string {
	switch {
	case !f.owner.IsZero():
		return string(f.owner.ID())
	case !f.attested.IsZero():
		return string(f.attested.ID())
	case f.known:
		return hex.EncodeToString(a.key[:8])
	}
	return ""
}

// asker says for whom the call is made: nothing that is known here draws on a share of
// strangers'.
func (f *inflight) asker() asker.Asker {
	if f.known {
		return asker.Asker{Known: true}
	}
	return asker.Asker{Address: f.source}
}

// answerOf returns an Authentication that names the session of its session_token.
func newAuthentication(session grimoireauth.Session, credentials grimoireauth.Credentials, source grimoireauth.Source) grimoireauth.Authentication {
	if !credentials.Token.IsZero() {
		credentials.NamedSession = session.ID()
	}
	return grimoireauth.Authentication{Session: session, Credentials: credentials, Source: source}
}
