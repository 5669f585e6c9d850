package bootstrap

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/internal/steps"
)

const (
	// startLimit is how long a worker may take until it stays up. A new role counts after five to ten minutes
	// (learn.microsoft.com/azure/role-based-access-control/troubleshooting), and a worker that cannot read its secrets ends.
	startLimit = 15 * time.Minute
	// stays is how long a container has to run to count as one that stays up: a program that cannot start ends sooner.
	stays = 10 * time.Second
)

// workerStep waits until the worker runs. Azure starts one that ended again, so that is not a failure yet.
func (b *Bootstrapper) workerStep(s *state) steps.Step {
	return steps.Step{
		Name: string(KindRunning),
		Line: func() string { return s.worker() },
		Check: func(ctx context.Context) (steps.State, error) {
			w, err := b.lookAtWorker(ctx, s)
			if err != nil || w == nil || !w.stays() {
				return steps.Absent, err
			}
			return steps.Present, nil
		},
		Do: func(whole context.Context, note func(string)) error {
			ctx, cancel := context.WithTimeout(whole, startLimit)
			defer cancel()
			fails := func(problem string) error {
				return &WorkerError{Name: s.worker(), Problem: problem, Output: b.lastOutput(whole, s.worker())}
			}
			said, last := "", "Azure has not started it"
			for pause := firstPause; ; pause = next(pause) {
				w, err := b.lookAtWorker(ctx, s)
				switch {
				case err != nil && ctx.Err() == nil:
					return err
				case err == nil && w == nil:
					return &WorkerError{Name: s.worker(), Problem: "it is gone"}
				case err == nil && w.group.Provisioning.Failed():
					return fails("Azure could not make it: " + w.words())
				case err == nil && w.cannotStart():
					return fails(w.words() + ": the image has no such program, or it cannot be run")
				case err == nil && w.stays():
					return nil
				case err == nil:
					last = w.words()
				}
				if last != said {
					output := ""
					if err == nil && w.ended() {
						output = b.lastOutput(ctx, s.worker())
					}
					if output != "" {
						output = "; it says: " + strings.TrimPrefix(tellingLine(output), "pacific: error: ")
					}
					note("waiting for the worker: " + last + output)
					said = last
				}
				if err := azure.Sleep(ctx, pause); errors.Is(err, context.DeadlineExceeded) {
					return fails(fmt.Sprintf("%s, after %s", last, startLimit))
				} else if err != nil {
					return fmt.Errorf("waiting for worker %s: %w", s.worker(), err)
				}
			}
		},
	}
}

// The last output of a worker that fails: this many lines, each cut to a length, within a time.
const (
	outputLines  = 5
	outputLength = 200
	outputLimit  = 20 * time.Second
)

// lastOutput are the last lines of a worker's output; empty if it has printed nothing, or they cannot be read. They are for
// people: control characters are left out.
func (b *Bootstrapper) lastOutput(ctx context.Context, name string) string {
	ctx, cancel := context.WithTimeout(ctx, outputLimit)
	defer cancel()
	var text strings.Builder
	if b.jobs.Logs(ctx, name, aci.LogOptions{Output: &text, Tail: outputLines}) != nil {
		return ""
	}
	var lines []string
	for line := range strings.Lines(text.String()) {
		line = strings.Map(func(r rune) rune {
			if unicode.IsControl(r) {
				return -1
			}
			return r
		}, strings.ToValidUTF8(line, "?"))
		if runes := []rune(line); len(runes) > outputLength {
			line = string(runes[:outputLength])
		}
		if strings.TrimSpace(line) != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines[max(0, len(lines)-outputLines):], "\n")
}

// tellingLine is the line of an output that says most: the last one, or the one before Pacific's hints, which follow an error
// and do not say what failed.
func tellingLine(output string) string {
	lines := strings.Split(output, "\n")
	for _, line := range slices.Backward(lines) {
		if !strings.HasPrefix(line, "pacific: hint: ") {
			return line
		}
	}
	return lines[len(lines)-1]
}

// ended reports whether the container has ended at least once.
func (w *worker) ended() bool {
	c := w.container()
	return c != nil && (c.Restarts > 0 || c.Current != nil && c.Current.ExitCode != nil)
}

// worker is the container group's name; empty if the template makes none.
func (s *state) worker() string {
	for _, r := range s.of(KindWorker) {
		return r.name
	}
	return ""
}

// The words of the worker's command and of its environment that the template writes, and by which a worker that is there is
// read. A test holds them against the template.
const (
	poolFlag      = "--pool"
	queueFlag     = "-q"
	vaultVariable = "KV_NAME"
)

