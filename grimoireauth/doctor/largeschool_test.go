package doctor_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/doctor"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// classes adds so many classes with an instructor, and names them.
func (s *fixture) classes(n int) {
	for i := range n {
		class := s.AddClass(fmt.Sprintf("Class %d", i))
		s.AddInstructor(class.ID, "ines@example.edu")
		s.check.Classes = append(s.check.Classes, class.ID)
	}
}

// said is the text of a report, without its line breaks.
func said(report doctor.Report) string { return strings.Join(strings.Fields(report.String()), " ") }

func TestDoctorFinishesALargeSchool(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newFixture()
		s.classes(999)
		s.Fail(mock.Fault{Latency: 100 * time.Millisecond})
		var inFlight, most atomic.Int64
		next := s.config.Transport
		s.config.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
			most.Store(max(most.Load(), inFlight.Add(1)))
			defer inFlight.Add(-1)
			return next.RoundTrip(r)
		})
		before := len(s.Journal())
		began := time.Now()
		codes, report := s.find(t)
		took := time.Since(began)
		searches := 0
		for _, call := range s.Journal()[before:] {
			if call.Endpoint == "POST /v1/b2b/organizations/members/search" {
				searches++
			}
		}
		t.Logf("%d classes in %v by %d calls, %d of them searches", len(s.check.Classes), took, len(s.Journal())-before, searches)
		require.Empty(t, codes)
		require.NoError(t, report.Err())
		require.Less(t, took, 40*time.Second)
		require.LessOrEqual(t, most.Load(), int64(8))
		require.LessOrEqual(t, searches, 1000/40)
		require.Len(t, report, 5+1000)
		for i, f := range report[5:] {
			require.Equal(t, grimoireauth.SeverityOK, f.Severity)
			require.Equal(t, s.check.Classes[i], f.Class, "in the order of the Options")
		}
		require.Len(t, s.steps, 1000)
		for i, step := range s.steps {
			require.Equal(t, grimoireauth.StepDone{Op: "check the project", Class: s.check.Classes[i], Done: i + 1, Total: 1000}, step)
		}
	})
}

func TestDoctorSaysThatItsTimeIsOver(t *testing.T) {
	for name, row := range map[string]struct {
		timeout time.Duration // of the Options
		context func(context.Context) (context.Context, context.CancelFunc)
		problem string
		matches error
	}{
		"its own": {5 * time.Second, context.WithCancel, "the time of the check, 5s, was over before ", context.DeadlineExceeded},
		"the caller's": {time.Hour, func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, 5*time.Second)
		}, "the time of the check, 5s, was over before ", context.DeadlineExceeded},
		"cancelled": {time.Hour, func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancelCause(ctx)
			time.AfterFunc(5*time.Second, func() { cancel(fmt.Errorf("ines@example.edu went home")) })
			return ctx, func() { cancel(nil) }
		}, "the check was cancelled after 5s, and ", context.Canceled},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newFixture()
				s.classes(999)
				s.check.Timeout = row.timeout
				s.Fail(mock.Fault{Latency: 100 * time.Millisecond})
				var steps []grimoireauth.StepDone
				s.config.Observe = func(_ context.Context, event grimoireauth.Event) {
					steps = append(steps, event.(grimoireauth.StepDone))
				}
				ctx, cancel := row.context(t.Context())
				defer cancel()
				began := time.Now()
				report := doctor.Check(ctx, s.config, s.check)
				require.Equal(t, 5*time.Second, time.Since(began))

				reached, last := len(report)-6, report[len(report)-1]
				require.Greater(t, reached, 100)
				require.Len(t, steps, reached, "the last event says how many")
				require.Equal(t, reached, steps[reached-1].Done)
				require.Equal(t, 1000, steps[reached-1].Total)
				require.Contains(t, last.Problem, row.problem)
				require.Contains(t, last.Problem, fmt.Sprintf("%d of 1000 classes", 1000-reached))
				require.Contains(t, last.Remedy, fmt.Sprintf("entry %d ", reached+1))
				require.Equal(t, grimoireauth.SeverityUnknown, last.Severity)
				require.NotContains(t, said(report), "did not answer")
				for _, f := range report[5 : 5+reached] {
					require.Equal(t, grimoireauth.SeverityOK, f.Severity)
				}
				for _, err := range []error{last.Err, report.Err()} {
					require.ErrorIs(t, err, doctor.ErrIncomplete)
					require.ErrorIs(t, err, row.matches)
					require.NotErrorIs(t, err, grimoireauth.ErrInvalid)
					require.NotContains(t, err.Error(), "@")
				}
			})
		})
	}
}

