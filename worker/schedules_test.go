package worker_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/prefect"
)

// schedulesEnv is how many random schedules are run; without it a few.
const schedulesEnv = "PACIFIC_WORKER_SCHEDULES"

const usualSchedules = 16

// A schedule is what happens in one world, all from one seed: runs of several kinds, workers that come and are killed, and
// faults on their wires and in Azure.
type schedule struct {
	*world
	rng *rand.Rand

	guard sync.Mutex
	// happened are the groups to which something was done on purpose.
	happened map[string]string
	// asked are the runs whose program asked to be completed, reported those of them that got to hear that they are.
	asked, reported map[prefect.ID]bool
	crashing        map[prefect.ID]bool
	away            bool
	quiet           bool
	wrong           []string
}

func (s *schedule) addWrong(format string, args ...any) {
	s.guard.Lock()
	defer s.guard.Unlock()
	s.wrong = append(s.wrong, fmt.Sprintf(format, args...))
}

// run is what a flow's container does: it completes, or ends without a word.
func (s *schedule) program(ctx context.Context, c *container, d time.Duration) int {
	select {
	case <-time.After(3 * time.Second):
	case <-ctx.Done():
		return 143
	}
	// A container that the platform restarts after the end does not do it all again: that would be the flow's doing.
	if s.stateOf(c.id).Type.Terminal() || c.set(ctx, prefect.State{Type: prefect.StateRunning}).Type != prefect.StateRunning {
		return 0
	}
	select {
	case <-time.After(d):
	case <-ctx.Done():
		return 143
	}
	s.guard.Lock()
	crash := s.crashing[c.id]
	s.guard.Unlock()
	if crash {
		return 3
	}
	s.guard.Lock()
	s.asked[c.id] = true
	s.guard.Unlock()
	if c.set(ctx, prefect.State{Type: prefect.StateCompleted}).Type == prefect.StateCompleted {
		s.guard.Lock()
		s.reported[c.id] = true
		s.guard.Unlock()
	}
	return 0
}

// fault draws what becomes of one request.
func (s *schedule) fault(rng *rand.Rand, share float64) func(int, *http.Request) fault {
	return func(_ int, r *http.Request) fault {
		s.guard.Lock()
		away, quiet := s.away, s.quiet
		s.guard.Unlock()
		toPrefect := strings.HasPrefix(r.URL.Path, "/api/")
		if quiet || strings.Contains(r.URL.Path, "oauth2") || strings.Contains(r.URL.Path, "openid") {
			return fault{}
		}
		if away && toPrefect {
			return fault{drop: true}
		}
		if rng.Float64() >= share {
			return fault{}
		}
		switch rng.IntN(5) {
		case 0:
			return fault{status: http.StatusTooManyRequests}
		case 1:
			return fault{status: http.StatusServiceUnavailable}
		case 2:
			return fault{status: http.StatusServiceUnavailable, applied: true}
		case 3:
			return fault{drop: true}
		}
		return fault{drop: true, applied: true}
	}
}

// member starts a worker whose wire has faults, and which may be killed later.
func (s *schedule) member(number int) *member {
	m := s.worker(fmt.Sprintf("worker-%d", number), nil)
	m.wire.fault = s.fault(rand.New(rand.NewPCG(s.rng.Uint64(), 7)), 0.15*s.rng.Float64())
	s.begin(m)
	return m
}

// disturb does something to the group of a run that has one.
func (s *schedule) disturb(run prefect.FlowRun) {
	containers := s.containersOf(run.ID)
	if len(containers) == 0 {
		return
	}
	group := containers[len(containers)-1].group
	kind := []string{"evict", "restart", "vanish"}[s.rng.IntN(3)]
	id := "/subscriptions/" + s.azure.Account().SubscriptionID + "/resourceGroups/" + worldGroup + "/providers/Microsoft.ContainerInstance/containerGroups/" + group
	s.guard.Lock()
	s.happened[group] = kind
	s.guard.Unlock()
	_ = s.azure.Event(context.Background(), kind, id) // it may be gone already
}

