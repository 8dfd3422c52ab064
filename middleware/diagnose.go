package middleware

import (
	"sync/atomic"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// checkClientAddress is the code of what a Guard finds about the addresses of clients.
const checkClientAddress = "client-address"

// seenSources is whether the addresses of clients could be told, for [Guard.Diagnose].
type seenSources struct{ known, unknown atomic.Bool }

func (s *seenSources) saw(known bool) {
	seen := &s.unknown
	if known {
		seen = &s.known
	}
	if !seen.Load() { // one write, so that requests do not share a line of the cache for it
		seen.Store(true)
	}
}

// Diagnose says what the Guard has found out about its place in the network, from the
// requests that it has served so far. It completes what [grimoireauth.Doctor] finds, for
// example on a page for administrators:
//
//	diagnosis := append(grimoireauth.Doctor(ctx, config, check), guard.Diagnose()...)
//
// Code "client-address" is a warning if requests come from a proxy and Config.ClientAddress
// does not say where they began: then nothing is limited by client address. It makes no call
// and is safe for concurrent use.
func (g *Guard) Diagnose() grimoireauth.Diagnosis {
	found := grimoireauth.Finding{Code: checkClientAddress}
	switch {
	case g == nil:
		return nil
	case g.sources.unknown.Load() && g.config.ClientAddress == nil:
		found.Severity = grimoireauth.SeverityWarning
		found.Problem = "requests come from a proxy, so the addresses of clients are not known and nothing is limited by them"
		found.Remedy = "Set middleware.Config.ClientAddress, for example to middleware.ForwardedFor()."
	case g.sources.unknown.Load():
		found.Severity = grimoireauth.SeverityWarning
		found.Problem = "Config.ClientAddress does not know the client of some requests, so that nothing is limited by their address"
		found.Remedy = "Look whether each proxy is listed, what it writes into its header, and whether requests reach this server past it."
	case g.sources.known.Load():
		found.Severity = grimoireauth.SeverityOK
		found.Problem = "the addresses of clients are known"
	default:
		found.Problem = "no request has come yet of which the client address was asked for"
		found.Remedy = "Look again when people have signed in."
	}
	return grimoireauth.Diagnosis{found}
}
