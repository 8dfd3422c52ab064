package stytchclient_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

const (
	noClass  = grimoireauth.ClassID("organization-test-00000000-0000-4000-8000-000000000000")
	noMember = grimoireauth.MemberID("member-test-00000000-0000-4000-8000-000000000000")
)

func TestClassByItsNames(t *testing.T) {
	_, client := school(t, nil)
	ctx := t.Context()
	torts, err := client.Classes.Create(ctx, stytchclient.NewClass{Name: "Torts", Slug: "Torts-2026", ExternalID: "LAWS1100|S1", LogoURL: "https://example.edu/torts.png"})
	require.NoError(t, err)
	require.Equal(t, "https://example.edu/torts.png", torts.LogoURL)
	trap, err := client.Classes.Create(ctx, stytchclient.NewClass{Name: "A slug that another class has as external id", Slug: "equity"})
	require.NoError(t, err)

	for name, get := range map[string]func() (grimoireauth.Class, error){
		"id":               func() (grimoireauth.Class, error) { return client.Classes.Get(ctx, torts.ID) },
		"slug":             func() (grimoireauth.Class, error) { return client.Classes.BySlug(ctx, "Torts-2026") },
		"external id":      func() (grimoireauth.Class, error) { return client.Classes.ByExternalID(ctx, "LAWS1100|S1") },
		"after a rename":   func() (grimoireauth.Class, error) { return client.Classes.Get(ctx, torts.ID) },
		"after an update":  func() (grimoireauth.Class, error) { return client.Classes.BySlug(ctx, "Torts-2026") },
		"with a long slug": func() (grimoireauth.Class, error) { return client.Classes.BySlug(ctx, torts.Slug) },
	} {
		t.Run(name, func(t *testing.T) {
			got, err := get()
			require.NoError(t, err)
			require.Equal(t, torts, got)
		})
	}
	// Stytch takes any name in the place of any other; this package does not.
	for name, test := range map[string]struct {
		do   func() error
		want error
	}{
		"slug as id":          {func() error { _, err := client.Classes.Get(ctx, "torts-2026"); return err }, grimoireauth.ErrInvalid},
		"slug as external id": {func() error { _, err := client.Classes.ByExternalID(ctx, trap.Slug); return err }, grimoireauth.ErrNotFound},
		"external id as slug": {func() error { _, err := client.Classes.BySlug(ctx, "LAWS1100S1"); return err }, grimoireauth.ErrNotFound},
		"id as slug":          {func() error { _, err := client.Classes.BySlug(ctx, string(torts.ID)); return err }, grimoireauth.ErrNotFound},
		"id as external id":   {func() error { _, err := client.Classes.ByExternalID(ctx, string(torts.ID)); return err }, grimoireauth.ErrInvalid},
		"no such slug":        {func() error { _, err := client.Classes.BySlug(ctx, "nobody"); return err }, grimoireauth.ErrNotFound},
		"malformed slug":      {func() error { _, err := client.Classes.BySlug(ctx, "a/b"); return err }, grimoireauth.ErrInvalid},
		"slug to delete":      {func() error { return client.Classes.Delete(ctx, "torts-2026") }, grimoireauth.ErrInvalid},
		"slug to archive":     {func() error { _, err := client.Classes.Archive(ctx, "torts-2026"); return err }, grimoireauth.ErrInvalid},
	} {
		t.Run(name, func(t *testing.T) { require.ErrorIs(t, test.do(), test.want) })
	}
}

