package middleware_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"sync/atomic"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
)

// A stream ends when its reader is taken out of the class, here in the application's own
// table.
func ExampleGuard_Watch() {
	var enrolled atomic.Bool // Ada, in LAWS1100
	enrolled.Store(true)
	guard, err := middleware.New(exampleAuth, middleware.Config{
		Role: func(context.Context, grimoireauth.Session, grimoireauth.ClassID) (grimoireauth.Role, error) {
			if enrolled.Load() {
				return grimoireauth.RoleStudent, nil
			}
			return grimoireauth.RoleNone, nil
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	events := func(w http.ResponseWriter, r *http.Request) {
		ctx := guard.Watch(r)
		if err := context.Cause(ctx); err != nil {
			guard.Respond(w, r, err)
			return
		}
		fmt.Fprintln(w, "event: welcome")

		// Meanwhile Ada is removed from the class. Without the announcement the stream
		// would end within ten seconds.
		enrolled.Store(false)
		guard.Changed(grimoireauth.Person{Member: "ada", Class: "LAWS1100"})

		<-ctx.Done() // beside the channel with what is to be sent
		fmt.Println("ended:", context.Cause(ctx))
	}
	mux := http.NewServeMux()
	mux.Handle("GET /classes/{class}/events", guard.InClass(middleware.PathClass("class"), grimoireauth.RoleStudent)(http.HandlerFunc(events)))
	fmt.Println(visit(guard, mux, "/classes/LAWS1100/events", "ada.s.jwt"))
	fmt.Println(visit(guard, mux, "/classes/LAWS1100/events", "ada.s.jwt"))
	// Output:
	// ended: not found
	// 200
	// 404
}

// A stream of another protocol is decided and watched in one step.
func ExampleGuard_DecideAndWatch() {
	guard, err := middleware.New(exampleAuth, middleware.Config{})
	if err != nil {
		log.Fatal(err)
	}
	credentials := grimoireauth.NewCredentials("ada.s.jwt", "") // from the metadata of the call
	ctx, decision, err := guard.DecideAndWatch(context.Background(), credentials, middleware.HasRole("laws1100", grimoireauth.RoleStudent))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(decision.Person.Member, decision.Role)
	guard.EndWatches() // the server stops
	<-ctx.Done()
	fmt.Println(context.Cause(ctx))
	// Output:
	// ada student
	// http: Server closed
}
