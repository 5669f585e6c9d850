package orchestration

import (
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/pacific-aci/pacific/emulator/prefect/internal/concurrency"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/view"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/work"
)

// The services sleep until something is due, and know only the next moment (due), not what happens then: each look goes
// through the records, and asks for the next one.
//
//	            wake                    due, or a request
//	no timer ─────────▶ timer for due ─────────────────────▶ runDue ▶ timer for the next, or none
//	                      ▲  │ wake, for an earlier moment
//	                      └──┘
//
// So a test in fake time ends when nothing is due any more, and no goroutine is left behind (TestIdleServices).

// oldest is how long the last look may be ago when a request comes: the server's own loops take 5 s and longer.
const oldest = 5 * time.Second

// Services are what a server does by itself: it makes runs of schedules, marks runs late that nobody starts, notices
// workers and pollers that are gone, and lets pauses and leases end. A server looks every few seconds; this one looks when
// something is due: before each request, by [Services.Look], and by one timer for the next moment. Make them with
// NewServices; Close them.
type Services struct {
	db    *db.DB
	rules *Rules
	log   *slog.Logger
	// The rest is under the records' lock.
	timer   *time.Timer
	due     time.Time
	looked  time.Time
	looking bool
	closed  bool
	running sync.WaitGroup
}

// NewServices starts the services of the rules' records: it sets their Wake. What goes wrong in the background goes to log.
func NewServices(rules *Rules, log *slog.Logger) *Services {
	s := &Services{db: rules.db, rules: rules, log: log}
	s.db.Wake = s.wake
	return s
}

// Close ends them, and waits for what is running. The lock must not be held.
func (s *Services) Close() {
	s.db.Lock()
	s.closed = true
	if s.timer != nil && s.timer.Stop() {
		s.running.Done()
	}
	s.db.Unlock()
	s.running.Wait()
}

// Look does what is due. It wants the lock, and is for each request.
func (s *Services) Look() {
	now := time.Now()
	if !s.due.IsZero() && !now.Before(s.due) || now.Sub(s.looked) >= oldest {
		s.runDue(now)
	}
}

// wake asks for a look at a moment. It wants the lock.
func (s *Services) wake(at time.Time) {
	if !s.due.IsZero() && !at.Before(s.due) {
		return
	}
	s.due = at
	if !s.looking {
		s.arm()
	}
}

// arm sets the timer to the moment that is due. running counts the timer from here until it has fired or was stopped, so
// that Close can wait for one that is just firing.
func (s *Services) arm() {
	if s.closed {
		return
	}
	if s.timer != nil && s.timer.Stop() {
		s.running.Done()
	}
	if s.due.IsZero() {
		return
	}
	s.running.Add(1)
	s.timer = time.AfterFunc(time.Until(s.due), s.background)
}

// background does what is due when nobody asks. A panic is a mistake of ours, but here it would end the whole program.
func (s *Services) background() {
	defer s.running.Done()
	s.db.Lock()
	defer s.db.Unlock()
	defer func() {
		if p := recover(); p != nil {
			s.log.Error("a service of the emulated Prefect API failed", "error", fmt.Sprintf("panic: %v\n%s", p, debug.Stack()))
		}
	}()
	if now := time.Now(); !s.closed && !s.due.IsZero() && !now.Before(s.due) {
		s.runDue(now)
	}
}

// runDue does all that is due, and finds out what is next. What it does may wake for other moments; looking puts the timer off
// until all of them are known.
func (s *Services) runDue(now time.Time) {
	s.due, s.looked, s.looking = time.Time{}, now, true
	defer func() { // also after a panic
		s.looking = false
		s.arm()
	}()
	if scheduleAll(s.db, now) {
		s.wake(now.Add(scheduleLoop))
	}
	s.runs(now)
	s.ready(now)
	for _, next := range []time.Time{concurrency.ExpireLeases(s.db), s.rules.CleanUp()} {
		if !next.IsZero() {
			s.wake(next)
		}
	}
}

// runs marks what is late, and fails what was paused for too long.
func (s *Services) runs(now time.Time) {
	for run := range s.db.FlowRuns.All() {
		if late := lateAt(run); !late.IsZero() {
			s.at(now, late, func() { s.rules.MarkLate(run) })
		}
		if end := pauseEnds(run); !end.IsZero() {
			s.at(now, end, func() {
				s.rules.Set(run, NewState(db.Failed, "The flow was paused and never resumed."), true)
			})
		}
	}
}

// at does something whose time has come, or asks for another look then. Nothing is planned beyond that: what is due may have
// changed by then, and the look goes by the records alone.
func (s *Services) at(now, due time.Time, do func()) {
	if now.Before(due) {
		s.wake(due)
		return
	}
	do()
}

// ready notices pools without workers, and queues and deployments that nobody polls.
func (s *Services) ready(now time.Time) {
	for w := range s.db.Workers.All() {
		s.at(now, work.OfflineAt(w), func() {})
	}
	for pool := range s.db.WorkPools.All() {
		if !pool.Ready || work.HasOnlineWorker(s.db, pool.ID) {
			continue
		}
		if pool.Ready = false; !pool.IsPaused {
			view.EmitPoolStatus(s.db, pool)
		}
	}
	for q := range s.db.WorkQueues.All() {
		if !q.Ready {
			continue
		}
		s.at(now, q.LastPolled.Add(work.PollTimeout), func() {
			if q.Ready = false; !q.IsPaused {
				view.EmitQueueStatus(s.db, q)
			}
		})
	}
	for d := range s.db.Deployments.All() {
		if !d.Ready {
			continue
		}
		polled := d.LastPolled.Time
		if q := s.db.WorkQueues.Pointed(d.WorkQueueID); q != nil && q.LastPolled.After(polled) {
			polled = q.LastPolled.Time
		}
		s.at(now, polled.Add(work.PollTimeout), func() { work.SetDeploymentReady(s.db, d, false) })
	}
}
