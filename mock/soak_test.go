package mock_test

import (
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/mock"
)

// Many people at once, and everything that changes what they find. The race
// detector judges; besides, no answer may be a fault of this package.
func TestSoak(t *testing.T) {
	stytch := new(mock.Stytch)
	_, stop := stytch.Start()
	defer stop()
	w := wire{t: t, stytch: stytch}
	class := stytch.AddClass("LAWS1100")
	var people []grimoireauth.MemberID
	for range 4 {
		people = append(people, stytch.AddStudent(class.ID, w.unique()+"@example.edu"))
	}
	deadline := time.Now().Add(700 * time.Millisecond)
	var group sync.WaitGroup
	group.Go(func() { stytch.RotateKeys(true) }) // once: a new RSA key costs more than all the rest
	for worker := range 6 {
		group.Go(func() {
			random := rand.New(rand.NewPCG(7, uint64(worker)))
			for time.Now().Before(deadline) {
				soakOnce(w, class, people[random.IntN(len(people))], random.IntN(12))
			}
		})
	}
	group.Wait()
	for _, entry := range stytch.Journal() {
		require.NotEqual(t, 500, entry.Status)
		require.NotZero(t, entry.Status)
	}
}

func soakOnce(w wire, class mock.Class, who grimoireauth.MemberID, what int) {
	at := organizations + "/" + string(class.ID)
	credentials := w.stytch.SignIn(who)
	switch what {
	case 0:
		w.do(http.MethodPost, sessions+"/revoke", object{"member_id": string(who)})
	case 1:
		w.do(http.MethodPut, at+"/members/"+string(who), object{"name": "N", "trusted_metadata": object{"a": what}})
	case 2:
		w.stytch.SetRoles(who, "tutor")
	case 3:
		w.stytch.SignIn(who, mock.WithJWTAge(time.Hour), mock.WithRoles("tutor"))
	case 4:
		w.stytch.Age(time.Second)
	case 5:
		w.stytch.Fail(mock.Fault{Status: 503, Times: 1})
	case 6:
		w.do(http.MethodPost, organizations+"/members/search", object{"organization_ids": []string{class.Slug}, "limit": 2})
	case 7:
		w.do(http.MethodPost, links+"/email/invite", object{"organization_id": class.Slug, "email_address": w.unique() + "@example.edu", "roles": []string{"tutor"}})
	case 8:
		w.stytch.Outbox()
		w.stytch.ClearFaults()
	case 9:
		w.do(http.MethodGet, sessions+"/jwks/"+w.stytch.ProjectID(), nil)
	case 10:
		w.do(http.MethodPost, sessions+"/authenticate", object{"session_token": credentials.Token.Reveal(), "session_custom_claims": object{"a": 1}})
	default:
		w.do(http.MethodPost, sessions+"/authenticate", object{"session_jwt": credentials.JWT.Reveal()})
	}
}