// Every setting that decides who gets in: set, read back, and cleared again.
func TestClassSettings(t *testing.T) {
	tests := map[string]struct {
		set, clear stytchclient.ClassChange
		want       func(*grimoireauth.Class)
	}{
		"name": {
			set:   stytchclient.ClassChange{Name: stytchclient.Set("Equity")},
			clear: stytchclient.ClassChange{Name: stytchclient.Set("Torts")},
			want:  func(c *grimoireauth.Class) { c.Name = "Equity" },
		},
		"slug": {
			set:   stytchclient.ClassChange{Slug: stytchclient.Set("equity")},
			clear: stytchclient.ClassChange{Slug: stytchclient.Set("torts")},
			want:  func(c *grimoireauth.Class) { c.Slug = "equity" },
		},
		"external id": {
			set:   stytchclient.ClassChange{ExternalID: stytchclient.Set("LAWS1100")},
			clear: stytchclient.ClassChange{ExternalID: stytchclient.Set("before")},
			want:  func(c *grimoireauth.Class) { c.ExternalID = "LAWS1100" },
		},
		"logo": {
			set:   stytchclient.ClassChange{LogoURL: stytchclient.Set("https://example.edu/logo.png")},
			clear: stytchclient.ClassChange{LogoURL: stytchclient.Set("")},
			want:  func(c *grimoireauth.Class) { c.LogoURL = "https://example.edu/logo.png" },
		},
		"ways to sign in": {
			set: stytchclient.ClassChange{Methods: stytchclient.Set([]grimoireauth.SignInMethod{grimoireauth.MethodSSO, grimoireauth.MethodMagicLink})},
			clear: stytchclient.ClassChange{
				Methods: stytchclient.Set([]grimoireauth.SignInMethod{grimoireauth.AnyMethod}),
			},
			want: func(c *grimoireauth.Class) {
				c.Settings.Methods = []grimoireauth.SignInMethod{grimoireauth.MethodSSO, grimoireauth.MethodMagicLink}
			},
		},
		"second factor": {
			set:   stytchclient.ClassChange{SecondFactorForAll: stytchclient.Set(true)},
			clear: stytchclient.ClassChange{SecondFactorForAll: stytchclient.Set(false)},
			want:  func(c *grimoireauth.Class) { c.Settings.SecondFactorForAll = true },
		},
		"second factors": {
			set:   stytchclient.ClassChange{SecondFactors: stytchclient.Set([]grimoireauth.SecondFactor{grimoireauth.SecondFactorApp})},
			clear: stytchclient.ClassChange{SecondFactors: stytchclient.Set([]grimoireauth.SecondFactor{grimoireauth.AnySecondFactor})},
			want: func(c *grimoireauth.Class) {
				c.Settings.SecondFactors = []grimoireauth.SecondFactor{grimoireauth.SecondFactorApp}
			},
		},
		"joining by e-mail domain": {
			set: stytchclient.ClassChange{
				JoinByEmail: stytchclient.Set(grimoireauth.AdmitListed), Invitations: stytchclient.Set(grimoireauth.AdmitListed),
				Domains: stytchclient.Set([]string{"mq.edu.au", "students.mq.edu.au"}),
			},
			clear: stytchclient.ClassChange{
				JoinByEmail: stytchclient.Set(grimoireauth.AdmitNobody), Invitations: stytchclient.Set(grimoireauth.AdmitAll), Domains: stytchclient.Set([]string(nil)),
			},
			want: func(c *grimoireauth.Class) {
				c.Settings.JoinByEmail, c.Settings.Invitations = grimoireauth.AdmitListed, grimoireauth.AdmitListed
				c.Settings.Domains = []string{"mq.edu.au", "students.mq.edu.au"}
			},
		},
		"roles by domain": {
			set:   stytchclient.ClassChange{DomainRoles: stytchclient.Set([]grimoireauth.DomainRole{{Domain: "staff.mq.edu.au", Role: grimoireauth.RoleTutor}})},
			clear: stytchclient.ClassChange{DomainRoles: stytchclient.Set([]grimoireauth.DomainRole(nil))},
			want: func(c *grimoireauth.Class) {
				c.Settings.DomainRoles = []grimoireauth.DomainRole{{Domain: "staff.mq.edu.au", Role: grimoireauth.RoleTutor, ID: "tutor"}}
			},
		},
		"joining by OAuth tenant": {
			set: stytchclient.ClassChange{
				JoinByTenant: stytchclient.Set(grimoireauth.AdmitListed), Tenants: stytchclient.Set(map[string][]string{"github": {"promptgrimoire"}}),
			},
			clear: stytchclient.ClassChange{
				JoinByTenant: stytchclient.Set(grimoireauth.AdmitNobody), Tenants: stytchclient.Set(map[string][]string(nil)),
			},
			want: func(c *grimoireauth.Class) {
				c.Settings.JoinByTenant, c.Settings.Tenants = grimoireauth.AdmitListed, map[string][]string{"github": {"promptgrimoire"}}
			},
		},
		"metadata": {
			set:   stytchclient.ClassChange{Metadata: grimoireauth.Metadata{"semester": "S1", "groups": []any{"a", "b"}}},
			clear: stytchclient.ClassChange{Metadata: grimoireauth.Metadata{"semester": nil, "groups": nil}},
			want: func(c *grimoireauth.Class) {
				c.Metadata = grimoireauth.Metadata{"kept": "as it is", "semester": "S1", "groups": []any{"a", "b"}}
			},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, client := school(t, nil)
			before, err := client.Classes.Create(t.Context(), stytchclient.NewClass{
				Name: "Torts", Slug: "torts", ExternalID: "before", Metadata: grimoireauth.Metadata{"kept": "as it is"},
			})
			require.NoError(t, err)
			want := before
			test.want(&want)

			set, err := client.Classes.Update(t.Context(), before.ID, test.set)
			require.NoError(t, err)
			require.Equal(t, want, read(set), "and nothing else became different")
			again, err := client.Classes.Get(t.Context(), before.ID)
			require.NoError(t, err)
			require.Equal(t, set, again)
			cleared, err := client.Classes.Update(t.Context(), before.ID, test.clear)
			require.NoError(t, err)
			require.Equal(t, read(before), read(cleared))

			nothing, err := client.Classes.Update(t.Context(), before.ID, stytchclient.ClassChange{})
			require.NoError(t, err)
			require.Equal(t, cleared, nothing, "the zero change changes nothing")
		})
	}
}

