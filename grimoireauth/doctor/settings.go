package doctor

import (
	"slices"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
)

// settings finds what shuts people out of a class whatever its connections are.
func (d *examination) settings(class grimoireauth.Class) Report {
	var out Report
	s := class.Settings
	add := func(wrong bool, code string, arguments ...any) {
		if wrong {
			out = append(out, symptoms.found(code, class.ID, arguments...))
		}
	}
	elsewhere := methodsElsewhere(s.Methods)
	named := d.config.PublicToken == "" && len(elsewhere) > 0
	add(len(s.Methods) == 0, "no-methods")
	add(named && len(elsewhere) == len(s.Methods), "public-token-needed")
	add(named && len(elsewhere) < len(s.Methods), "public-token-missing", wordsOf(elsewhere))
	add(s.SecondFactorForAll && len(s.SecondFactors) == 0, "no-second-factors")

	add(s.JoinByEmail == grimoireauth.AdmitListed && len(s.Domains) == 0, "email-joining-closed")
	add(s.Invitations == grimoireauth.AdmitListed && len(s.Domains) == 0, "invitations-closed")
	add(s.JoinByTenant == grimoireauth.AdmitListed && !hasTenant(s.Tenants), "tenant-joining-closed")
	add(slices.ContainsFunc(s.DomainRoles, func(r grimoireauth.DomainRole) bool { return r.Role == grimoireauth.RoleNone }), "role-unknown", "one of its e-mail domains")
	return out
}

// methodsElsewhere returns those ways to sign in that begin at a page whose address
// holds the public token. AnyMethod is none: what a class does not name it does not
// depend on.
func methodsElsewhere(methods []grimoireauth.SignInMethod) []grimoireauth.SignInMethod {
	return slices.DeleteFunc(slices.Clone(methods), func(m grimoireauth.SignInMethod) bool {
		return m != grimoireauth.MethodSSO && !strings.HasSuffix(string(m), "_oauth")
	})
}

// wordsOf are methods in one line.
func wordsOf(methods []grimoireauth.SignInMethod) string {
	out := make([]string, len(methods))
	for i, method := range methods {
		out[i] = string(method)
	}
	return strings.Join(out, " ")
}

func hasTenant(tenants map[string][]string) bool {
	for _, ids := range tenants {
		if len(ids) > 0 {
			return true
		}
	}
	return false
}

// connections finds what shuts people out who come by single sign-on, and what
// leaves them without the role that they are meant to have.
func (d *examination) connections(class grimoireauth.Class, connections []stytchclient.Connection) Report {
	var out Report
	s := class.Settings
	add := func(wrong bool, code string, arguments ...any) {
		if wrong {
			out = append(out, symptoms.found(code, class.ID, arguments...))
		}
	}
	active := make(map[string]bool)
	for _, n := range connections {
		if n.Active {
			active[string(n.ID)] = true
		}
	}
	isActive := func(id string) bool { return active[id] }

	onlySSO := len(s.Methods) > 0 && !slices.ContainsFunc(s.Methods, func(m grimoireauth.SignInMethod) bool { return m != grimoireauth.MethodSSO })
	add(onlySSO && len(active) == 0, "sso-only-unconnected")
	add(!onlySSO && slices.Contains(s.Methods, grimoireauth.MethodSSO) && len(active) == 0, "sso-unconnected")
	add(onlySSO && len(active) > 1 && s.DefaultConnection == "", "default-connection-missing", len(active))
	add(s.DefaultConnection != "" && !active[s.DefaultConnection], "default-connection-unusable", s.DefaultConnection)
	for _, n := range connections {
		add(!n.Active, "connection-unfinished", n.ID)
	}

	add(s.JoinBySSO == grimoireauth.AdmitListed && !slices.ContainsFunc(s.JoinConnections, isActive), "sso-joining-closed")

	expected := d.check.RolesBySSO || slices.ContainsFunc(connections, givesRoles)
	for _, n := range connections {
		add(rolesUnknown(n), "role-unknown", "its connection "+string(n.ID))
		add(n.Kind == stytchclient.ConnectionOIDC && n.Active && expected, "oidc-without-roles", n.ID)
	}
	return out
}

func givesRoles(n stytchclient.Connection) bool { return len(n.Roles) > 0 || len(n.GroupRoles) > 0 }

// rolesUnknown reports whether the connection gives a Stytch role that the role
// table does not have.
func rolesUnknown(n stytchclient.Connection) bool {
	return slices.Contains(n.Roles, grimoireauth.RoleNone) ||
		slices.ContainsFunc(n.GroupRoles, func(r stytchclient.GroupRole) bool { return r.Role == grimoireauth.RoleNone })
}
