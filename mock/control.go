package mock

import (
	"errors"
	"net/http"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/mock/internal/api/sessions"
	"github.com/promptgrimoire/auth/mock/internal/control"
)

// Control returns the control plane, through which programs in other languages
// do what a Go test does with methods, and the page on which people see what is
// remembered. It serves GET / and everything below /fake/:
//
//	GET    /fake/health           {"status":"ok","project_id":"…"} once it serves
//	GET    /fake/outbox?to=       what was sent, oldest first
//	GET    /fake/journal          what was asked, oldest first
//	GET    /fake/webhooks         what was sent to the endpoints for webhooks, oldest first
//	POST   /fake/login            a live session of a member: {"organization_id","email_address","roles","factors","jwt_age"}
//	POST   /fake/personas         the identity provider knows a person: {"email","name","subject","unverified","tenants","groups","attributes"}
//	POST   /fake/connected-apps   a Connected App: {"client_id","client_name","client_description","client_type","redirect_urls","logo_url","full_access_allowed","bypass_consent_for_offline_access"}
//	POST   /fake/foreign-token    a token of another issuer: {"member_id","kind"}, kind access_token, trusted_auth_token or session_token
//	POST   /fake/impersonate      a token of the dashboard: {"member_id","impersonator_email_address"}, for impersonation/authenticate
//	POST   /fake/age              everything remembered becomes older: {"by":"6m"}
//	POST   /fake/faults           an endpoint fails: {"endpoint","status","error_type","retry_after","times","latency","body","drop"}
//	DELETE /fake/faults           nothing fails any more
//	POST   /fake/rotate-keys      a new signing key: {} or {"drop_old":true}
//	GET    /fake/state            everything remembered, as a snapshot
//	PUT    /fake/state            back to a snapshot
//	POST   /fake/reset            back to what was remembered when Control was called
//
// A body is a JSON object, sent as application/json, in which an unknown name is
// an error. Whatever is wrong is answered 400 with {"error":"a sentence"}. Calls
// that return nothing answer {}. The instruments themselves, the journal and the
// fault rules, are no part of a snapshot; a reset empties them.
//
// A caller who reaches it can sign in as any member. It therefore answers on loopback
// only, unless DangerouslyRemote is set, and to no page of another site: not
// through a form, not through a script, and not through a name that resolves to
// this machine.
func (s *Stytch) Control() http.Handler {
	s.configure()
	p := control.Plane{
		Server:          s.core,
		Login:           s.login,
		AddIdPUser:      s.addIDPUser,
		AddConnectedApp: s.addConnectedApp,
		ForeignToken:    s.foreignToken,
		Impersonate:     s.impersonate,
		Age:             s.Age,
		Fail: func(f control.Fault) error {
			return misuse("Fail", func() { s.Fail(Fault(f)) })
		},
		ClearFaults: s.ClearFaults,
		Faults: func() (rules []control.Fault) {
			s.mu.Lock()
			defer s.mu.Unlock()
			for _, f := range s.faults {
				rules = append(rules, control.Fault(*f))
			}
			return rules
		},
		Journal: func() (entries []control.Request) {
			for _, r := range s.Journal() {
				entries = append(entries, control.Request(r))
			}
			return entries
		},
		ClearJournal: func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.journal = nil
		},
		Webhooks: func() (attempts []control.WebhookAttempt) {
			for _, a := range s.WebhookAttempts() {
				attempts = append(attempts, control.WebhookAttempt(a))
			}
			return attempts
		},
	}
	return p.Handler()
}

// misuse runs do, and returns as an error the sentence with which an exported
// method panics on misuse: over HTTP the mistake is the other program's.
func misuse(method string, do func()) (err error) {
	defer func() {
		switch said := recover().(type) {
		case nil:
		case string:
			sentence, ours := strings.CutPrefix(said, "mock: "+method+": ")
			if !ours {
				panic(said)
			}
			err = errors.New(sentence)
		default:
			panic(said)
		}
	}()
	do()
	return nil
}

func (s *Stytch) addIDPUser(in control.IdPUser) error {
	return misuse("AddIdPUser", func() { s.AddIdPUser(IdPUser(in)) })
}

func (s *Stytch) foreignToken(in control.ForeignRequest) (out control.ForeignTokenResponse, err error) {
	err = misuse("ForeignToken", func() {
		out.Token = s.ForeignToken(grimoireauth.MemberID(in.MemberID), in.Kind).Reveal()
		out.ProfileID = sessions.TrustedProfile
	})
	return out, err
}
