package signinlimits_test

import (
	"log"
	"os"

	"github.com/redis/go-redis/v9"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/jwtlocal/redisrevocations/signinlimits"
	"github.com/promptgrimoire/auth/middleware/signin"
)

// Every process makes one Limiter with the same project and secret.
func Example() {
	limits, err := signinlimits.New(signinlimits.Config{
		Redis: &redis.UniversalOptions{
			Addrs:    []string{os.Getenv("REDIS_ADDR")},
			Username: "grimoire", Password: os.Getenv("REDIS_PASSWORD"),
		},
		ProjectID: os.Getenv("STYTCH_PROJECT_ID"),
		Secret:    grimoireauth.NewSecret(os.Getenv("STYTCH_SECRET")),
	})
	if err != nil {
		log.Fatal(err)
	}
	_ = signin.Config{
		BaseURL: "https://classes.example.edu",
		Limit:   limits, Redemptions: limits.Redemptions(),
	}
}