// play carries the schedule out.
func (s *schedule) play() {
	var runs []prefect.FlowRun
	durations := map[prefect.ID]time.Duration{}
	for range 3 + s.rng.IntN(4) {
		run := s.run()
		runs = append(runs, run)
		durations[run.ID] = time.Duration(1+s.rng.IntN(240)) * time.Second
		s.crashing[run.ID] = s.rng.IntN(6) == 0
	}
	s.world.program = func(ctx context.Context, c *container) int { return s.program(ctx, c, durations[c.id]) }
	members := []*member{s.member(0)}
	for step := range 12 {
		time.Sleep(time.Duration(1+s.rng.IntN(40)) * time.Second)
		switch s.rng.IntN(6) {
		case 0:
			members[s.rng.IntN(len(members))].kill()
			members = append(members, s.member(step+1))
		case 1:
			members = append(members, s.member(step+1))
		case 2:
			s.disturb(runs[s.rng.IntN(len(runs))])
		case 3:
			s.guard.Lock()
			s.away = !s.away
			s.guard.Unlock()
		case 4:
			members[s.rng.IntN(len(members))].stop()
		}
	}
	s.guard.Lock()
	s.quiet, s.away = true, false
	s.guard.Unlock()
	last := s.start("last", nil)
	if err := s.untilSettled(runs, 6*time.Hour); err != nil {
		s.addWrong("%v", err)
	}
	for _, m := range append(members, last) {
		m.join(s)
		if left := m.Status().InFlight; len(left) > 0 {
			s.addWrong("worker %s has not let go of %v", m.Name(), left)
		}
	}
	for _, run := range runs {
		s.check(run)
	}
}

// check holds one run to what was.
func (s *schedule) check(run prefect.FlowRun) {
	containers := s.containersOf(run.ID)
	disturbed := false
	for i, c := range containers {
		disturbed = disturbed || s.happened[c.group] != ""
		if c.ended.IsZero() {
			s.addWrong("run %s: container %d of %d still runs", run.ID, i+1, len(containers))
		}
		if i > 0 && containers[i-1].ended.After(c.began) {
			s.addWrong("run %s: two containers ran at once", run.ID)
		}
	}
	if len(containers) > 1 && !disturbed {
		s.addWrong("run %s: %d containers, and nothing was done to any", run.ID, len(containers))
	}
	if ends := s.endsOf(run.ID); ends != 1 {
		var story []string
		for _, state := range must(s.prefect.FlowRunStates(context.Background(), run.ID))(s) {
			story = append(story, fmt.Sprintf("%s %s %s", state.Timestamp.Format(time.TimeOnly), state.Name, state.Message))
		}
		s.addWrong("run %s ended %d times:\n\t%s", run.ID, ends, strings.Join(story, "\n\t"))
	}
	state := s.stateOf(run.ID)
	switch {
	case s.reported[run.ID] && state.Type != prefect.StateCompleted:
		s.addWrong("run %s had completed and is %s: %s", run.ID, state.Name, state.Message)
	case !s.asked[run.ID] && state.Type == prefect.StateCompleted:
		s.addWrong("run %s is Completed, and no container said so", run.ID)
	case state.Type == prefect.StateCrashed && !disturbed && !s.crashing[run.ID]:
		s.addWrong("run %s is Crashed without a cause: %s", run.ID, state.Message)
	}
}

// scheduled carries out the schedule of a seed and gives what is wrong.
func scheduled(t *testing.T, seed uint64) (wrong []string) {
	defer func() {
		if p := recover(); p != nil {
			wrong = append(wrong, fmt.Sprint(p))
		}
	}()
	synctest.Test(t, func(inner *testing.T) {
		rng := rand.New(rand.NewPCG(seed, 1))
		settings := usualLatency
		if rng.IntN(3) == 0 {
			settings = `{"latency":{"place":"2s","pull":"20s","start":"1s","stop":"2s","delete":"9s"},"quota":{"containerGroups":2,"enforced":true}}`
		}
		s := &schedule{world: newWorld(inner, settings), rng: rng, happened: map[string]string{}, asked: map[prefect.ID]bool{}, reported: map[prefect.ID]bool{}, crashing: map[prefect.ID]bool{}}
		defer s.close()
		s.play()
		wrong = s.wrong
	})
	return wrong
}

// TestSchedules holds random schedules of faults to what a worker promises.
func TestSchedules(t *testing.T) {
	if replay := os.Getenv(replayEnv); replay != "" {
		var seed uint64
		if _, err := fmt.Sscanf(replay, "schedule %d", &seed); err != nil {
			t.Skip("another test's case")
		}
		for _, w := range scheduled(t, seed) {
			t.Error(w)
		}
		return
	}
	count := usualSchedules
	if asked := os.Getenv(schedulesEnv); asked != "" {
		count = must(strconv.Atoi(asked))(t)
	}
	t.Logf("%d schedules", count)
	const shards = 4
	for shard := range shards {
		t.Run(fmt.Sprint(shard), func(t *testing.T) {
			t.Parallel()
			for seed := shard; seed < count; seed += shards {
				for _, w := range scheduled(t, uint64(seed)) {
					t.Errorf("%s\n\treplay: %s='schedule %d' go test ./worker -run '^TestSchedules$' -count 1", w, replayEnv, seed)
				}
			}
		})
	}
}
