package job

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
)

func testApp(t *testing.T) (*cmdutil.App, *bytes.Buffer) {
	t.Helper()
	var stderr bytes.Buffer
	return cmdutil.NewApp(cmdutil.Env{Args: []string{}, Stdout: io.Discard, Stderr: &stderr, Stdin: strings.NewReader("")}), &stderr
}

// TestProgressLines holds the words of every kind of event.
func TestProgressLines(t *testing.T) {
	why := errors.New("connection reset")
	for _, test := range []struct {
		event aci.Event
		want  string
	}{
		{aci.Event{Kind: aci.EventPhase, Phase: aci.PhaseRequested}, "pacific: requested container group job\n"},
		{aci.Event{Kind: aci.EventPhase, Phase: aci.PhasePulling}, "pacific: pulling the image (0s)\n"},
		{aci.Event{Kind: aci.EventPhase, Phase: aci.PhasePulled}, "pacific: image pulled (0s)\n"},
		{aci.Event{Kind: aci.EventPhase, Phase: aci.PhaseStarted}, "pacific: container started (0s)\n"},
		{aci.Event{Kind: aci.EventPhase, Phase: aci.PhaseFirstLine}, ""},
		{aci.Event{Kind: aci.EventDeleted}, "pacific: deleted job\n"},
		{aci.Event{Kind: aci.EventWarning, Warning: &aci.Warning{Field: "Tags[\"password\"]", Text: "looks secret"}}, "pacific: warning: --tag password: looks secret\n"},
		{aci.Event{Kind: aci.EventWarning, Warning: &aci.Warning{Field: "Image", Text: "the default runs"}}, "pacific: the default runs\n"},
		{aci.Event{Kind: aci.EventPlatform, Platform: &aci.PlatformEvent{Name: "Pulled", Type: "Normal", Message: "done"}}, ""},
		{aci.Event{Kind: aci.EventPlatform, Platform: &aci.PlatformEvent{Name: "Failed", Type: "Warning", Message: "no such image"}}, "pacific: warning: azure: Failed: no such image\n"},
		{aci.Event{Kind: aci.EventRetry, Wait: 2 * time.Second, Err: why}, "pacific: trying again in 2s: connection reset\n"},
		{aci.Event{Kind: aci.EventRetry, Wait: 100 * time.Millisecond, Err: why}, ""},
		{aci.Event{Kind: aci.EventAttached}, ""},
		{aci.Event{Kind: aci.EventDetached}, ""},
		{aci.Event{Kind: aci.EventStopping}, "pacific: stopping job\n"},
		{aci.Event{Kind: aci.EventStopping, Err: &cmdutil.SignalError{Sig: os.Interrupt}}, ""},
		{aci.Event{Kind: aci.EventDetached, Err: why}, "pacific: live output broke off, polling every few seconds instead: connection reset\n"},
		{aci.Event{Kind: aci.EventViewLost, Wait: time.Minute, Err: why}, "pacific: Azure does not answer, asking again in 1m0s (the job goes on): connection reset\n"},
		{aci.Event{Kind: aci.EventViewRefused, Wait: time.Minute, Err: why}, "pacific: Azure refuses to report the state of job, asking again in 1m0s (the job goes on): connection reset\n"},
		{aci.Event{Kind: aci.EventLeft, Err: why}, ""},
		{aci.Event{Kind: aci.EventContainerFailed, Err: &aci.ContainerError{Container: "proxy", Role: aci.RoleSidecar, ExitCode: new(3)}},
			"pacific: warning: side-car container \"proxy\" ended with exit code 3\n"},
		{aci.Event{Kind: aci.EventPlatform, Platform: &aci.PlatformEvent{Name: "BackOff", Type: "Warning", Message: "again", Container: "proxy"}},
			"pacific: warning: azure: proxy: BackOff: again\n"},
		{aci.Event{Kind: aci.EventViewBack}, "pacific: Azure answers again\n"},
		{aci.Event{Kind: aci.EventGap, Gap: &aci.Gap{Lines: 3, Reason: "Azure cut them"}}, "pacific: warning: 3 lines of output may be missing: Azure cut them\n"},
		{aci.Event{Kind: aci.EventGap, Gap: &aci.Gap{Reason: "Azure cut them"}}, "pacific: warning: output may be missing: Azure cut them\n"},
		{aci.Event{Kind: aci.EventRestarted}, "pacific: warning: the container was started again although its restart policy is Never; stopping it\n"},
		{aci.Event{Kind: aci.EventStopFailed, Err: why}, "pacific: warning: could not stop job, so its containers get no time to end by themselves: connection reset\n"},
		{aci.Event{Kind: aci.EventStopping, Err: why}, "pacific: stopping job: connection reset\n"},
		{aci.Event{Kind: aci.EventFinished, ExitCode: new(1)}, ""},
		{aci.Event{Kind: aci.EventDeleting}, ""},
		{aci.Event{Kind: aci.EventSettling, Wait: 3 * time.Minute},
			"pacific: the request for job was sent and may still take effect: waiting up to 3m0s to delete what it makes\n"},
		{aci.Event{Kind: aci.EventKept}, "pacific: kept job; delete it with: pacific kill job\n"},
		{aci.Event{Kind: aci.EventCleanupFailed, Err: fmt.Errorf("deleting container group %q: %w", "job", why)},
			"pacific: error: deleting container group \"job\": connection reset; it may still be there\npacific: hint: delete it with: pacific kill job\n"},
		{aci.Event{Kind: "fromTheFuture"}, ""},
	} {
		a, stderr := testApp(t)
		p := newProgress(a, false)
		test.event.Group, test.event.Time = "job", p.begin
		p.event(test.event)
		if got := stderr.String(); got != test.want {
			t.Errorf("%s %s: got %q, want %q", test.event.Kind, test.event.Phase, got, test.want)
		}
	}
}

