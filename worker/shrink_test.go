package worker_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/prefect"
)

const (
	// schedulesEnv is how many random schedules are run; without it as many as fit into scheduleTime, at most usualSchedules.
	schedulesEnv   = "PACIFIC_WORKER_SCHEDULES"
	usualSchedules = 100
	scheduleTime   = 20 * time.Second
	// shrinkRuns is how often a schedule is run again at most to shrink it.
	shrinkRuns = 80
	// shrinkEach is how many schedules that fail in one way are shrunk.
	shrinkEach = 2
)

// shrink takes words out of a schedule as long as it fails in the same way: first halves of them, then smaller parts, at last
// each alone. It runs the schedule at most limit times, and gives how often it did.
func shrink(s schedule, limit int, fails func(schedule) bool) (schedule, int) {
	runs := 0
	for size := (len(s) + 1) / 2; size > 0; {
		dropped := false
		for from := 0; from < len(s); {
			if runs == limit {
				return s, runs
			}
			rest := slices.Delete(slices.Clone(s), from, min(from+size, len(s)))
			runs++
			if fails(rest) {
				s, dropped = rest, true
			} else {
				from += size
			}
		}
		if size > 1 {
			size = min((size+1)/2, max(1, len(s)/2))
		} else if !dropped {
			break
		}
	}
	return s, runs
}

// shrinkFailure makes a schedule of a seed that failed as small as it can. The words are those of the seed and of the faults
// that were drawn. It is nil if they do not fail in the same way.
func shrinkFailure(t *testing.T, s schedule, fired []string, kind string, also func(*playing)) schedule {
	whole := append(slices.Clone(s), fired...)
	fails := func(s schedule) bool {
		found, _ := playSchedule(t, s, nil, also)
		return slices.ContainsFunc(found, func(v violation) bool { return v.kind == kind })
	}
	if again := fails(whole); !again && !fails(whole) { // twice, as it may depend on the order of goroutines
		return nil
	}
	// The end stays, as it says when the last worker comes.
	isEnd := func(word string) bool { return strings.HasPrefix(word, "end=") }
	end := slices.DeleteFunc(slices.Clone(whole), func(word string) bool { return !isEnd(word) })
	small, _ := shrink(slices.DeleteFunc(whole, isEnd), shrinkRuns, func(s schedule) bool { return fails(append(slices.Clone(s), end...)) })
	return append(small, end...)
}

// replayed plays what a replay line names: "schedule" and its words, or "seed" and a number. It reports whether text is one.
func replayed(t *testing.T, text string) (found []violation, mine bool) {
	kind, rest, _ := strings.Cut(text, " ")
	switch kind {
	case "schedule":
		found, _ = playSchedule(t, parseSchedule(rest), nil, nil)
	case "seed":
		seed := must(strconv.ParseUint(rest, 10, 64))(t)
		found, _ = playSchedule(t, drawSchedule(seed), &seed, nil)
	default:
		return nil, false
	}
	return found, true
}

// TestSchedules holds random schedules of faults to what a worker promises. One that fails is shrunk before it is printed.
func TestSchedules(t *testing.T) {
	if replay := os.Getenv(replayEnv); replay != "" {
		found, mine := replayed(t, replay)
		if !mine {
			t.Skip("another test's case")
		}
		for _, v := range found {
			t.Errorf("%s: %s", v.kind, v.detail)
		}
		return
	}
	count, until := uint64(usualSchedules), time.Now().Add(scheduleTime)
	if asked := os.Getenv(schedulesEnv); asked != "" {
		count, until = must(strconv.ParseUint(asked, 10, 32))(t), time.Now().Add(24*time.Hour)
	}
	var next, played atomic.Uint64
	var mu sync.Mutex
	shrunk := map[string]int{}
	t.Run("", func(t *testing.T) {
		for shard := range 4 {
			t.Run(fmt.Sprint(shard), func(t *testing.T) {
				t.Parallel()
				for time.Now().Before(until) {
					seed := next.Add(1) - 1
					if seed >= count {
						return
					}
					s := drawSchedule(seed)
					found, fired := playSchedule(t, s, &seed, nil)
					played.Add(1)
					if len(found) == 0 {
						continue
					}
					mu.Lock()
					shrunk[found[0].kind]++
					first := shrunk[found[0].kind] <= shrinkEach
					mu.Unlock()
					replay := "schedule " + slices.Concat(s, fired).String()
					if first {
						if small := shrinkFailure(t, s, fired, found[0].kind, nil); small != nil {
							replay = "schedule " + small.String()
						} else {
							replay = fmt.Sprintf("seed %d", seed) // it depends on the order of goroutines; try it some times
						}
					}
					for _, v := range found {
						t.Errorf("seed %d: %s: %s\n\treplay: %s='%s' go test ./worker -run '^TestSchedules$' -count 1", seed, v.kind, v.detail, replayEnv, replay)
					}
				}
			})
		}
	})
	t.Logf("%d schedules", played.Load())
}