// A fault stays a fault when the time was over as well.
func TestDoctorTimeIsOverBesideAFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newFixture()
		s.check.Slugs = nil
		s.check.Classes = append([]grimoireauth.ClassID{"laws1100"}, s.check.Classes...)
		s.classes(99)
		s.check.Timeout = time.Second
		s.Fail(mock.Fault{Latency: 100 * time.Millisecond})
		codes, report := s.find(t)
		require.Equal(t, []string{"class-id-invalid"}, codes)
		require.ErrorIs(t, report.Err(), grimoireauth.ErrInvalid)
		require.ErrorIs(t, report.Err(), doctor.ErrIncomplete)
	})
}

// A Stytch that stops to answer in the middle is an outage, and no reason not to start.
func TestDoctorTellsSilenceFromTooLittleTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newFixture()
		s.classes(999)
		s.check.Timeout = 8 * time.Second
		s.config.Timeout = time.Minute
		next := s.config.Transport
		began := time.Now()
		s.config.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
			wait := 100 * time.Millisecond
			if time.Since(began) > 2*time.Second {
				wait = time.Hour
			}
			select {
			case <-time.After(wait):
			case <-r.Context().Done():
				return nil, r.Context().Err()
			}
			return next.RoundTrip(r)
		})
		codes, report := s.find(t)
		require.Empty(t, codes)
		require.NoError(t, report.Err())
		require.Contains(t, said(report), "did not answer")
		require.NotContains(t, said(report), "the time of the check")
	})
}

// After a 429 all calls wait as long as Stytch asks, if there is time.
func TestDoctorWaitsAsStytchAsks(t *testing.T) {
	for name, row := range map[string]struct {
		fault mock.Fault
		took  time.Duration // at least
		calls int           // about classes, at most
		all   bool          // all classes are looked at
	}{
		"three seconds": {mock.Fault{Status: 429, RetryAfter: 3 * time.Second, Times: 8}, 3 * time.Second, 200 + 5 + 8, true},
		"an hour":       {mock.Fault{Status: 429, RetryAfter: time.Hour}, 0, 8, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newFixture()
				s.classes(99)
				row.fault.Endpoint, row.fault.Latency = "GET /v1/b2b/organizations/{organization_id}", 10*time.Millisecond
				s.Fail(row.fault)
				before := len(s.Journal())
				began := time.Now()
				codes, report := s.find(t)
				require.Empty(t, codes)
				require.NoError(t, report.Err())
				require.GreaterOrEqual(t, time.Since(began), row.took)
				require.Less(t, time.Since(began), row.took+2*time.Second)
				require.LessOrEqual(t, len(s.Journal())-before, 2+row.calls)
				require.Len(t, s.steps, 100)
				require.Equal(t, row.all, s.steps[99].Failed == 0)
				if !row.all {
					require.ErrorIs(t, s.steps[99].Err, grimoireauth.ErrRateLimited)
					require.Contains(t, said(report), "less often")
					require.NotContains(t, said(report), "did not answer")
				}
			})
		})
	}
}

// Instructors are looked for in many classes at once, and each class has its own answer.
func TestDoctorLooksForInstructorsTogether(t *testing.T) {
	s := newFixture()
	var want []grimoireauth.ClassID
	for i := range 100 {
		class := s.AddClass(fmt.Sprintf("Class %d", i))
		switch i % 4 {
		case 0:
			s.AddInstructor(class.ID, "ines@example.edu")
		case 1:
			s.AddMember(class.ID, "cora@example.edu", "coordinator")
		default:
			s.AddStudent(class.ID, "sam@example.edu")
			want = append(want, class.ID)
		}
		s.check.Classes = append(s.check.Classes, class.ID)
	}
	before := len(s.Journal())
	_, report := s.find(t)
	var got []grimoireauth.ClassID
	for _, f := range report {
		if f.Code == "no-instructor" {
			got = append(got, f.Class)
		}
	}
	require.Equal(t, want, got)
	require.Len(t, s.Journal()[before:], 2+2*101+2*3)
}