func TestClassAndItsConnections(t *testing.T) {
	stytch, client := school(t, nil)
	class := stytch.AddClass("Torts").ID
	aaf := stytch.AddSSO(class, "oidc", nil)
	set, err := client.Classes.Update(t.Context(), class, stytchclient.ClassChange{
		JoinBySSO: stytchclient.Set(grimoireauth.AdmitListed), JoinConnections: stytchclient.Set([]string{aaf}), DefaultConnection: stytchclient.Set(aaf),
	})
	require.NoError(t, err)
	require.Equal(t, grimoireauth.AdmitListed, set.Settings.JoinBySSO)
	require.Equal(t, []string{aaf}, set.Settings.JoinConnections)
	require.Equal(t, aaf, set.Settings.DefaultConnection)
	cleared, err := client.Classes.Update(t.Context(), class, stytchclient.ClassChange{
		JoinBySSO: stytchclient.Set(grimoireauth.AdmitNobody), JoinConnections: stytchclient.Set([]string{}), DefaultConnection: stytchclient.Set(""),
	})
	require.NoError(t, err)
	require.Equal(t, grimoireauth.AdmitNobody, cleared.Settings.JoinBySSO)
	require.Empty(t, cleared.Settings.JoinConnections)
	require.Empty(t, cleared.Settings.DefaultConnection)
	_, err = client.Classes.Update(t.Context(), class, stytchclient.ClassChange{DefaultConnection: stytchclient.Set("oidc-connection-test-1")})
	require.ErrorIs(t, err, grimoireauth.ErrInvalid)
}

// read is a class as it can be compared: an empty list and none are the same.
func read(c grimoireauth.Class) grimoireauth.Class {
	if len(c.Settings.Domains) == 0 {
		c.Settings.Domains = []string{}
	}
	if len(c.Settings.JoinConnections) == 0 {
		c.Settings.JoinConnections = []string{}
	}
	return c
}

