package aci_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// seedsEnv is which seeds TestSchedules runs: how many, or the first and the last ("500-999"). Unset: as many as fit into
// seedTime, at most defaultSeeds.
const (
	seedsEnv     = "PACIFIC_HARNESS_SEEDS"
	seedTime     = 15 * time.Second
	defaultSeeds = 400
)

// A schedule is what one seed makes: a job and what goes wrong during it.
type schedule struct {
	seed    uint64
	output  payload
	code    int
	faults  []scheduled
	dropped []int // faults that shrinking has taken away
}

// A scheduled fault is one thing that goes wrong. Exactly one part is set.
type scheduled struct {
	text string
	// settings are laid over the emulator's before the start.
	settings string
	// window spoils requests from one time to another.
	window *faultWindow
	// event happens to the job at a time.
	event string
	at    time.Duration
	// slow makes the output slow.
	slow func(*harnessOutput)
}

type faultWindow struct {
	from, to  time.Duration
	operation string // empty: all
	effect    wireEffect
	// times bounds how many requests are spoilt; 0: all.
	times int
}

func newSchedule(seed uint64) *schedule {
	r := rand.New(rand.NewPCG(seed, 9))
	s := &schedule{seed: seed, output: randomPayload(r), code: []int{0, 0, 1, 3, 137, 143, 255}[r.IntN(7)]}
	length := time.Duration(0)
	for _, c := range s.output {
		length += c.after
	}
	missing := false
	for range 1 + r.IntN(6) {
		f := randomFault(r, length)
		// A group that exists may be not found once. Two such answers are Azure's word.
		if w := f.window; w != nil && w.effect.kind == "404" {
			if missing {
				continue
			}
			missing, w.times = true, 1
		}
		s.faults = append(s.faults, f)
	}
	return s
}

// randomPayload writes in one of the ways that have lost output somewhere: steadily, in bursts, as binary data, in long
// lines, with and without a last newline.
func randomPayload(r *rand.Rand) payload {
	var p payload
	n := 0
	lines := func(count int) []byte {
		var b []byte
		for range count {
			b = fmt.Appendf(b, "line %06d\n", n) // none begins as another that is whole
			n++
		}
		return b
	}
	pause := func(most int) time.Duration { return time.Duration(r.IntN(most*1000)+1) * time.Millisecond }
	for range 1 + r.IntN(4) {
		switch r.IntN(24) {
		case 0: // more than Azure gives of a running container's log, seldom, as it takes a second
			if r.IntN(10) > 0 {
				p = append(p, chunk{pause(5), lines(1)})
				continue
			}
			p = append(p, chunk{pause(20), fmt.Appendf(lines(3000), "%s\n", strings.Repeat("line\n", 1_000_000))})
		case 1, 2, 3, 4, 5:
			for range 1 + r.IntN(60) {
				p = append(p, chunk{pause(3), lines(1)})
			}
		case 6: // more than Azure keeps of an ended container's, in bytes and in lines
			p = append(p, chunk{pause(20), lines(1 + r.IntN(20000))})
		case 7, 8, 9:
			p = append(p, chunk{pause(20), lines(1 + r.IntN(3000))})
		case 10, 11, 12:
			blob := make([]byte, r.IntN(60_000))
			for i := range blob {
				blob[i] = byte(r.Uint32())
			}
			p = append(p, chunk{pause(10), blob})
		case 13, 14, 15:
			p = append(p, chunk{pause(10), fmt.Appendf(nil, "line %06d %s\n", n, strings.Repeat("x", r.IntN(100_000)))})
			n++
		case 16, 17, 18:
			p = append(p, chunk{pause(900), lines(1)})
		default:
			for range 1 + r.IntN(20) {
				p = append(p, chunk{pause(5), lines(1 + r.IntN(200))})
			}
		}
	}
	if r.IntN(3) == 0 {
		p = append(p, chunk{pause(2), []byte("line last, without a newline")})
	}
	return p
}

