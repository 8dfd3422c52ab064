package redisrevocations_test

import (
	"context"
	"errors"
	"log"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/jwtlocal"
	"github.com/promptgrimoire/auth/jwtlocal/redisrevocations"
	"github.com/promptgrimoire/auth/middleware"
)

// One of several processes behind a proxy.
func Example() {
	projectID := os.Getenv("STYTCH_PROJECT_ID")
	replica, err := redisrevocations.New(redisrevocations.Config{
		Redis: &redis.UniversalOptions{
			Addrs:    []string{os.Getenv("REDIS_ADDR")},
			Username: "grimoire", Password: os.Getenv("REDIS_PASSWORD"),
		},
		ProjectID: projectID,
	})
	if err != nil {
		log.Fatal(err)
	}
	// What is revoked here goes to the others, and their revocations to the verifier.
	client, err := stytchclient.New(stytchclient.Config{
		ProjectID: projectID, Secret: grimoireauth.NewSecret(os.Getenv("STYTCH_SECRET")),
		OnRevoke: replica.Add,
	})
	if err != nil {
		log.Fatal(err)
	}
	verifier, err := jwtlocal.New(jwtlocal.Config{
		ProjectID: projectID, Refresh: client.Sessions.Authenticate,
		Revocations: replica.Revocations(), OnRevoke: replica.Add,
	})
	if err != nil {
		log.Fatal(err)
	}
	guard, err := middleware.New(verifier.Authenticate, middleware.Config{
		Can: client.Can, Fresh: verifier.Refresh, Watch: verifier.Watch, SessionMarks: client.SessionMarks(),
	})
	if err != nil {
		log.Fatal(err)
	}
	server := &http.Server{Addr: ":8080", Handler: guard.Require(http.NotFoundHandler())}

	// Run begins before the first request and ends after the last one, so that a sign-out
	// that is under way is still published.
	following, stopFollowing := context.WithCancel(context.Background())
	var parts sync.WaitGroup
	parts.Go(func() { _ = replica.Run(following) })

	interrupted, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	parts.Go(func() {
		<-interrupted.Done()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_ = server.Shutdown(ctx)
		stopFollowing()
	})
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		log.Print(err)
	}
	stop()
	parts.Wait()
}