func TestNewClassSettings(t *testing.T) {
	_, client := school(t, nil)
	plain, err := client.Classes.Create(t.Context(), stytchclient.NewClass{Name: "Torts"})
	require.NoError(t, err)
	s := plain.Settings
	require.Equal(t, []grimoireauth.Admission{grimoireauth.AdmitAll, grimoireauth.AdmitNobody, grimoireauth.AdmitNobody, grimoireauth.AdmitNobody},
		[]grimoireauth.Admission{s.Invitations, s.JoinByEmail, s.JoinBySSO, s.JoinByTenant}, "people whom the roster names, and nobody else")
	require.True(t, s.Allows(grimoireauth.MethodGoogle))
	require.True(t, s.AllowsSecondFactor(grimoireauth.SecondFactorSMS))
	require.False(t, s.SecondFactorForAll)

	// With Stytch's own defaults, any of these would close the invitations.
	strict, err := client.Classes.Create(t.Context(), stytchclient.NewClass{Name: "Equity", Settings: grimoireauth.ClassSettings{
		Methods: []grimoireauth.SignInMethod{grimoireauth.MethodSSO}, SecondFactorForAll: true,
		SecondFactors: []grimoireauth.SecondFactor{grimoireauth.SecondFactorApp},
		JoinByEmail:   grimoireauth.AdmitListed, Domains: []string{"mq.edu.au"},
		DomainRoles: []grimoireauth.DomainRole{{Domain: "mq.edu.au", Role: grimoireauth.RoleTutor}},
		Tenants:     map[string][]string{"slack": {"T123"}}, JoinByTenant: grimoireauth.AdmitListed,
	}})
	require.NoError(t, err)
	s = strict.Settings
	require.Equal(t, grimoireauth.AdmitAll, s.Invitations)
	require.True(t, s.Allows(grimoireauth.MethodSSO))
	require.False(t, s.Allows(grimoireauth.MethodMagicLink))
	require.False(t, s.AllowsSecondFactor(grimoireauth.SecondFactorSMS))
	require.True(t, s.SecondFactorForAll)
	require.Equal(t, grimoireauth.AdmitListed, s.JoinByEmail)
	require.False(t, grimoireauth.ClassSettings{}.Allows(grimoireauth.MethodSSO), "the zero settings of no class allow nothing")
	require.False(t, s.Allows(grimoireauth.AnyMethod), "all of them is no method")
}

