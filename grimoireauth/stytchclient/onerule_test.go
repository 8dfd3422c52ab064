package stytchclient_test

import (
	"strings"
	"testing"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// The roster takes no address and no name that a class list refuses.
func TestI10_OneRuleAtTheRoster(t *testing.T) {
	stytch, client := school(t, nil)
	class := stytch.AddClass("Torts").ID
	for _, who := range []stytchclient.NewMember{
		{Email: "\u017fam@example.edu"}, {Email: "jos\u00e9@example.edu"},
		{Email: "a@example.edu", Name: "A\x00da"}, {Email: "a@example.edu", Name: "Ada \u202eecalevoL"},
	} {
		_, err := client.Roster.Enroll(t.Context(), class, who)
		require.ErrorIs(t, err, grimoireauth.ErrInvalid, "%q %q", who.Email, who.Name)
	}
}

// Classes whose names have no letter of ASCII get a slug.
func TestI10_NamesOfClassesInAnyScript(t *testing.T) {
	_, client := school(t, nil)
	slugs := map[string]bool{}
	for _, name := range []string{"法律 1100", "物理 1100", "قانون", "Право", "Études", "!!"} {
		class, err := client.Classes.Create(t.Context(), stytchclient.NewClass{Name: name})
		require.NoError(t, err, name)
		require.False(t, slugs[class.Slug], "%s has the slug %s", name, class.Slug)
		slugs[class.Slug] = true
	}
}

// A name of a class from which nothing can be made is the fault, not the slug that was
// left empty.
func TestI10_ANamelessClass(t *testing.T) {
	_, client := school(t, nil)
	for _, name := range []string{"", " ", "\u200f"} {
		_, err := client.Classes.Create(t.Context(), stytchclient.NewClass{Name: name})
		require.ErrorIs(t, err, grimoireauth.ErrInvalid)
		require.NotContains(t, err.Error(), "Slug")
	}
}

// Spaces and marks at the ends of a name are dropped, also in a change.
func TestI10_NamesAreMadePlain(t *testing.T) {
	stytch, client := school(t, nil)
	class := stytch.AddClass("Torts").ID
	member, err := client.Roster.Enroll(t.Context(), class, stytchclient.NewMember{Email: "a@example.edu", Name: "\u200f Ada  Lovelace\u200e"})
	require.NoError(t, err)
	require.Equal(t, "Ada Lovelace", member.Name)
	_, err = client.Roster.Update(t.Context(), class, member.Member, stytchclient.MemberChange{Name: stytchclient.Set("Ada\u202e")})
	require.NoError(t, err)
	_, err = client.Roster.Update(t.Context(), class, member.Member, stytchclient.MemberChange{Name: stytchclient.Set("A\u202eda")})
	require.ErrorIs(t, err, grimoireauth.ErrInvalid)
	require.ErrorContains(t, err, "U+202E RIGHT-TO-LEFT OVERRIDE")
}

// An address whose letters become those of another with their case is another one:
// nothing about the other person is revoked or found by it.
func TestI10_AFoldedAddressIsNobodyElses(t *testing.T) {
	stytch, client := school(t, nil)
	class := stytch.AddClass("Torts").ID
	sam := stytch.AddStudent(class, "sam@example.edu")
	session := stytch.SignIn(sam)
	for _, who := range []string{"\u017fam@example.edu", "SAM@example.edu\u200f"} {
		_, err := client.Sessions.RevokeEverywhere(t.Context(), stytchclient.Identity{Email: who})
		require.ErrorIs(t, err, grimoireauth.ErrInvalid)
		for _, err := range client.Roster.Find(t.Context(), stytchclient.MemberQuery{Email: who}, class) {
			require.ErrorIs(t, err, grimoireauth.ErrInvalid)
		}
	}
	_, err := client.Sessions.Authenticate(t.Context(), session)
	require.NoError(t, err)
}

// A keyboard of Arabic or Persian writes digits of its own, and a text that is copied
// brings marks of direction along.
func TestI10_CodesInDigitsOfOtherScripts(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d := newFixture(t, new(mock.Stytch))
		class := d.class("Torts")
		d.stytch.AddStudent(class, sam)
		for _, zero := range []rune{'٠', '۰', '०', '０'} {
			require.NoError(t, d.client.SignIn.SendEmailCode(t.Context(), stytchclient.EmailCode{Class: class, Email: sam}))
			typed := strings.Map(func(r rune) rune { return r - '0' + zero }, d.code().Reveal())
			signedIn, err := d.client.SignIn.WithEmailCode(t.Context(), stytchclient.EmailCodeSignIn{Class: class, Email: sam, Code: grimoireauth.NewSecret("\u200f" + typed + " ")})
			require.NoError(t, err)
			require.False(t, signedIn.IsZero())
			d.stytch.ClearFaults()
			time.Sleep(2 * time.Second)
		}
	})
}
