package aci_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// replayEnv names one case of the harness, as a failure prints it: "each 12 stalled body", "each 3 delay 45s" or "schedule 77 1,4".
const replayEnv = "PACIFIC_HARNESS_REPLAY"

// failures collects what the cases of a test found, by kind: a thousand failures are of a few kinds.
type failures struct {
	mu    sync.Mutex
	kinds map[string]*failureKind
	cases int
}

type failureKind struct {
	first   string
	replays []string
}

func (f *failures) note(replay string, found []violation) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.cases++
	if f.kinds == nil {
		f.kinds = map[string]*failureKind{}
	}
	for _, v := range found {
		kind := f.kinds[v.kind]
		if kind == nil {
			kind = &failureKind{first: v.detail}
			f.kinds[v.kind] = kind
		}
		kind.replays = append(kind.replays, replay)
	}
}

// report fails the test with one line for each kind and the command that shows it again.
func (f *failures) report(t *testing.T) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(f.kinds)) {
		kind := f.kinds[name]
		t.Errorf("%s: %d of %d cases; the first: %s\n\treplay: %s='%s' go test ./aci -run '^%s$' -count 1 -v\n\tall: %s",
			name, len(kind.replays), f.cases, kind.first, replayEnv, kind.replays[0], t.Name(), strings.Join(kind.replays, ", "))
	}
	t.Logf("%d cases", f.cases)
}

// inBubble runs one case in fake time. Goroutines that are left behind are a failure too.
func inBubble(t *testing.T, f func(t *testing.T) []violation) (found []violation) {
	defer func() {
		if p := recover(); p != nil {
			found = append(found, violation{"goroutines left", fmt.Sprint(p)})
		}
	}()
	synctest.Test(t, func(t *testing.T) { found = f(t) })
	return found
}

// eachPayload has all that output can be, within limits that lose nothing: many lines, a long line, bytes that are no
// text, and an end without a newline.
func eachPayload() payload {
	var p payload
	for i := range 30 {
		p = append(p, chunk{time.Second, fmt.Appendf(nil, "line %d\n", i)})
	}
	p = append(p, chunk{time.Second, []byte(strings.Repeat("long ", 1000) + "\n")})
	return append(p, chunk{time.Second, []byte("line last, without a newline")})
}

// eachCase runs one job with one effect on one request.
func eachCase(t *testing.T, request int, kind string, operations *[]string) []violation {
	effect := effectOf(kind)
	return inBubble(t, func(t *testing.T) []violation {
		h := newHarness(t, `{"latency":{"place":"2s","pull":"2s","start":"1s","delete":"3s"}}`, eachPayload(), 3)
		defer h.server.Close()
		operation := ""
		h.wire.plan = func(n int, of string) *wireEffect {
			if n != request {
				return nil
			}
			operation = of
			return &effect
		}
		found := h.run(t.Context(), newHarnessOutput())
		if operations != nil {
			*operations = h.wire.operations
		}
		// One answer that comes late, or not at all, or is no answer, is no reason to give anything up. One that Azure
		// means, before anything runs, is.
		// So is a sign-in that is refused, or that a network's own page answers.
		signIn := (operation == "token" || operation == "other") && (effect.kind == "401" || effect.kind == "garbage body")
		if len(h.runs) == 0 && len(found) == 0 && !effect.lasting() && !signIn {
			found = append(found, violation{"given up before the start", "the job never ran"})
		}
		for i := range found {
			found[i].detail = fmt.Sprintf("request %d (%s) %s: %s", request, operation, kind, found[i].detail)
		}
		return found
	})
}

// TestEachRequest disturbs every request of a run in turn, in every way.
func TestEachRequest(t *testing.T) {
	var request int
	var kind string
	if replay, ok := strings.CutPrefix(os.Getenv(replayEnv), "each "); ok {
		number, rest, _ := strings.Cut(replay, " ")
		if _, err := fmt.Sscan(number, &request); err != nil {
			t.Fatalf("%s: %q is not the number of a request", replayEnv, number)
		}
		kind = rest
		for _, v := range eachCase(t, request, kind, nil) {
			t.Errorf("%s: %s", v.kind, v.detail)
		}
		return
	}
	var operations []string
	for _, v := range eachCase(t, -1, "", &operations) {
		t.Errorf("without faults: %s: %s", v.kind, v.detail)
	}
	t.Logf("%d requests: %s", len(operations), strings.Join(operations, " "))
	type eachOne struct {
		request int
		kind    string
	}
	var cases []eachOne
	for i := range operations {
		for k, kind := range eachKinds {
			// Of a third of the cases each request has a few, and each kind many.
			if (i+k)%oneOf > 0 {
				continue
			}
			cases = append(cases, eachOne{i, kind})
		}
	}
	var all failures
	t.Run("", func(t *testing.T) {
		const shards = 4
		for shard := range shards {
			t.Run(fmt.Sprint(shard), func(t *testing.T) {
				t.Parallel()
				for i := shard; i < len(cases); i += shards {
					c := cases[i]
					all.note(fmt.Sprintf("each %d %s", c.request, c.kind), eachCase(t, c.request, c.kind, nil))
				}
			})
		}
	})
	all.report(t)
}