func TestClassChangeFaults(t *testing.T) {
	long := strings.Repeat("x", 5<<10)
	many := make(grimoireauth.Metadata)
	for i := range 21 {
		many[fmt.Sprint(i)] = i
	}
	for name, test := range map[string]struct {
		change stytchclient.ClassChange
		says   []string
	}{
		"everything at once": {stytchclient.ClassChange{
			Name: stytchclient.Set(""), Slug: stytchclient.Set("-"), ExternalID: stytchclient.Set(""), LogoURL: stytchclient.Set("javascript:alert(1)"),
		}, []string{"Name", "Slug", "ExternalID", "LogoURL"}},
		"no way to sign in":        {stytchclient.ClassChange{Methods: stytchclient.Set([]grimoireauth.SignInMethod{})}, []string{"Methods is empty"}},
		"no way, as nil":           {stytchclient.ClassChange{Methods: stytchclient.Set([]grimoireauth.SignInMethod(nil))}, []string{"Methods is empty"}},
		"any and one":              {stytchclient.ClassChange{Methods: stytchclient.Set([]grimoireauth.SignInMethod{"any", "sso"})}, []string{"Methods"}},
		"unknown method":           {stytchclient.ClassChange{Methods: stytchclient.Set([]grimoireauth.SignInMethod{"telepathy"})}, []string{"telepathy"}},
		"unknown factor":           {stytchclient.ClassChange{SecondFactors: stytchclient.Set([]grimoireauth.SecondFactor{"magic_link"})}, []string{"SecondFactors"}},
		"everybody by e-mail":      {stytchclient.ClassChange{JoinByEmail: stytchclient.Set(grimoireauth.AdmitAll)}, []string{"JoinByEmail"}},
		"unknown admission":        {stytchclient.ClassChange{Invitations: stytchclient.Set(grimoireauth.Admission("some"))}, []string{"Invitations"}},
		"an empty domain":          {stytchclient.ClassChange{Domains: stytchclient.Set([]string{""})}, []string{"email_allowed_domains"}},
		"a tenant of nobody":       {stytchclient.ClassChange{Tenants: stytchclient.Set(map[string][]string{"gitlab": {"x"}})}, []string{"Tenants"}},
		"every domain's students":  {stytchclient.ClassChange{DomainRoles: stytchclient.Set([]grimoireauth.DomainRole{{Domain: "mq.edu.au", Role: grimoireauth.RoleStudent}})}, []string{"DomainRoles"}},
		"a role without a domain":  {stytchclient.ClassChange{DomainRoles: stytchclient.Set([]grimoireauth.DomainRole{{Role: grimoireauth.RoleTutor}})}, []string{"DomainRoles"}},
		"metadata too long":        {stytchclient.ClassChange{Metadata: grimoireauth.Metadata{"a": long}}, []string{"bytes"}},
		"too many keys":            {stytchclient.ClassChange{Metadata: many}, []string{"21 keys"}},
		"metadata of this package": {stytchclient.ClassChange{Metadata: grimoireauth.Metadata{"grimoire_archived": nil}}, []string{"Archive"}},
		"metadata that is no JSON": {stytchclient.ClassChange{Metadata: grimoireauth.Metadata{"f": func() {}}}, []string{"JSON"}},
	} {
		t.Run(name, func(t *testing.T) {
			stytch, client := school(t, nil)
			class := stytch.AddClass("Torts").ID
			_, err := client.Classes.Update(t.Context(), class, test.change)
			require.ErrorIs(t, err, grimoireauth.ErrInvalid)
			for _, says := range test.says {
				require.ErrorContains(t, err, says)
			}
			require.Empty(t, stytch.Journal(), "nothing was sent")
		})
	}
	t.Run("what only Stytch can tell", func(t *testing.T) {
		stytch, client := school(t, nil)
		class := stytch.AddClass("Torts").ID
		stytch.AddClass("Equity", mock.Settings{"organization_external_id": "taken"})
		for name, test := range map[string]struct {
			change stytchclient.ClassChange
			want   error
		}{
			"listed without a list": {stytchclient.ClassChange{JoinByEmail: stytchclient.Set(grimoireauth.AdmitListed)}, grimoireauth.ErrInvalid},
			"every door closed":     {stytchclient.ClassChange{Invitations: stytchclient.Set(grimoireauth.AdmitNobody)}, grimoireauth.ErrInvalid},
			"a public provider":     {stytchclient.ClassChange{Domains: stytchclient.Set([]string{"gmail.com"})}, grimoireauth.ErrInvalid},
			"a slug that is taken":  {stytchclient.ClassChange{Slug: stytchclient.Set("equity")}, grimoireauth.ErrConflict},
			"an id that is taken":   {stytchclient.ClassChange{ExternalID: stytchclient.Set("taken")}, grimoireauth.ErrConflict},
		} {
			_, err := client.Classes.Update(t.Context(), class, test.change)
			require.ErrorIs(t, err, test.want, name)
		}
		_, err := client.Classes.Update(t.Context(), noClass, stytchclient.ClassChange{})
		require.ErrorIs(t, err, grimoireauth.ErrNotFound)
	})
}