// randomFault makes one fault at a time within the job or shortly before or after it.
func randomFault(r *rand.Rand, length time.Duration) scheduled {
	at := time.Duration(r.Int64N(int64(length + 20*time.Second)))
	switch r.IntN(12) {
	case 0:
		settings := []string{
			`{"latency":{"place":"30s","pull":"20s","start":"5s"}}`, `{"latency":{"delete":"20s","stop":"10s"}}`, `{"latency":{"read":"2s","operation":"5s"}}`,
			`{"throttle":{"enabled":true,"reads":{"bucket":5,"perSecond":1},"writes":{"bucket":2,"perSecond":1},"deletes":{"bucket":1,"perSecond":1}}}`,
			`{"retryAfter":"3s"}`,
		}[r.IntN(5)]
		return scheduled{text: "settings " + settings, settings: settings}
	case 1:
		event := []string{"restart", "evict", "vanish", "stop", "api-restart", "delete", "recreate", "interrupt"}[r.IntN(8)]
		return scheduled{text: fmt.Sprintf("%s at %v", event, at.Round(time.Millisecond)), event: event, at: at}
	case 2, 3:
		return scheduled{text: fmt.Sprintf("the live stream breaks at %v", at.Round(time.Millisecond)), event: "break", at: at}
	case 4:
		pause := time.Duration(r.IntN(200)) * time.Millisecond
		return scheduled{text: fmt.Sprintf("each write takes %v", pause), slow: func(o *harnessOutput) { o.pause = pause }}
	case 5:
		long, after := time.Duration(r.IntN(600))*time.Second, r.IntN(100_000)
		return scheduled{text: fmt.Sprintf("the reader pauses for %v after %d bytes", long, after), slow: func(o *harnessOutput) { o.long, o.after = long, after }}
	}
	w := &faultWindow{from: at, effect: wireEffect{kind: wireKinds[r.IntN(len(wireKinds))]}}
	if r.IntN(4) == 0 {
		w.effect = wireEffect{"delay", time.Duration(r.IntN(90_000)) * time.Millisecond}
	}
	w.operation = []string{"", "", "get", "get", "logs", "logs", "attach", "stream", "put", "delete", "token", "operation", "stop"}[r.IntN(13)]
	w.to = at + time.Duration(r.IntN(180))*time.Second
	if r.IntN(2) == 0 {
		w.times = 1 + r.IntN(3)
		w.to = at + time.Hour
	}
	if w.operation == "put" || w.operation == "token" { // they come at the start
		w.from = 0
	}
	return scheduled{window: w}
}

// String says what goes wrong.
func (f scheduled) String() string {
	w := f.window
	if w == nil {
		return f.text
	}
	return fmt.Sprintf("%s %q requests from %v to %v, at most %d (0: all), %v", w.effect.kind, w.operation,
		w.from.Round(time.Millisecond), w.to.Round(time.Millisecond), w.times, w.effect.delay)
}

// kept lists the faults that are left, with their numbers.
func (s *schedule) kept() (numbers []int, list []scheduled) {
	for i, f := range s.faults {
		if !slices.Contains(s.dropped, i) {
			numbers, list = append(numbers, i), append(list, f)
		}
	}
	return numbers, list
}

// replay names the schedule for replayEnv.
func (s *schedule) replay() string {
	numbers, _ := s.kept()
	words := make([]string, len(numbers))
	for i, n := range numbers {
		words[i] = strconv.Itoa(n)
	}
	return fmt.Sprintf("schedule %d %s", s.seed, strings.Join(words, ","))
}

// run runs the schedule's job in a bubble of its own.
func (s *schedule) run(t *testing.T) []violation {
	_, faults := s.kept()
	return inBubble(t, func(t *testing.T) []violation {
		h := newHarness(t, `{"latency":{"place":"2s","pull":"2s","start":"1s","delete":"3s"}}`, s.output, s.code)
		defer h.server.Close()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		out := newHarnessOutput()
		var windows []*faultWindow
		for _, f := range faults {
			switch {
			case f.settings != "":
				if err := h.server.PatchSettings([]byte(f.settings)); err != nil {
					t.Fatal(err)
				}
			case f.window != nil:
				copied := *f.window
				windows = append(windows, &copied)
			case f.slow != nil:
				f.slow(out)
			default:
				timer := time.AfterFunc(f.at, func() { h.happen(f.event, cancel) })
				defer timer.Stop()
			}
		}
		began := time.Now()
		h.wire.plan = planOf(windows, began)
		return h.run(ctx, out)
	})
}

// planOf gives each request the effect of the first window that it falls into.
func planOf(windows []*faultWindow, began time.Time) func(int, string) *wireEffect {
	used := make([]atomic.Int64, len(windows))
	return func(_ int, operation string) *wireEffect {
		for i, w := range windows {
			since := time.Since(began)
			if since < w.from || since > w.to || w.operation != "" && w.operation != operation {
				continue
			}
			if n := used[i].Add(1); w.times == 0 || int(n) <= w.times {
				return &w.effect
			}
		}
		return nil
	}
}