func TestQuietSaysErrorsOnly(t *testing.T) {
	a, stderr := testApp(t)
	p := newProgress(a, true)
	p.event(aci.Event{Kind: aci.EventPhase, Phase: aci.PhaseRequested, Group: "job"})
	p.event(aci.Event{Kind: aci.EventRestarted, Group: "job"})
	if stderr.Len() > 0 {
		t.Errorf("quiet says %q", stderr)
	}
	p.event(aci.Event{Kind: aci.EventCleanupFailed, Group: "job", Err: errors.New("no right")})
	if !strings.Contains(stderr.String(), "no right; it may still be there") {
		t.Errorf("quiet hides an error: %q", stderr)
	}
	p.event(aci.Event{Kind: aci.EventGap, Group: "job", Gap: &aci.Gap{Reason: "it was long"}})
	p.event(aci.Event{Kind: aci.EventOutputFailed, Group: "job", Err: errors.New("blocked")})
	if !strings.Contains(stderr.String(), "it was long") || !strings.Contains(stderr.String(), "job's output: blocked") {
		t.Errorf("quiet hides that output is missing: %q", stderr)
	}
}

// TestLongWaitsSayWhatTheyWaitFor watches a start that takes a minute.
func TestLongWaitsSayWhatTheyWaitFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, stderr := testApp(t)
		p := newProgress(a, false)
		stop := p.show()
		phase := func(phase aci.Phase, lasts time.Duration) {
			p.event(aci.Event{Time: time.Now(), Kind: aci.EventPhase, Phase: phase, Group: "job"})
			time.Sleep(lasts)
			synctest.Wait()
		}
		phase(aci.PhaseRequested, 30*time.Second)
		phase(aci.PhasePulling, 20*time.Second)
		phase(aci.PhaseStarted, time.Hour)
		stop()
		synctest.Wait()
		want := `pacific: requested container group job
pacific: still waiting for Azure to find a machine for job (20s)
pacific: pulling the image (30s)
pacific: still pulling the image (40s)
pacific: container started (50s)
`
		if got := stderr.String(); got != want {
			t.Errorf("got:\n%s\nwant:\n%s", got, want)
		}
	})
}