// workerChange says what a worker that is there gets by the deployment; empty: what can be seen of it is as asked for.
func (s *state) workerChange(there *found) string {
	containers := list(member(there.properties, "containers"))
	if len(containers) == 0 {
		return ""
	}
	properties := member(containers[0], "properties")
	var words []string
	for _, word := range list(member(properties, "command")) {
		text, _ := word.(string)
		words = append(words, text)
	}
	after := func(flag string) string {
		if i := slices.Index(words, flag); i >= 0 && i+1 < len(words) {
			return words[i+1]
		}
		return ""
	}
	vault := ""
	for _, e := range list(member(properties, "environmentVariables")) {
		if member(e, "name") == vaultVariable {
			vault, _ = member(e, "value").(string)
		}
	}
	image, _ := member(properties, "image").(string)
	var gets []string
	for _, one := range []struct{ what, now, want string }{
		{"image", image, s.request.Image}, {"work pool", after(poolFlag), s.request.WorkPool}, {"queue", after(queueFlag), s.request.Queue},
		{"key vault", vault, s.of(KindVault)[0].name},
	} {
		if one.want != "" && one.now != one.want {
			gets = append(gets, one.what+" "+one.want)
		}
	}
	if len(gets) == 0 {
		return ""
	}
	return "gets " + strings.Join(gets, ", ") + ", and starts again"
}

// earlierWorker is the worker that an earlier run has made, where this one makes none; empty: there is none.
func (b *Bootstrapper) earlierWorker(ctx context.Context, s *state) (string, error) {
	if !s.request.ours() || s.request.Image != "" {
		return "", nil
	}
	name := strings.ToLower(s.request.NamePrefix + "-worker")
	there, err := b.client.resource(ctx, s.request.groupID()+"/providers/"+destroyed[0].kindOfAzure+"/"+name, destroyed[0].version)
	if there == nil || err != nil || there.tags[TagEnvironment] != s.request.NamePrefix {
		return "", err
	}
	return name, nil
}

// lacksLimit is how long it may take to see what the worker's identity may do.
const lacksLimit = 20 * time.Second

// workerLacks are the actions of [Result.WorkerLacks]. The only error is that the caller has given up.
func (b *Bootstrapper) workerLacks(whole context.Context, s *state) ([]string, error) {
	identities := s.of(KindIdentity)
	if !s.request.ours() || s.worker() == "" || len(identities) == 0 {
		return nil, nil
	}
	principal := identities[0].there.property("principalId")
	if principal == "" {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(whole, lacksLimit)
	defer cancel()
	missing, err := b.client.access.MissingOf(ctx, principal, s.request.groupID(), []string{"Microsoft.ContainerInstance/containerGroups/write"})
	if err != nil {
		return nil, whole.Err()
	}
	return missing, nil
}

// worker is a worker as Azure describes it.
type worker struct {
	group *aci.Group
	// at is when Azure described it, by Azure's clock: that of this machine may be wrong.
	at time.Time
}

// lookAtWorker reads the worker; nil if it is not there.
func (b *Bootstrapper) lookAtWorker(ctx context.Context, s *state) (*worker, error) {
	if s.group == nil || s.worker() == "" {
		return nil, nil
	}
	w := &worker{}
	err := b.client.repeat(ctx, "worker "+s.worker(), func(ctx context.Context) (err error) {
		var answer *http.Response
		w.group, err = b.jobs.Get(policy.WithCaptureResponse(ctx, &answer), s.worker())
		w.at = dateOf(answer)
		return err
	})
	if errors.Is(err, aci.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return w, nil
}

// dateOf is the time of an answer by the clock of who gave it; that of this machine if the answer does not say.
func dateOf(answer *http.Response) time.Time {
	if answer != nil {
		if at, err := http.ParseTime(answer.Header.Get("Date")); err == nil {
			return at
		}
	}
	return time.Now()
}

func (w *worker) container() *aci.Container {
	if len(w.group.Containers) == 0 {
		return nil
	}
	return &w.group.Containers[0]
}

// stays reports whether the container runs, and has for a while.
func (w *worker) stays() bool {
	c := w.container()
	return c != nil && c.Current != nil && c.Current.State.Running() && w.at.Sub(c.Current.Started) >= stays
}

// cannotStart reports whether the program has ended with a shell's code for one that is not there or cannot be run. That no
// new right mends.
func (w *worker) cannotStart() bool {
	c := w.container()
	if c == nil {
		return false
	}
	for _, state := range []*aci.ContainerState{c.Current, c.Previous} {
		if state != nil && state.ExitCode != nil && (*state.ExitCode == 126 || *state.ExitCode == 127) {
			return true
		}
	}
	return false
}

// words say what the container does.
func (w *worker) words() string {
	c := w.container()
	switch {
	case c == nil || c.Current == nil:
		if n := len(w.group.Events); n > 0 {
			return w.group.Events[n-1].Message
		}
		return "Azure has not started it"
	case c.Restarts > 0:
		ended := "it ended"
		if c.Previous != nil && c.Previous.ExitCode != nil {
			ended += fmt.Sprintf(" with exit code %d", *c.Previous.ExitCode)
		}
		return ended + " and was started again " + times(c.Restarts)
	case c.Current.State.Running():
		return "it has just started"
	case c.Current.ExitCode != nil:
		return fmt.Sprintf("it ended with exit code %d", *c.Current.ExitCode)
	case c.Current.Detail != "":
		return c.Current.Detail
	}
	return string(c.Current.State)
}

func times(n int) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return fmt.Sprintf("%d times", n)
}
