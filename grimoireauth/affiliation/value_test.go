package affiliation

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// Whatever an identity provider sends: no panic, and nobody is raised unless a
// value reads staff or faculty of the one home institution.
func FuzzAffiliation(f *testing.F) {
	for _, seed := range []string{`"staff@mq.edu.au"`, `["staff","member"]`, `"staff;faculty@mq.edu.au"`, `null`, `[[]]`, `"\ud800"`, `{}`, ``, `"staff@mq.edu.au@x"`} {
		f.Add(seed, `"mq.edu.au"`)
		f.Add(seed, ``)
	}
	from := Rule{Claim: "a", HomeClaim: "h", Home: "mq.edu.au", Grants: defaultGrants}
	f.Fuzz(func(t *testing.T, affiliation, home string) {
		claims := map[string]json.RawMessage{}
		for name, raw := range map[string]string{"a": affiliation, "h": home} {
			if json.Valid([]byte(raw)) {
				claims[name] = json.RawMessage(raw)
			}
		}
		encoded, err := json.Marshal(claims)
		if err != nil {
			t.Fatal(err)
		}
		session, err := grimoireauth.NewSession(grimoireauth.SessionFields{ID: "s", Member: "m", Organization: "o", CustomClaims: encoded})
		if err != nil {
			t.Fatal(err)
		}
		role, reasons := from.derive(session)
		if role == grimoireauth.RoleNone {
			return
		}
		said := false
		for _, reason := range reasons {
			name, scope, scoped := strings.Cut(reason.Value, "@")
			said = said || reason.Granted && (name == "staff" || name == "faculty") && (!scoped || scope == "mq.edu.au")
		}
		if !said || role != grimoireauth.RoleInstructor {
			t.Fatalf("%q and %q made %v: %v", affiliation, home, role, reasons)
		}
	})
}
