package stytchclient_test

import (
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/organizations/members"
)

// The reasons for which a change can be refused. A method of the client that
// changes something has a row for each of them, or says that there is no such
// reason for it; further rows have names of their own.
const (
	otherClass     = "other class"
	unknownMember  = "unknown member"
	notPermitted   = "not permitted"
	suspendedActor = "suspended actor"
	lastInstructor = "last instructor"
	badInput       = "bad input"
)

var everyReason = []string{otherClass, unknownMember, notPermitted, suspendedActor, lastInstructor, badInput}

// refusal is a call that must be refused, and with what error; nil for a call that
// succeeds because there is nothing to do.
type refusal struct {
	want error
	do   func(context.Context, *refusing) error
}

// refusing is a school in which everything is refused.
type refusing struct {
	*process
	stytch *mock.Stytch
	a, b   grimoireauth.ClassID
	// Of class A: its only instructor, a suspended one, a student, and those who were
	// invited and removed. Of class B: its only instructor, and one who was removed.
	ines, sue, sam, invited, removed, bob, removedB grimoireauth.MemberID
	asInes, asSue, asSam, asBob                     stytchclient.Acting
	samSession, bobSession                          grimoireauth.Authentication
	connectionB                                     stytchclient.ConnectionID
}

func newRefusing(t *testing.T) *refusing {
	stytch := powerful()
	f := &refusing{process: newProcess(t, stytch, stytch), stytch: stytch}
	ctx := t.Context()
	f.a, f.b = stytch.AddClass("Torts").ID, stytch.AddClass("Equity").ID
	f.ines, f.sue, f.sam = stytch.AddInstructor(f.a, "ines@example.edu"), stytch.AddInstructor(f.a, "sue@example.edu"), stytch.AddStudent(f.a, "sam@example.edu")
	f.bob = stytch.AddInstructor(f.b, "bob@example.edu")
	for class, to := range map[grimoireauth.ClassID]*grimoireauth.MemberID{f.a: &f.removed, f.b: &f.removedB} {
		*to = stytch.AddMember(class, "gone@example.edu", "coordinator")
		stytch.SignIn(*to)
		require.NoError(t, f.client.Roster.Remove(ctx, class, *to))
	}
	guest, err := f.client.Roster.Invite(ctx, f.a, stytchclient.Invitation{NewMember: stytchclient.NewMember{Email: "guest@example.edu"}})
	require.NoError(t, err)
	f.invited = guest.Member
	// Suspended by another program, so that her session lives on.
	_, err = f.client.Stytch().Organizations.Members.Update(ctx, &members.UpdateParams{
		OrganizationID: string(f.a), MemberID: string(f.sue), TrustedMetadata: map[string]any{"grimoire_suspended": map[string]any{"at": "2026-01-01T00:00:00Z"}},
	})
	require.NoError(t, err)
	f.asInes, f.asSue = f.client.As(stytch.SignIn(f.ines)), f.client.As(stytch.SignIn(f.sue))
	f.samSession, err = f.client.Sessions.Authenticate(ctx, stytch.SignIn(f.sam))
	require.NoError(t, err)
	f.bobSession, err = f.client.Sessions.Authenticate(ctx, stytch.SignIn(f.bob))
	require.NoError(t, err)
	f.asSam, f.asBob = f.client.As(f.samSession.Credentials), f.client.As(f.bobSession.Credentials)
	connection, err := f.client.Connections.CreateOIDC(ctx, f.b, stytchclient.NewConnection{Name: "B"})
	require.NoError(t, err)
	f.connectionB = connection.ID
	f.revocations, f.events = nil, nil
	return f
}

// state is everything that the mock remembers.
func (f *refusing) state() string {
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "http://localhost/fake/state", nil)
	r.RemoteAddr = "127.0.0.1:1"
	f.stytch.Control().ServeHTTP(w, r)
	return w.Body.String()
}

