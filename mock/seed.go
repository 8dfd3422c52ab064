package mock

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/mock/internal/api/members"
	"github.com/promptgrimoire/auth/mock/internal/api/scim"
	"github.com/promptgrimoire/auth/mock/internal/control"
	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// seedFile is what Seed reads.
type seedFile struct {
	ProjectID         string            `json:"project_id"`
	ProjectSecret     string            `json:"project_secret"`
	Roles             []Role            `json:"roles"`
	Scopes            []Scope           `json:"scopes"`
	RedirectURLs      []string          `json:"redirect_urls"`
	CrossOrgPasswords bool              `json:"cross_org_passwords"`
	RateLimits        bool              `json:"rate_limits"`
	LockAfter         int               `json:"lock_after"`
	CustomAudience    string            `json:"custom_audience"`
	RandomSeed        uint64            `json:"random_seed"`
	Webhooks          []seedWebhook     `json:"webhooks"`
	ConnectedApps     []json.RawMessage `json:"connected_apps"`
	IdPUsers          []json.RawMessage `json:"personas"`
	Organizations     []json.RawMessage `json:"organizations"`
}

// seedWebhook is a Webhook in a seed.
type seedWebhook struct {
	URL     string   `json:"url"`
	Secrets []string `json:"secrets"`
}

// Seed fills a new Stytch from a JSON object. Its "project_id", "project_secret",
// "roles", "scopes", "redirect_urls", "cross_org_passwords", "rate_limits", "lock_after",
// "custom_audience" and "random_seed" take the place of the fields; it rejects a project_id,
// project_secret or random_seed that differs from a field that is set. Its "webhooks", each
// {"url","secrets"}, are added to the Webhooks. Its "personas" are the [IdPUser]s, each
// with the fields that POST /fake/personas takes, and its "connected_apps" the
// [ConnectedApp]s, each with those that POST /fake/connected-apps takes. Its
// "organizations" have the fields of Stytch's create call, an "organization_id" if it is
// to be the same in every process, "members", each with the fields of Stytch's call
// for those and a "member_id" likewise, and "scim_connection", with the fields of Stytch's
// call for it, a "connection_id" and a "bearer_token". Unlike Stytch, Seed rejects a name
// that it does not know. Its error joins all faults of the file with the place of each, and then
// nothing is added. Call it before any other method; it panics if the fields of the
// Stytch are wrong.
func (s *Stytch) Seed(file []byte) error {
	if s.core != nil {
		return errors.New("a seed is for a Stytch that was not used before")
	}
	var in seedFile
	if err := core.StrictJSON(file, &in); err != nil {
		return err
	}
	var faults []error
	if in.Roles != nil || in.Scopes != nil {
		roles, scopes := s.Roles, s.Scopes
		if in.Roles != nil {
			roles = in.Roles
		}
		if in.Scopes != nil {
			scopes = in.Scopes
		}
		if _, problem := newPolicy(roles, scopes); problem != "" {
			field := "roles: "
			if strings.HasPrefix(problem, "Scopes") {
				field = "scopes: "
			}
			faults = append(faults, errors.New(field+problem))
		} else {
			s.Roles, s.Scopes = roles, scopes
		}
	}
	for i, u := range in.RedirectURLs {
		if !wire.IsWebURL(u) {
			faults = append(faults, fmt.Errorf("redirect_urls[%d]: %.100q is not an http or https URL with a host", i, u))
		}
	}
	if in.RedirectURLs != nil && len(faults) == 0 {
		s.RedirectURLs = in.RedirectURLs
	}
	if in.LockAfter < 0 {
		faults = append(faults, errors.New("lock_after cannot be negative"))
	} else if in.LockAfter > 0 {
		s.LockAfter = in.LockAfter
	}
	faults = append(faults, s.seedProject(in)...)
	if fault := audienceFault(in.CustomAudience); fault != "" {
		faults = append(faults, errors.New("custom_audience "+fault))
	} else if in.CustomAudience != "" {
		s.CustomAudience = in.CustomAudience
	}
	switch {
	case in.RandomSeed == 0:
	case s.RandomSeed == 0:
		s.RandomSeed = in.RandomSeed
	case s.RandomSeed != in.RandomSeed:
		faults = append(faults, fmt.Errorf("random_seed is %d, and another one was set before: %d", in.RandomSeed, s.RandomSeed))
	}
	for i, w := range in.Webhooks {
		hook := Webhook{URL: w.URL}
		for _, secret := range w.Secrets {
			hook.Secrets = append(hook.Secrets, grimoireauth.NewSecret(secret))
		}
		if _, err := hook.endpoint(); err != nil {
			faults = append(faults, fmt.Errorf("webhooks[%d]: %w", i, err))
			continue
		}
		s.Webhooks = append(s.Webhooks, hook)
	}
	s.CrossOrgPasswords = s.CrossOrgPasswords || in.CrossOrgPasswords
	s.RateLimits = s.RateLimits || in.RateLimits
	s.configure()
	for i, raw := range in.IdPUsers {
		var p control.IdPUser
		err := core.StrictJSON(raw, &p)
		if err == nil {
			err = s.addIDPUser(p)
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("personas[%d]: %w", i, err))
		}
	}
	for i, raw := range in.ConnectedApps {
		var a control.ConnectedApp
		err := core.StrictJSON(raw, &a)
		if err == nil {
			_, err = s.addConnectedApp(a)
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("connected_apps[%d]: %w", i, err))
		}
	}
	s.core.Mu.Lock()
	defer s.core.Mu.Unlock()
	c := s.core.NewCall()
	c.Source = "" // webhooks are about changes, not about what was there
	for i, organization := range in.Organizations {
		faults = append(faults, seedOrganization(c, fmt.Sprintf("organizations[%d]", i), organization)...)
	}
	if len(faults) > 0 {
		s.core.State = state.State{}
	}
	return errors.Join(faults...)
}

