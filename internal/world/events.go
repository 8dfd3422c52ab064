package world

import (
	"maps"
	"slices"
	"sync"
)

// events counts the events that a run should have. A run without them would pass, but
// test nothing.
type events struct {
	mu     sync.Mutex // guards counts
	counts map[string]int
}

func (e *events) happened(what string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.counts == nil {
		e.counts = make(map[string]int)
	}
	e.counts[what]++
}

func (e *events) all() map[string]int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return maps.Clone(e.counts)
}

// Sometimes has the events that have to happen in at least one of the suite's seeds.
var Sometimes = []string{
	"a 503 during an outage",
	"a change in the table announced",
	"a class archived",
	"a class switched",
	"a clock wrong beyond the leeway met a request",
	"a clock wrong within the leeway served all",
	"a deployment with another setting",
	"a deployment with other cookies",
	"a former cookie replaced",
	"a key rotation during traffic",
	"a late renewal",
	"a link opened by a mail scanner",
	"a link opened on another computer",
	"a member refused who overreached",
	"a member removed",
	"a member suspended",
	"a page left while it was loading",
	"a planted cookie",
	"a process restarted",
	"a refresh behind a request",
	"a refresh shared",
	"a request lost",
	"a role lowered",
	"a second factor given",
	"a session_jwt renewed by a front end",
	"a sign-out at one process, a request at another",
	"a stream ended after a minute of doubt",
	"a stream ended with its process",
	"a stream ended with its reader's role",
	"a stream ended with its reader's session",
	"a stream opened",
	"an account named before it is signed in",
	"an administrator refused",
	"an answer overtaken by another person's sign-in",
	"marks by permission",
	"marks refused to one who teaches another class",
	"release by permission",
	"served after the end, within the bound",
	"served while another member overreached",
	"signed in by a class chosen after",
	"signed in by a front end",
	"signed in by code",
	"signed in by google",
	"signed in by hand",
	"signed in by link",
	"signed in by password",
	"signed in by reset",
	"signed in by sso",
	"signed in over another person",
	"signed out by a front end",
	"signed out everywhere",
	"the next person sat down",
	"two tabs in one provider flow",
}

// missing returns those of Sometimes that did not happen.
func missing(counts map[string]int) []string {
	return slices.DeleteFunc(slices.Clone(Sometimes), func(what string) bool { return counts[what] > 0 })
}
