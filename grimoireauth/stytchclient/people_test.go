package stytchclient_test

import (
	"slices"
	"testing"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

func TestEnrollWithEverything(t *testing.T) {
	stytch, client := school(t, nil)
	class := stytch.AddClass("Torts").ID
	sam, err := client.Roster.Enroll(t.Context(), class, stytchclient.NewMember{
		Email: "sam@example.edu", Name: "Sam", Role: grimoireauth.RoleTutor, ExternalID: "s-4711", Metadata: grimoireauth.Metadata{"group": "A"},
	})
	require.NoError(t, err)
	require.Equal(t, "s-4711", sam.ExternalID)
	require.Equal(t, grimoireauth.Metadata{"group": "A"}, sam.Metadata)
	require.False(t, sam.EmailVerified)
	again, err := client.Roster.Get(t.Context(), class, sam.Member)
	require.NoError(t, err)
	require.Equal(t, sam, again)

	for name, test := range map[string]struct {
		who  stytchclient.NewMember
		want error
	}{
		"the same id":            {stytchclient.NewMember{Email: "pat@example.edu", ExternalID: "s-4711"}, grimoireauth.ErrConflict},
		"an id with a space":     {stytchclient.NewMember{Email: "pat@example.edu", ExternalID: "s 4711"}, grimoireauth.ErrInvalid},
		"an id of Stytch's form": {stytchclient.NewMember{Email: "pat@example.edu", ExternalID: string(sam.Member)}, grimoireauth.ErrInvalid},
		"our own metadata":       {stytchclient.NewMember{Email: "pat@example.edu", Metadata: grimoireauth.Metadata{"grimoire_suspended": 1}}, grimoireauth.ErrInvalid},
	} {
		_, err := client.Roster.Enroll(t.Context(), class, test.who)
		require.ErrorIs(t, err, test.want, name)
	}
	for name, err := range map[string]error{
		"no such member":          errorOf(client.Roster.Get(t.Context(), class, noMember)),
		"a member of another one": errorOf(client.Roster.Get(t.Context(), stytch.AddClass("Equity").ID, sam.Member)),
	} {
		require.ErrorIs(t, err, grimoireauth.ErrNotFound, name)
	}
	_, err = client.Roster.Get(t.Context(), class, "s-4711")
	require.ErrorIs(t, err, grimoireauth.ErrInvalid, "an external id is no member id")
}

func errorOf[T any](_ T, err error) error { return err }

func TestInvitations(t *testing.T) {
	stytch, client := school(t, nil)
	ctx := t.Context()
	class := stytch.AddClass("Torts").ID
	by := stytch.AddInstructor(class, "ines@example.edu")
	invitation := stytchclient.Invitation{
		NewMember: stytchclient.NewMember{Email: "guest@elsewhere.edu", Name: "Guest", Role: grimoireauth.RoleTutor, Metadata: grimoireauth.Metadata{"why": "guest lecture"}},
		By:        by, RedirectURL: "https://grimoire.example.edu/authenticate", Expires: 24 * time.Hour, Locale: "fr",
	}
	guest, err := client.Roster.Invite(ctx, class, invitation)
	require.NoError(t, err)
	require.Equal(t, grimoireauth.StatusInvited, guest.Status)
	require.Equal(t, grimoireauth.Metadata{"why": "guest lecture"}, guest.Metadata)

	t.Run("resent", func(t *testing.T) {
		again, err := client.Roster.Invite(ctx, class, invitation)
		require.NoError(t, err)
		require.Equal(t, guest, again, "the same member, with the same role")
		require.Len(t, stytch.Outbox(), 2)
	})
	t.Run("taken back", func(t *testing.T) {
		link := newestToken(t, stytch)
		require.NoError(t, client.Roster.Deny(ctx, class, guest.Member))
		_, err := client.SignIn.WithMagicLink(ctx, stytchclient.MagicLinkSignIn{Token: link})
		require.ErrorIs(t, err, grimoireauth.ErrTokenSpent, "its link leads nowhere")
		require.ErrorIs(t, client.Roster.Deny(ctx, class, guest.Member), grimoireauth.ErrNotFound)
		require.ErrorIs(t, client.Roster.Deny(ctx, class, by), grimoireauth.ErrConflict, "who has joined is not denied but removed")
	})
	t.Run("faults", func(t *testing.T) {
		sent := len(stytch.Journal())
		_, err := client.Roster.Invite(ctx, class, stytchclient.Invitation{
			NewMember: stytchclient.NewMember{Email: "x@example.edu", ExternalID: "x"}, By: "ines", Locale: "de", Expires: 8 * 24 * time.Hour,
		})
		require.ErrorIs(t, err, grimoireauth.ErrInvalid)
		for _, fault := range []string{"ExternalID", "member id", "Locale", "Expires"} {
			require.ErrorContains(t, err, fault)
		}
		require.Len(t, stytch.Journal(), sent)
	})
	t.Run("not to this address", func(t *testing.T) {
		closed := stytch.AddClass("Closed", mock.Settings{"email_invites": "RESTRICTED", "email_allowed_domains": []string{"mq.edu.au"}}).ID
		_, err := client.Roster.Invite(ctx, closed, stytchclient.Invitation{NewMember: stytchclient.NewMember{Email: "guest@elsewhere.edu"}})
		require.ErrorIs(t, err, grimoireauth.ErrForbidden)
	})
}

// TestT09InvitedAboveTheInviter: whatever a form says about the role, nobody makes
// anybody more than they are in this class.
func TestT09InvitedAboveTheInviter(t *testing.T) {
	stytch, client := school(t, nil)
	class, other := stytch.AddClass("Torts").ID, stytch.AddClass("Equity").ID
	inviters := map[string]grimoireauth.MemberID{
		"student":              stytch.AddStudent(class, "sam@example.edu"),
		"tutor":                stytch.AddMember(class, "tim@example.edu", "tutor"),
		"instructor":           stytch.AddInstructor(class, "ines@example.edu"),
		"suspended":            stytch.AddInstructor(class, "sue@example.edu"),
		"instructor elsewhere": stytch.AddInstructor(other, "ines@example.edu"),
	}
	require.NoError(t, errorOf(client.Roster.Suspend(t.Context(), class, inviters["suspended"])))
	for _, row := range []struct {
		by   string
		role grimoireauth.Role
		want error
	}{
		{"student", grimoireauth.RoleNone, nil}, // which is a student
		{"student", grimoireauth.RoleStudent, nil},
		{"student", grimoireauth.RoleTutor, grimoireauth.ErrForbidden},
		{"tutor", grimoireauth.RoleTutor, nil},
		{"tutor", grimoireauth.RoleInstructor, grimoireauth.ErrForbidden},
		{"instructor", grimoireauth.RoleInstructor, nil},
		{"instructor", grimoireauth.RoleCoordinator, grimoireauth.ErrForbidden},
		{"suspended", grimoireauth.RoleStudent, grimoireauth.ErrForbidden},
		{"instructor elsewhere", grimoireauth.RoleStudent, grimoireauth.ErrNotFound},
	} {
		t.Run(row.by+" invites "+row.role.String(), func(t *testing.T) {
			sent := len(stytch.Outbox())
			_, err := client.Roster.Invite(t.Context(), class, stytchclient.Invitation{
				NewMember: stytchclient.NewMember{Email: "guest@elsewhere.edu", Role: row.role}, By: inviters[row.by],
			})
			if row.want == nil {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, row.want)
			require.Len(t, stytch.Outbox(), sent)
		})
	}
}

func TestApprove(t *testing.T) {
	stytch, client := school(t, nil)
	ctx := t.Context()
	open := stytch.AddClass("Open", mock.Settings{"email_jit_provisioning": "RESTRICTED", "email_allowed_domains": []string{"mq.edu.au"}, "email_invites": "ALL_ALLOWED"}).ID
	require.NoError(t, client.SignIn.SendMagicLink(ctx, stytchclient.MagicLink{Class: open, Email: "new@mq.edu.au"}))
	invited, err := client.Roster.Invite(ctx, open, stytchclient.Invitation{
		NewMember: stytchclient.NewMember{Email: "guest@elsewhere.edu", Name: "Guest", Role: grimoireauth.RoleTutor, Metadata: grimoireauth.Metadata{"why": "guest"}},
	})
	require.NoError(t, err)
	var pending grimoireauth.Member
	for member, err := range client.Roster.Find(ctx, stytchclient.MemberQuery{Statuses: []grimoireauth.MemberStatus{grimoireauth.StatusPending}}, open) {
		require.NoError(t, err)
		pending = member
	}
	require.Equal(t, "new@mq.edu.au", pending.Email)

	for _, waiting := range []grimoireauth.Member{pending, invited} {
		in, err := client.Roster.Approve(ctx, open, waiting.Member)
		require.NoError(t, err)
		want := waiting
		want.Member, want.Status = in.Member, grimoireauth.StatusActive
		require.Equal(t, want, in, "everything but the id and the status is as it was")
		same, err := client.Roster.Approve(ctx, open, in.Member)
		require.NoError(t, err)
		require.Equal(t, in, same, "who is in is in")
		_, err = client.Roster.Approve(ctx, open, waiting.Member)
		require.ErrorIs(t, err, grimoireauth.ErrNotFound, "the old entry is gone")
	}
	_, err = client.Roster.Approve(ctx, open, noMember)
	require.ErrorIs(t, err, grimoireauth.ErrNotFound)

	another, err := client.Roster.Invite(ctx, open, stytchclient.Invitation{NewMember: stytchclient.NewMember{Email: "late@elsewhere.edu"}})
	require.NoError(t, err)
	stytch.Fail(mock.Fault{Endpoint: "POST /v1/b2b/organizations/{organization_id}/members", Status: 500, Times: 1})
	_, err = client.Roster.Approve(ctx, open, another.Member)
	require.ErrorIs(t, err, grimoireauth.ErrUnavailable)
	require.ErrorContains(t, err, "enroll them", "the caller is told that half of it is done")
}

func TestReenroll(t *testing.T) {
	stytch, client := school(t, nil)
	ctx := t.Context()
	class := stytch.AddClass("Torts").ID

	t.Run("who has signed in before comes back as the same member", func(t *testing.T) {
		tutor, err := client.Roster.Enroll(ctx, class, stytchclient.NewMember{Email: "tom@example.edu", Role: grimoireauth.RoleTutor, ExternalID: "t1"})
		require.NoError(t, err)
		stytch.SignIn(tutor.Member)
		require.NoError(t, client.Roster.Remove(ctx, class, tutor.Member))
		back, err := client.Roster.Reenroll(ctx, class, tutor.Member)
		require.NoError(t, err)
		tutor.EmailVerified = true
		require.Equal(t, tutor, back)
		again, err := client.Roster.Reenroll(ctx, class, tutor.Member)
		require.NoError(t, err)
		require.Equal(t, back, again, "once more changes nothing")
	})
	t.Run("who never has comes back as another", func(t *testing.T) {
		sam, err := client.Roster.Enroll(ctx, class, stytchclient.NewMember{Email: "sam@example.edu", Name: "Sam", Role: grimoireauth.RoleTutor, Metadata: grimoireauth.Metadata{"group": "A"}})
		require.NoError(t, err)
		require.NoError(t, client.Roster.Remove(ctx, class, sam.Member))
		back, err := client.Roster.Reenroll(ctx, class, sam.Member)
		require.NoError(t, err)
		require.NotEqual(t, sam.Member, back.Member)
		sam.Member = back.Member
		require.Equal(t, sam, back)
	})
	t.Run("removing somebody does not lift their suspension", func(t *testing.T) {
		for _, signedIn := range []bool{true, false} {
			bad := stytch.AddStudent(class, "bad@example.edu")
			if signedIn {
				stytch.SignIn(bad)
			}
			_, err := client.Roster.Suspend(ctx, class, bad)
			require.NoError(t, err)
			require.NoError(t, client.Roster.Remove(ctx, class, bad))
			back, err := client.Roster.Reenroll(ctx, class, bad)
			require.NoError(t, err)
			require.True(t, back.Suspended)
			require.NoError(t, client.Roster.Remove(ctx, class, back.Member))
		}
	})
	t.Run("faults", func(t *testing.T) {
		gone := stytch.AddStudent(class, "gone@example.edu")
		stytch.SignIn(gone)
		require.NoError(t, client.Roster.Remove(ctx, class, gone))
		stytch.AddStudent(class, "gone@example.edu")
		_, err := client.Roster.Reenroll(ctx, class, gone)
		require.ErrorIs(t, err, grimoireauth.ErrConflict, "their address is somebody else's")
		_, err = client.Roster.Reenroll(ctx, class, noMember)
		require.ErrorIs(t, err, grimoireauth.ErrNotFound)
		_, err = client.Roster.Reenroll(ctx, class, "")
		require.ErrorIs(t, err, grimoireauth.ErrInvalid)
	})
	t.Run("the answer is lost", func(t *testing.T) {
		lost := stytch.AddStudent(class, "lost@example.edu")
		stytch.SignIn(lost)
		require.NoError(t, client.Roster.Remove(ctx, class, lost))
		stytch.Fail(mock.Fault{Endpoint: "PUT /v1/b2b/organizations/{organization_id}/members/{member_id}/reactivate", Drop: true, Late: true, Times: 1})
		back, err := client.Roster.Reenroll(ctx, class, lost)
		require.NoError(t, err)
		require.Equal(t, grimoireauth.StatusActive, back.Status)
	})
}

func TestUpdateMember(t *testing.T) {
	for name, test := range map[string]struct {
		change stytchclient.MemberChange
		want   func(*grimoireauth.Member)
	}{
		"nothing":  {stytchclient.MemberChange{}, func(*grimoireauth.Member) {}},
		"name":     {stytchclient.MemberChange{Name: stytchclient.Set("Samantha")}, func(m *grimoireauth.Member) { m.Name = "Samantha" }},
		"no name":  {stytchclient.MemberChange{Name: stytchclient.Set("")}, func(m *grimoireauth.Member) { m.Name = "" }},
		"external": {stytchclient.MemberChange{ExternalID: stytchclient.Set("s2")}, func(m *grimoireauth.Member) { m.ExternalID = "s2" }},
		"address": {stytchclient.MemberChange{Email: stytchclient.Set("samantha@example.edu")}, func(m *grimoireauth.Member) {
			m.Email, m.EmailVerified = "samantha@example.edu", false
		}},
		"phone":      {stytchclient.MemberChange{Phone: stytchclient.Set("+61491570156")}, func(m *grimoireauth.Member) { m.Phone = "+61491570156" }},
		"MFA":        {stytchclient.MemberChange{MFAEnrolled: stytchclient.Set(true)}, func(m *grimoireauth.Member) { m.MFAEnrolled = true }},
		"breakglass": {stytchclient.MemberChange{Breakglass: stytchclient.Set(true)}, func(m *grimoireauth.Member) { m.Breakglass = true }},
		"metadata": {stytchclient.MemberChange{Metadata: grimoireauth.Metadata{"group": nil, "seat": 4}}, func(m *grimoireauth.Member) {
			m.Metadata = grimoireauth.Metadata{"kept": true, "seat": 4.0}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			stytch, client := school(t, nil)
			class := stytch.AddClass("Torts").ID
			before, err := client.Roster.Enroll(t.Context(), class, stytchclient.NewMember{
				Email: "sam@example.edu", Name: "Sam", ExternalID: "s1", Metadata: grimoireauth.Metadata{"group": "A", "kept": true},
			})
			require.NoError(t, err)
			stytch.SignIn(before.Member)
			before.EmailVerified = true
			after, err := client.Roster.Update(t.Context(), class, before.Member, test.change)
			require.NoError(t, err)
			test.want(&before)
			require.Equal(t, before, after)
			again, err := client.Roster.Get(t.Context(), class, before.Member)
			require.NoError(t, err)
			require.Equal(t, after, again)
		})
	}
	t.Run("faults", func(t *testing.T) {
		stytch, client := school(t, nil)
		class := stytch.AddClass("Torts").ID
		sam := stytch.AddStudent(class, "sam@example.edu")
		stytch.AddStudent(class, "pat@example.edu")
		for name, test := range map[string]struct {
			change stytchclient.MemberChange
			want   error
		}{
			"somebody's address":   {stytchclient.MemberChange{Email: stytchclient.Set("pat@example.edu")}, grimoireauth.ErrConflict},
			"no address":           {stytchclient.MemberChange{Email: stytchclient.Set("")}, grimoireauth.ErrInvalid},
			"no external id":       {stytchclient.MemberChange{ExternalID: stytchclient.Set("")}, grimoireauth.ErrInvalid},
			"no number":            {stytchclient.MemberChange{Phone: stytchclient.Set("0491 570 156")}, grimoireauth.ErrInvalid},
			"no such factor":       {stytchclient.MemberChange{DefaultSecondFactor: stytchclient.Set(grimoireauth.AnySecondFactor)}, grimoireauth.ErrInvalid},
			"a factor not there":   {stytchclient.MemberChange{DefaultSecondFactor: stytchclient.Set(grimoireauth.SecondFactorSMS)}, grimoireauth.ErrInvalid},
			"nothing to forget":    {stytchclient.MemberChange{ForgetOldEmail: true}, grimoireauth.ErrInvalid},
			"this package's marks": {stytchclient.MemberChange{Metadata: grimoireauth.Metadata{"grimoire_suspended": nil}}, grimoireauth.ErrInvalid},
		} {
			_, err := client.Roster.Update(t.Context(), class, sam, test.change)
			require.ErrorIs(t, err, test.want, name)
		}
		_, err := client.Roster.Update(t.Context(), class, noMember, stytchclient.MemberChange{})
		require.ErrorIs(t, err, grimoireauth.ErrNotFound)
	})
	t.Run("an old address is kept from others, or freed", func(t *testing.T) {
		stytch, client := school(t, nil)
		class := stytch.AddClass("Torts").ID
		for _, forget := range []bool{false, true} {
			sam := stytch.AddStudent(class, "old@example.edu")
			_, err := client.Roster.Update(t.Context(), class, sam, stytchclient.MemberChange{Email: stytchclient.Set("new@example.edu"), ForgetOldEmail: forget})
			require.NoError(t, err)
			_, err = client.Roster.Enroll(t.Context(), class, stytchclient.NewMember{Email: "old@example.edu"})
			if forget {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, grimoireauth.ErrConflict)
				require.NoError(t, client.Roster.Remove(t.Context(), class, sam))
			}
		}
	})
}