func TestFindClasses(t *testing.T) {
	stytch, client := school(t, nil)
	for i := range 25 {
		stytch.AddClass(fmt.Sprintf("Contracts %02d", i))
	}
	torts := stytch.AddClass("Torts", mock.Settings{"email_allowed_domains": []string{"mq.edu.au"}}).ID
	stytch.AddStudent(torts, "sam@example.edu")
	find := func(query stytchclient.ClassQuery) (found []grimoireauth.ClassID) {
		for class, err := range client.Classes.Find(t.Context(), query) {
			require.NoError(t, err)
			found = append(found, class.ID)
		}
		return found
	}
	require.Len(t, find(stytchclient.ClassQuery{PageSize: 10}), 26)
	require.Len(t, find(stytchclient.ClassQuery{Name: "contracts"}), 25)
	require.Len(t, find(stytchclient.ClassQuery{Slug: "contracts-0"}), 10)
	require.Equal(t, []grimoireauth.ClassID{torts}, find(stytchclient.ClassQuery{Email: "Sam@example.edu"}))
	require.Equal(t, []grimoireauth.ClassID{torts}, find(stytchclient.ClassQuery{Domain: "mq.edu.au"}))
	require.Empty(t, find(stytchclient.ClassQuery{Domain: "mq.edu.au", Name: "contracts"}), "every condition counts")

	t.Run("stopping early costs no further call", func(t *testing.T) {
		const search = "POST /v1/b2b/organizations/search"
		for _, stop := range []int{1, 9, 10, 11} {
			before, seen := attempts(stytch, search), 0
			for _, err := range client.Classes.Find(t.Context(), stytchclient.ClassQuery{PageSize: 10}) {
				require.NoError(t, err)
				if seen++; seen == stop {
					break
				}
			}
			require.Equal(t, 1+(stop-1)/10, attempts(stytch, search)-before, "after %d", stop)
		}
	})
	for name, query := range map[string]stytchclient.ClassQuery{
		"short name": {Name: "to"}, "short slug": {Slug: "to"}, "no address": {Email: "sam"}, "page": {PageSize: 1001}, "negative": {PageSize: -1},
	} {
		rounds := 0
		for class, err := range client.Classes.Find(t.Context(), query) {
			rounds++
			require.ErrorIs(t, err, grimoireauth.ErrInvalid, name)
			require.Zero(t, class)
		}
		require.Equal(t, 1, rounds, name)
	}
}

func TestDeleteClass(t *testing.T) {
	p, stytch, client := recorded(t)
	class := stytch.AddClass("Torts").ID
	signedIn := stytch.SignIn(stytch.AddStudent(class, "sam@example.edu"))
	require.NoError(t, client.Classes.Delete(t.Context(), class))
	require.Equal(t, []string{"cut " + string(class), "DELETE organizations/" + string(class), "cut " + string(class)}, p.lines[1:])
	_, err := client.Classes.Get(t.Context(), class)
	require.ErrorIs(t, err, grimoireauth.ErrNotFound)
	_, err = client.Sessions.Authenticate(t.Context(), signedIn)
	require.ErrorIs(t, err, grimoireauth.ErrSessionEnded)
	require.ErrorIs(t, client.Classes.Delete(t.Context(), class), grimoireauth.ErrNotFound)
}

// The answer to a deletion is lost, and the repetition finds nothing: it is done.
func TestDeletingWithALostAnswer(t *testing.T) {
	var events []grimoireauth.Changed
	stytch, client := school(t, func(c *stytchclient.Config) {
		c.Observe = func(_ context.Context, e grimoireauth.Event) {
			if changed, ok := e.(grimoireauth.Changed); ok {
				events = append(events, changed)
			}
		}
	})
	class := stytch.AddClass("Torts").ID
	sam := stytch.AddStudent(class, "sam@example.edu")
	stytch.Fail(mock.Fault{Endpoint: "DELETE /v1/b2b/organizations/{organization_id}/members/{member_id}", Status: http.StatusBadGateway, Late: true, Times: 1})
	require.NoError(t, client.Roster.Remove(t.Context(), class, sam))
	stytch.Fail(mock.Fault{Endpoint: "DELETE /v1/b2b/organizations/{organization_id}", Drop: true, Late: true, Times: 1})
	require.NoError(t, client.Classes.Delete(t.Context(), class))
	require.Len(t, events, 2)
	for _, event := range events {
		require.NoError(t, event.Err)
	}
}
