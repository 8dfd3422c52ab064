package main

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// class shows the class to its members, and how this page authenticates them.
func (c *classroom) class(w http.ResponseWriter, r *http.Request) {
	authentication, _ := grimoireauth.AuthenticationFromContext(r.Context())
	person, role, _ := grimoireauth.RoleFromContext(r.Context())
	_, teaches := grimoireauth.InstructorFromContext(r.Context())
	digest := sha256.Sum256([]byte(authentication.JWT.Reveal()))
	show(w, http.StatusOK, "class", struct {
		frame
		Class       grimoireauth.Class
		Member      grimoireauth.MemberID
		Role        grimoireauth.Role
		Teaches     bool
		Weeks       []string
		Source      string
		Factors     string
		Fingerprint string
		SessionEnds string
	}{
		frame: c.frame(r), Class: c.about(r.Context(), person.Class), Member: person.Member, Role: role, Teaches: teaches,
		Weeks:       []string{"What a prompt is, and what it is not", "Giving an example", "Asking for the reasons", "Marking each other's prompts"},
		Source:      authentication.Source.String(),
		Factors:     factors(authentication.Session),
		Fingerprint: hex.EncodeToString(digest[:6]),
		SessionEnds: authentication.ExpiresAt().Local().Format("2 January 15:04"),
	})
}

// factors lists the factors of the session, as Stytch spells them.
func factors(session grimoireauth.Session) string {
	var words []string
	for _, factor := range session.Factors() {
		words = append(words, factor.Type+" ("+factor.DeliveryMethod+")")
	}
	return strings.Join(words, ", then ")
}