// TestShrink: a promise that does not hold where a container is evicted shrinks to the eviction, and what it needs to happen.
func TestShrink(t *testing.T) {
	s := parseSchedule(`world=quota r0=60s r1=100s r2=30s 0s:start=w0 20s:start=w1 25s:kill=w0 50s:away=20s 90s:evict=r1 100s:restart=r7 end=400s`)
	fired := []string{"w0/azure:PUT:group/r0#0=429", "w0/azure:PUT:group/r1#0=503+", "w1/azure:GET:group/r1#1=drop", "w0/prefect:POST:flow_runs/*/set_state/r2#0=drop+"}
	broken := func(p *playing) {
		for _, run := range p.runs {
			if p.stateOf(run.ID).Type == prefect.StateCrashed {
				p.violate("nothing crashes", "%s", p.names[run.ID])
			}
		}
	}
	if found, _ := playSchedule(t, append(slices.Clone(s), fired...), nil, nil); len(found) > 0 {
		t.Fatalf("without the broken promise: %v", found)
	}
	got := shrinkFailure(t, s, fired, "nothing crashes", broken)
	want := regexp.MustCompile(`^r1=100s (0s:start=w0|20s:start=w1) 90s:evict=r1 end=400s$`)
	if !want.MatchString(got.String()) {
		t.Errorf("got %q, want %s", got, want)
	}
	if found, _ := playSchedule(t, parseSchedule(got.String()), nil, broken); len(found) != 1 || found[0].kind != "nothing crashes" {
		t.Errorf("the replay of %q gives %v", got, found)
	}
}

// TestShrinkIsBounded: words that are needed stay, and a schedule is not run without end.
func TestShrinkIsBounded(t *testing.T) {
	var s schedule
	for i := range 64 {
		s = append(s, strconv.Itoa(i))
	}
	needs := func(s schedule) bool { return slices.Contains(s, "3") && slices.Contains(s, "60") }
	if got, runs := shrink(s, 200, needs); got.String() != "3 60" || runs > 60 {
		t.Errorf("got %q after %d runs, want \"3 60\" after at most 60", got, runs)
	}
	if got, runs := shrink(s, 5, needs); runs != 5 || !needs(got) {
		t.Errorf("got %q after %d runs, want 5 runs and words that still fail", got, runs)
	}
	if got, _ := shrink(s, 200, func(schedule) bool { return false }); len(got) != len(s) {
		t.Errorf("got %q, want all words, as all are needed", got)
	}
}

// TestScheduleWords: each seed's words are understood, and others are not.
func TestScheduleWords(t *testing.T) {
	for seed := range uint64(50) {
		s := drawSchedule(seed)
		runs, actions, _, err := s.parts()
		if err != nil || len(runs) < 3 || len(actions) == 0 || s.end() < 12*time.Second || worldSettings[s.value("world")] == "" {
			t.Errorf("seed %d, %s: %d runs, %d actions, error %v", seed, s, len(runs), len(actions), err)
		}
	}
	for _, word := range []string{"r0", "5s:kill", "w0/azure:PUT:group/r1#0=500", "x=1"} {
		if _, _, _, err := parseSchedule("r0=3s " + word).parts(); err == nil {
			t.Errorf("%q is taken for a word", word)
		}
	}
}