func TestResetMFA(t *testing.T) {
	stytch, client := school(t, nil)
	ctx := t.Context()
	class := stytch.AddClass("Torts").ID
	sam := stytch.AddStudent(class, "sam@example.edu")
	_, err := client.Roster.Update(ctx, class, sam, stytchclient.MemberChange{
		Phone: stytchclient.Set("+61491570156"), MFAEnrolled: stytchclient.Set(true), DefaultSecondFactor: stytchclient.Set(grimoireauth.SecondFactorSMS),
	})
	require.NoError(t, err)
	reset, err := client.Roster.ResetMFA(ctx, class, sam)
	require.NoError(t, err)
	require.Empty(t, reset.Phone)
	require.False(t, reset.MFAEnrolled)
	require.Empty(t, reset.DefaultSecondFactor)
	sent := len(stytch.Journal())
	again, err := client.Roster.ResetMFA(ctx, class, sam)
	require.NoError(t, err)
	require.Equal(t, reset, again)
	require.Equal(t, 1, len(stytch.Journal())-sent, "nothing is left to take away")

	const phone = "DELETE /v1/b2b/organizations/{organization_id}/members/mfa_phone_numbers/{member_id}"
	_, err = client.Roster.Update(ctx, class, sam, stytchclient.MemberChange{Phone: stytchclient.Set("+61491570156"), MFAEnrolled: stytchclient.Set(true)})
	require.NoError(t, err)
	stytch.Fail(mock.Fault{Endpoint: phone, Status: 403})
	_, err = client.Roster.ResetMFA(ctx, class, sam)
	require.ErrorIs(t, err, grimoireauth.ErrForbidden)
	stytch.ClearFaults()
	stytch.Fail(mock.Fault{Endpoint: phone, Drop: true, Late: true, Times: 1})
	reset, err = client.Roster.ResetMFA(ctx, class, sam)
	require.NoError(t, err, "a number that is gone already is gone")
	require.Empty(t, reset.Phone)
	_, err = client.Roster.ResetMFA(ctx, class, noMember)
	require.ErrorIs(t, err, grimoireauth.ErrNotFound)
}