// Every exported method that changes something, refused for every reason there is:
// afterwards Stytch remembers what it did before, and no revocation was recorded and no
// change announced.
func TestA01_RefusedCallsChangeNothing(t *testing.T) {
	methods := exported()
	for name := range changes {
		require.Contains(t, methods, name, "there is no such method any more")
		require.NotContains(t, reading, name)
	}
	for name := range reading {
		require.Contains(t, methods, name, "there is no such method any more")
	}
	for _, name := range methods {
		_, changing := changes[name]
		require.True(t, changing || reading[name], "%s is a new method: does it change something? Add its refusals, or list it as reading", name)
	}
	synctest.Test(t, func(t *testing.T) {
		f := newRefusing(t)
		rows := 0
		for _, name := range slices.Sorted(maps.Keys(changes)) {
			change := changes[name]
			for _, reason := range everyReason {
				_, has := change.refused[reason]
				never := slices.Contains(strings.Split(change.never, ", "), reason)
				require.True(t, has != never, "%s: %s has to have a row, or to be among never", name, reason)
			}
			for _, reason := range slices.Sorted(maps.Keys(change.refused)) {
				row := change.refused[reason]
				before := f.state()
				require.Contains(t, before, "sam@example.edu")
				f.revocations, f.events = nil, nil
				err := row.do(t.Context(), f)
				if row.want == nil {
					require.NoError(t, err, "%s, %s", name, reason)
				} else {
					require.ErrorIs(t, err, row.want, "%s, %s", name, reason)
				}
				require.NotErrorIs(t, err, grimoireauth.ErrUnavailable, "%s, %s: a definite no", name, reason)
				require.True(t, before == f.state(), "%s, %s: Stytch remembers something else now", name, reason)
				require.Empty(t, f.revocations, "%s, %s", name, reason)
				for _, event := range f.events {
					_, changed := event.(grimoireauth.Changed)
					require.False(t, changed, "%s, %s: announced", name, reason)
				}
				rows++
			}
		}
		t.Logf("%d methods, %d refusals, 0 differences", len(changes), rows)
	})
}

// exported lists the methods of the client, of its parts, and of what acts on
// behalf of a member, as "Roster.Remove" and "Acting.Roster.Remove".
func exported() []string {
	var out []string
	var walk func(prefix string, of reflect.Type)
	walk = func(prefix string, of reflect.Type) {
		for i := range of.NumMethod() {
			out = append(out, prefix+of.Method(i).Name)
		}
		if of.Kind() == reflect.Pointer {
			of = of.Elem()
		}
		for i := range of.NumField() {
			if field := of.Field(i); field.IsExported() {
				walk(prefix+field.Name+".", field.Type)
			}
		}
	}
	walk("", reflect.TypeFor[*stytchclient.Client]())
	walk("Acting.", reflect.TypeFor[stytchclient.Acting]())
	return out
}

// reading are the methods that change nothing, whatever comes of them.
var reading = map[string]bool{
	"As": true, "Can": true, "ClientShare": true, "ClockError": true, "Outages": true, "MeasureClock": true, "SessionMarks": true, "Stytch": true,
	"Classes.ByExternalID": true, "Classes.BySlug": true, "Classes.Find": true, "Classes.Get": true,
	"Roster.ClassesOf": true, "Roster.ExplainRole": true, "Roster.Find": true, "Roster.Get": true, "Roster.Members": true,
	"Passwords.Check": true, "Connections.List": true,
	"Discovery.StartOAuth": true, "SignIn.StartOAuth": true, "SignIn.StartSSO": true, // an address only
	"Sessions.Authenticate": true, "Sessions.Authorize": true, "Sessions.Fetch": true, "Sessions.Of": true, "SecondFactors.RecoveryCodes": true,
	"Acting.Role": true, "Acting.Classes.Get": true, "Acting.Roster.Find": true, "Acting.Roster.Members": true,
}
