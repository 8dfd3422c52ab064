package jwtlocal_test

import (
	"context"
	"fmt"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/jwtlocal"
	"github.com/promptgrimoire/auth/mock"
)

// Sessions that last while they are used, and an outage that interrupts no exam.
func ExampleSlidingSession() {
	stytch := new(mock.Stytch)
	client, err := stytchclient.New(stytchclient.Config{
		ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), BaseURL: stytch.BaseURL(), Transport: stytch,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	verifier, err := jwtlocal.New(jwtlocal.Config{
		ProjectID: stytch.ProjectID(), BaseURL: stytch.BaseURL(), Transport: stytch,
		Refresh:        client.Sessions.Authenticate,
		OutageGrace:    2 * time.Hour,
		SlidingSession: jwtlocal.SlidingSession{Extend: client.Sessions.Extend, IdleTimeout: time.Hour, AbsoluteTimeout: 12 * time.Hour},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	cookies := stytch.SignIn(stytch.AddStudent(stytch.AddClass("LAWS1100").ID, "ada@example.edu"), mock.WithJWTAge(50*time.Minute))
	session, err := verifier.Authenticate(context.Background(), cookies)
	fmt.Println(session.Source, time.Until(session.ExpiresAt()) > 50*time.Minute, err)
	// Output: refreshed true <nil>
}

// sharedRevocations stands for revocations that all replicas of a service read, from
// memory that something else keeps up to date.
type sharedRevocations map[grimoireauth.SessionID]bool

func (s sharedRevocations) Status(_ context.Context, session grimoireauth.SessionID, _ grimoireauth.MemberID, _ grimoireauth.OrganizationID) (jwtlocal.RevocationStatus, error) {
	return jwtlocal.RevocationStatus{Ended: s[session]}, nil
}

// Revocations that come from elsewhere: one method.
func ExampleRevocations() {
	stytch, ended := new(mock.Stytch), sharedRevocations{}
	var revocations jwtlocal.Revocations = ended
	verifier, err := jwtlocal.New(jwtlocal.Config{
		ProjectID: stytch.ProjectID(), BaseURL: stytch.BaseURL(), Transport: stytch, Revocations: revocations,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	cookies := stytch.SignIn(stytch.AddStudent(stytch.AddClass("LAWS1100").ID, "ada@example.edu"))
	session, err := verifier.Verify(context.Background(), cookies.JWT)
	fmt.Println(err)
	ended[session.ID()] = true // another replica has signed her out
	status, err := revocations.Status(context.Background(), session.ID(), session.Member(), session.Organization())
	fmt.Println(status.Ended, err)
	_, err = verifier.Verify(context.Background(), cookies.JWT)
	fmt.Println(err)
	// Output:
	// <nil>
	// true <nil>
	// jwtlocal: the session has ended
}

// What a health page shows.
func ExampleVerifier_Stats() {
	stytch := new(mock.Stytch)
	verifier, err := jwtlocal.New(jwtlocal.Config{ProjectID: stytch.ProjectID(), BaseURL: stytch.BaseURL(), Transport: stytch})
	if err != nil {
		fmt.Println(err)
		return
	}
	ada := stytch.AddStudent(stytch.AddClass("LAWS1100").ID, "ada@example.edu")
	genuine := stytch.SignIn(ada).JWT
	for _, token := range []grimoireauth.Secret{genuine, genuine, stytch.Forged(ada).JWT} {
		_, _ = verifier.Verify(context.Background(), token) // the counters tell
	}
	stats := verifier.Stats()
	fmt.Println(stats.Keys, "key,", stats.Fetches, "fetch,", stats.CacheHits, "hit")
	fmt.Println(stats.Refused[jwtlocal.ReasonSignature], "with a bad signature")
	// Output:
	// 1 key, 1 fetch, 1 hit
	// 1 with a bad signature
}