func TestFindMembers(t *testing.T) {
	stytch, client := school(t, nil)
	ctx := t.Context()
	torts, equity := stytch.AddClass("Torts").ID, stytch.AddClass("Equity").ID
	names := make(map[grimoireauth.MemberID]string)
	enroll := func(class grimoireauth.ClassID, who stytchclient.NewMember) grimoireauth.MemberID {
		member, err := client.Roster.Enroll(ctx, class, who)
		require.NoError(t, err)
		names[member.Member] = who.Name
		return member.Member
	}
	enroll(torts, stytchclient.NewMember{Email: "ada@example.edu", Name: "Ada Byron", Role: grimoireauth.RoleInstructor})
	enroll(torts, stytchclient.NewMember{Email: "bob@example.edu", Name: "Bob", ExternalID: "s1"})
	enroll(torts, stytchclient.NewMember{Email: "cy@example.edu", Name: "Cy", Role: grimoireauth.RoleTutor})
	enroll(equity, stytchclient.NewMember{Email: "bob@example.edu", Name: "Bob in Equity", ExternalID: "s1"})
	gone := enroll(torts, stytchclient.NewMember{Email: "dan@example.edu", Name: "Dan"})
	require.NoError(t, client.Roster.Remove(ctx, torts, gone))
	in, err := client.Roster.Invite(ctx, torts, stytchclient.Invitation{NewMember: stytchclient.NewMember{Email: "eve@example.edu", Name: "Eve"}})
	require.NoError(t, err)
	names[in.Member] = "Eve"

	both := []grimoireauth.ClassID{torts, equity}
	for name, test := range map[string]struct {
		query   stytchclient.MemberQuery
		classes []grimoireauth.ClassID
		want    []string
	}{
		"everybody":       {stytchclient.MemberQuery{PageSize: 2}, both, []string{"Ada Byron", "Bob", "Bob in Equity", "Cy", "Eve"}},
		"one class":       {stytchclient.MemberQuery{}, both[1:], []string{"Bob in Equity"}},
		"by address":      {stytchclient.MemberQuery{Email: "BOB@example.edu"}, both, []string{"Bob", "Bob in Equity"}},
		"by external id":  {stytchclient.MemberQuery{ExternalID: "s1"}, both[:1], []string{"Bob"}},
		"by name":         {stytchclient.MemberQuery{Name: "byron"}, both, []string{"Ada Byron"}},
		"students":        {stytchclient.MemberQuery{Role: grimoireauth.RoleStudent}, both, []string{"Bob", "Bob in Equity", "Eve"}},
		"tutors":          {stytchclient.MemberQuery{Role: grimoireauth.RoleTutor}, both, []string{"Cy"}},
		"removed":         {stytchclient.MemberQuery{Statuses: []grimoireauth.MemberStatus{grimoireauth.StatusDeleted}}, both, []string{"Dan"}},
		"invited":         {stytchclient.MemberQuery{Statuses: []grimoireauth.MemberStatus{grimoireauth.StatusInvited}}, both, []string{"Eve"}},
		"every condition": {stytchclient.MemberQuery{Email: "bob@example.edu", Role: grimoireauth.RoleTutor}, both, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var found []string
			for member, err := range client.Roster.Find(ctx, test.query, test.classes...) {
				require.NoError(t, err)
				found = append(found, names[member.Member])
			}
			slices.Sort(found)
			require.Equal(t, test.want, found)
		})
	}
	for name, test := range map[string]struct {
		query   stytchclient.MemberQuery
		classes []grimoireauth.ClassID
		want    error
	}{
		"no class":       {stytchclient.MemberQuery{}, nil, grimoireauth.ErrInvalid},
		"a slug":         {stytchclient.MemberQuery{}, []grimoireauth.ClassID{"torts"}, grimoireauth.ErrInvalid},
		"unknown class":  {stytchclient.MemberQuery{}, []grimoireauth.ClassID{noClass}, grimoireauth.ErrNotFound},
		"unknown status": {stytchclient.MemberQuery{Statuses: []grimoireauth.MemberStatus{"asleep"}}, both, grimoireauth.ErrInvalid},
		"unknown role":   {stytchclient.MemberQuery{Role: 17}, both, grimoireauth.ErrInvalid},
		"page":           {stytchclient.MemberQuery{PageSize: 1001}, both, grimoireauth.ErrInvalid},
	} {
		rounds := 0
		for _, err := range client.Roster.Find(ctx, test.query, test.classes...) {
			rounds++
			require.ErrorIs(t, err, test.want, name)
		}
		require.Equal(t, 1, rounds, name)
	}
}