// happen does something to the job's group. What meets no group, or one that has ended, has not happened.
func (h *harness) happen(event string, interrupt func()) {
	ctx := context.Background()
	id := groupPath + harnessJob
	mark := func() { h.note(func() { h.happened[event] = true }) }
	if event == "break" {
		h.wire.breakStreams()
		return
	}
	if event == "interrupt" {
		mark()
		interrupt()
		return
	}
	if h.stateOf(harnessJob) == "" || h.happened["recreate"] {
		return // what has the name now is not the job's
	}
	mark() // before it is done: the client may see it at once
	switch event {
	case "stop":
		_, _ = h.owner.Stop(ctx, resourceGroup, harnessJob, nil)
	case "api-restart":
		_, _ = h.owner.BeginRestart(ctx, resourceGroup, harnessJob, nil)
	case "delete", "recreate":
		poller, err := h.owner.BeginDelete(ctx, resourceGroup, harnessJob, nil)
		if err == nil {
			_, _ = poller.PollUntilDone(ctx, nil)
		}
		if event == "recreate" {
			h.makeStranger(harnessJob)
			h.note(func() { h.taken = time.Now() })
		}
	default:
		_ = h.server.Event(ctx, event, id)
	}
}

// shrink drops faults one by one as long as the schedule still fails in the same way.
func (s *schedule) shrink(t *testing.T, kind string) {
	for i := range s.faults {
		s.dropped = append(s.dropped, i)
		same := slices.ContainsFunc(s.run(t), func(v violation) bool { return v.kind == kind })
		if !same {
			s.dropped = s.dropped[:len(s.dropped)-1]
		}
	}
}

// parseReplay reads "schedule SEED NUMBERS", and reports whether text is one.
func parseReplay(t *testing.T, text string) (*schedule, bool) {
	rest, ok := strings.CutPrefix(text, "schedule ")
	if !ok {
		return nil, false
	}
	number, kept, all := strings.Cut(rest, " ")
	seed, err := strconv.ParseUint(number, 10, 64)
	if err != nil {
		t.Fatalf("%s: %q is not a seed", replayEnv, number)
	}
	s := newSchedule(seed)
	for i := range s.faults {
		if all && !slices.Contains(strings.Split(kept, ","), strconv.Itoa(i)) {
			s.dropped = append(s.dropped, i)
		}
	}
	return s, true
}

// parseSeeds reads a number of seeds, or the first and the last.
func parseSeeds(t *testing.T, text string) (first, last uint64) {
	from, to, isRange := strings.Cut(text, "-")
	if !isRange {
		from, to = "1", text
	}
	first, err := strconv.ParseUint(from, 10, 32)
	if err == nil {
		last, err = strconv.ParseUint(to, 10, 32)
	}
	if err != nil || first == 0 {
		t.Fatalf("%s: %q is neither a number of seeds nor a range such as 500-999", seedsEnv, text)
	}
	return first, last
}

// TestSchedules runs jobs under random faults. A seed that fails is shrunk and named.
func TestSchedules(t *testing.T) {
	if s, ok := parseReplay(t, os.Getenv(replayEnv)); ok {
		_, faults := s.kept()
		for _, f := range faults {
			t.Log(f)
		}
		t.Logf("%d chunks, exit code %d", len(s.output), s.code)
		for _, v := range s.run(t) {
			t.Errorf("%s: %s", v.kind, v.detail)
		}
		return
	}
	first, last, until := uint64(1), uint64(defaultSeeds), time.Now().Add(seedTime/oneOf)
	if text := os.Getenv(seedsEnv); text != "" {
		first, last = parseSeeds(t, text)
		until = time.Now().Add(24 * time.Hour)
	}
	var all failures
	var next atomic.Uint64
	next.Store(first - 1)
	t.Run("", func(t *testing.T) {
		for worker := range 4 {
			t.Run(fmt.Sprint(worker), func(t *testing.T) {
				t.Parallel()
				for time.Now().Before(until) {
					seed := next.Add(1)
					if seed > last {
						return
					}
					s := newSchedule(seed)
					found := s.run(t)
					if len(found) > 0 && all.fresh(found) {
						s.shrink(t, found[0].kind)
						found = appendTexts(s, s.run(t))
					}
					all.note(s.replay(), found)
				}
			})
		}
	})
	all.report(t)
}

// appendTexts says with each violation what went wrong before it.
func appendTexts(s *schedule, found []violation) []violation {
	_, faults := s.kept()
	var texts []string
	for _, f := range faults {
		texts = append(texts, f.String())
	}
	encoded, _ := json.Marshal(texts)
	for i := range found {
		found[i].detail += " after " + string(encoded)
	}
	return found
}

// fresh reports whether one of the violations is of a kind that was seen less than three times: shrinking costs time.
func (f *failures) fresh(found []violation) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.ContainsFunc(found, func(v violation) bool { return f.kinds[v.kind] == nil || len(f.kinds[v.kind].replays) < 3 })
}
