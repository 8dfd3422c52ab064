package doctor

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/internal/stytchhttp"
	"github.com/promptgrimoire/auth/internal/text"
)

// visit is one class to look at: by its id, or else by its slug.
type visit struct {
	id    grimoireauth.ClassID
	slug  string
	wrong Report // the fault of the entry itself, for which no call is made; nil if it has none
}

// classPrefix is how the ids of classes begin.
const classPrefix = "organization-"

// printableID is the form of an id that a Finding may print. Any other text may be a secret
// that was pasted by mistake.
var printableID = regexp.MustCompile(`^` + classPrefix + `[A-Za-z0-9-]{1,100}$`)

func (d *examination) visits() []visit {
	otherEnv := map[string]string{"test": "live", "live": "test"}[d.project.Env]
	var out []visit
	for i, id := range d.check.Classes {
		v := visit{id: id}
		switch {
		case !printableID.MatchString(string(id)):
			v.wrong = Report{symptoms.found("class-id-invalid", "", i+1)}
		case strings.HasPrefix(string(id), classPrefix+otherEnv+"-"):
			v.wrong = Report{symptoms.found("wrong-environment", id, "a class of a "+otherEnv+" project")}
		}
		out = append(out, v)
	}
	for i, slug := range d.check.Slugs {
		v := visit{slug: slug}
		if text.CheckSlug(slug) != nil || strings.HasPrefix(slug, "secret-") {
			v.wrong = Report{symptoms.found("slug-invalid", "", i+1)}
		}
		out = append(out, v)
	}
	return out
}

// get fetches the class.
func (v visit) get(ctx context.Context, classes stytchclient.Classes) (grimoireauth.Class, error) {
	if v.id != "" {
		return classes.Get(ctx, v.id)
	}
	return classes.BySlug(ctx, v.slug)
}

// notChecked returns a finding that stands for all checks of the class.
func (v visit) notChecked(f grimoireauth.Finding) Report {
	if f.Class = v.id; v.id == "" {
		f.Problem = fmt.Sprintf("class %q: %s", v.slug, f.Problem)
	}
	return Report{f}
}

// visit looks at one class, but for its roster.
func (d *examination) visit(ctx context.Context, v visit) examined {
	switch {
	case v.wrong != nil:
		return examined{found: v.wrong}
	case d.refused.Load():
		return examined{found: v.notChecked(grimoireauth.Finding{Code: checkClass, Problem: "it was not looked at, since Stytch refuses the project", Remedy: "Correct that first."})}
	case d.outage.Load():
		return examined{found: v.notChecked(grimoireauth.Finding{Code: checkClass, Problem: "it was not looked at, since Stytch did not answer about another class", Remedy: "Check again."})}
	case ctx.Err() != nil:
		return examined{unreached: true}
	}
	var class grimoireauth.Class
	err := d.ask(ctx, func(ctx context.Context) (err error) {
		class, err = v.get(ctx, d.client.Classes)
		return err
	})
	switch {
	case err != nil && ctx.Err() != nil:
		return examined{unreached: true}
	case err != nil:
		return examined{found: d.getError(v, err)}
	case class.Archived:
		return examined{found: Report{symptoms.found("class-archived", class.ID)}}
	}
	out := examined{class: class.ID, slug: class.Slug, found: d.settings(class)}
	var connections []stytchclient.Connection
	err = d.ask(ctx, func(ctx context.Context) (err error) {
		connections, err = d.client.Connections.List(ctx, class.ID)
		return err
	})
	switch {
	case err != nil && ctx.Err() != nil:
		out.unreached = true
	case err != nil:
		out.found = append(out.found, d.noAnswer(class.ID, err))
	default:
		out.found = append(out.found, d.connections(class, connections)...)
	}
	return out
}

// getError returns the finding for a class that Stytch did not return.
func (d *examination) getError(v visit, err error) Report {
	var e *grimoireauth.Error
	switch found, refused := refusal(v.id, err); {
	case errors.Is(err, grimoireauth.ErrNotFound), errors.As(err, &e) && e.Type == "invalid_organization_id":
		name := v.slug
		if v.id != "" {
			name = string(v.id)
		}
		found = symptoms.found("class-not-found", "", name)
		found.Err = err
		return Report{found}
	case refused:
		return v.notChecked(found)
	}
	return v.notChecked(d.noAnswer(v.id, err))
}

// noAnswer returns the finding for a call without an answer. If that is an outage, the
// examination calls Stytch about no further class, so that it adds no load and the program
// does not wait for each class. It is no outage if Stytch rejects one call of the project,
// such as for connections under a plan that has none; after a 429 the pace decides.
func (d *examination) noAnswer(class grimoireauth.ClassID, err error) grimoireauth.Finding {
	var e *grimoireauth.Error
	withheld := errors.As(err, &e) && stytchhttp.ProjectFault(e.Type)
	if !withheld && errors.Is(err, grimoireauth.ErrUnavailable) {
		d.outage.Store(true)
	}
	return unanswered(checkClass, class, err)
}