func seedOrganization(c *core.Request, where string, raw json.RawMessage) []error {
	var list struct {
		ID      *string           `json:"organization_id"`
		Members []json.RawMessage `json:"members"`
		SCIM    json.RawMessage   `json:"scim_connection"`
	}
	if err := json.Unmarshal(raw, &list); err != nil {
		return []error{fmt.Errorf("%s: this is no object with a list of members", where)}
	}
	c.Params = nil
	if err := pin(c, "organization", list.ID, func(id string) bool { return c.State.Org(id) != nil }); err != nil {
		return []error{fmt.Errorf("%s: %w", where, err)}
	}
	made, err := seeded(c, raw, []string{"organization_id", "members", "scim_connection"}, core.CreateOrganization)
	if err != nil {
		// Errors about its members would only follow from this one.
		return []error{fmt.Errorf("%s: %w", where, err)}
	}
	var faults []error
	for i, member := range list.Members {
		c.Params = map[string]string{"organization_id": made.Organization.OrganizationID}
		if err := seedMember(c, member); err != nil {
			faults = append(faults, fmt.Errorf("%s.members[%d]: %w", where, i, err))
		}
	}
	if list.SCIM != nil {
		var in scim.Settings
		err := core.StrictJSON(list.SCIM, &in)
		if err == nil {
			_, err = scim.NewConnection(c, c.State.Org(made.Organization.OrganizationID), in)
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("%s.scim_connection: %w", where, inWords(err)))
		}
	}
	return faults
}

func seedMember(c *core.Request, raw json.RawMessage) error {
	var named struct {
		ID *string `json:"member_id"`
	}
	if err := json.Unmarshal(raw, &named); err != nil {
		return errors.New("this is no JSON object with a text as member_id")
	}
	if err := pin(c, "member", named.ID, func(id string) bool { return c.State.Member(id) != nil }); err != nil {
		return err
	}
	_, err := seeded(c, raw, []string{"member_id"}, members.Create)
	return err
}

// pin makes an id of the seed that of the next record.
func pin(c *core.Request, kind string, id *string, taken func(string) bool) error {
	c.PinnedID = ""
	switch {
	case id == nil:
		return nil
	case !core.IDForm(kind, c.Env).MatchString(*id):
		return fmt.Errorf("the %s_id %.60q is not of the form %s-%s-<uuid>", kind, *id, kind, c.Env)
	case taken(*id):
		return fmt.Errorf("the %s_id %q is there twice", kind, *id)
	}
	c.PinnedID = *id
	return nil
}

// seedProject takes the project's id and secret from a seed.
func (s *Stytch) seedProject(in seedFile) []error {
	var faults []error
	kind := "test"
	if s.DangerouslyLive {
		kind = "(test|live)"
	}
	switch {
	case in.ProjectID == "":
	case !core.IDForm("project", kind).MatchString(in.ProjectID):
		faults = append(faults, fmt.Errorf("project_id %.60q is not of the form project-%s-<uuid>", in.ProjectID, kind))
	case s.Project == "":
		s.Project = in.ProjectID
	case s.Project != in.ProjectID:
		faults = append(faults, fmt.Errorf("project_id is %s, and another one was set before: %s", in.ProjectID, s.Project))
	}
	switch {
	case in.ProjectSecret == "":
	case !core.SecretForm.MatchString(in.ProjectSecret) || (!s.DangerouslyLive && !strings.HasPrefix(in.ProjectSecret, "secret-test-")):
		faults = append(faults, fmt.Errorf("project_secret is not of the form secret-%s-…", kind))
	case s.ProjectSecret.IsZero():
		s.ProjectSecret = grimoireauth.NewSecret(in.ProjectSecret)
	case s.ProjectSecret.Reveal() != in.ProjectSecret:
		faults = append(faults, errors.New("project_secret is another one than was set before"))
	}
	return faults
}

// inWords is an error of Stytch's as a line of a seed's faults.
func inWords(err error) error {
	var r *wire.APIError
	if errors.As(err, &r) {
		return fmt.Errorf("%s: %s", r.Type, r.Message)
	}
	return err
}

// seeded calls an endpoint with an object of the seed. Besides are the names that the seed
// allows there and the endpoint does not have.
func seeded[In any, Out wire.Success](c *core.Request, raw json.RawMessage, besides []string, serve func(*core.Request, In) (Out, error)) (Out, error) {
	var in In
	var none Out
	names, err := core.ObjectNames(raw)
	if err != nil {
		return none, errors.New("this is no JSON object")
	}
	known := core.JSONNames(reflect.TypeFor[In]())
	for i, name := range names {
		switch {
		case !slices.Contains(besides, name) && !slices.Contains(known, name):
			return none, fmt.Errorf("the field %.60q is unknown: the fields are %s", name, strings.Join(slices.Concat(known, besides), ", "))
		case slices.Contains(names[:i], name):
			return none, fmt.Errorf("the field %q is there twice", name)
		}
	}
	c.Body = raw
	err = c.Decode(&in)
	var out Out
	if err == nil {
		out, err = serve(c, in)
	}
	if err != nil {
		return none, inWords(err)
	}
	return out, nil
}