// TestProgressAndOutputAreInOrder tells of a job in every order in which events and output may come.
func TestProgressAndOutputAreInOrder(t *testing.T) {
	phase := func(phase aci.Phase) func(*progress, io.Writer) {
		return func(p *progress, _ io.Writer) {
			p.event(aci.Event{Kind: aci.EventPhase, Phase: phase, Group: "job", Time: p.begin})
		}
	}
	stop := func(p *progress, _ io.Writer) { p.event(aci.Event{Kind: aci.EventStopping, Group: "job"}) }
	output := func(_ *progress, w io.Writer) { io.WriteString(w, "hello\n") }
	requested, pulling, pulled, started := phase(aci.PhaseRequested), phase(aci.PhasePulling), phase(aci.PhasePulled), phase(aci.PhaseStarted)
	for _, test := range []struct {
		name string
		come []func(*progress, io.Writer)
		want string
	}{
		{"in order", []func(*progress, io.Writer){requested, pulling, pulled, started, output, stop},
			"requested container group job|pulling the image (0s)|image pulled (0s)|container started (0s)|hello|stopping job|"},
		{"output first", []func(*progress, io.Writer){requested, output, pulling, pulled, started, stop},
			"requested container group job|container started (0s)|hello|stopping job|"},
		{"stopped before a read", []func(*progress, io.Writer){requested, stop, pulling, pulled, started},
			"requested container group job|stopping job|"},
		{"stopped before its output came", []func(*progress, io.Writer){requested, stop, output, started},
			"requested container group job|stopping job|hello|"},
		{"of a job that has ended", []func(*progress, io.Writer){output}, "hello|"},
		{"another try", []func(*progress, io.Writer){requested, pulling, requested, pulling, pulled, started},
			"requested container group job|pulling the image (0s)|requested container group job|pulling the image (0s)|image pulled (0s)|container started (0s)|"},
	} {
		synctest.Test(t, func(t *testing.T) {
			a, screen := testApp(t)
			p := newProgress(a, false)
			w := &lastByte{w: screen, begins: p.outputBegins}
			for _, happen := range test.come {
				happen(p, w)
			}
			if got := strings.NewReplacer("pacific: ", "", "\n", "|").Replace(screen.String()); got != test.want {
				t.Errorf("%s: got %q, want %q", test.name, got, test.want)
			}
		})
	}
}

// TestPhasesBeforeTheWatchHaveTheirAge: a wait that begins late does not claim that the job has just started.
func TestPhasesBeforeTheWatchHaveTheirAge(t *testing.T) {
	for phase, want := range map[aci.Phase]string{
		aci.PhasePulling: "pacific: pulling the image (5m0s so far)\n",
		aci.PhasePulled:  "pacific: image pulled (5m0s ago)\n",
		aci.PhaseStarted: "pacific: container started (5m0s ago)\n",
	} {
		a, stderr := testApp(t)
		p := newProgress(a, false)
		p.event(aci.Event{Kind: aci.EventPhase, Phase: phase, Group: "job", Time: p.begin, Since: p.begin.Add(-5 * time.Minute)})
		if got := stderr.String(); got != want {
			t.Errorf("%s: got %q, want %q", phase, got, want)
		}
	}
}

// TestNoJobGoesOnDuringItsCleanup: what Azure does not answer once the job has ended says nothing of a job that goes on.
func TestNoJobGoesOnDuringItsCleanup(t *testing.T) {
	why := errors.New("connection reset")
	for _, kind := range []aci.EventKind{aci.EventStopping, aci.EventFinished, aci.EventSettling, aci.EventDeleting} {
		a, stderr := testApp(t)
		p := newProgress(a, false)
		p.event(aci.Event{Kind: kind, Group: "job"})
		for _, lost := range []aci.EventKind{aci.EventViewLost, aci.EventViewRefused} {
			p.event(aci.Event{Kind: lost, Group: "job", Wait: time.Second, Err: why})
		}
		if got := stderr.String(); strings.Contains(got, "goes on") || strings.Count(got, "asking again in 1s: connection reset") != 2 {
			t.Errorf("%s: got %q", kind, got)
		}
	}
}

// TestLastReadSaysWhatItWaitsFor: a last log read that takes long is told, a quick one is not.
func TestLastReadSaysWhatItWaitsFor(t *testing.T) {
	for ends, want := range map[time.Duration]string{
		time.Second:      "pacific: still reading the last output of job (20s)\npacific: still reading the last output of job (40s)\n",
		18 * time.Second: "pacific: still reading the last output of job (40s)\n",
	} {
		synctest.Test(t, func(t *testing.T) {
			a, stderr := testApp(t)
			p := newProgress(a, false)
			stop := p.show()
			time.Sleep(ends)
			p.event(aci.Event{Kind: aci.EventFinished, Group: "job"})
			time.Sleep(45*time.Second - ends)
			stop()
			if got := stderr.String(); got != want {
				t.Errorf("ended after %v: got %q, want %q", ends, got, want)
			}
		})
	}
}
