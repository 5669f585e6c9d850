package job

import (
	"cmp"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
)

// progress says what a job is doing, in lines on stderr. Events come some time after the output that they are about, so
// it keeps the order itself: see step.
type progress struct {
	a     *cmdutil.App
	quiet bool
	// here and where are the flags with which another command finds the group,
	// in this environment and in any.
	here, where []string
	// exists is told the group's name as soon as there may be one, and "" when
	// it is gone.
	exists func(group string)
	// noImage: the containers run without their images, so nothing is pulled.
	noImage bool
	// outputSaid: the failure of standard output is told at the end.
	outputSaid atomic.Bool

	// order is held while a step is said, so that no output overtakes it.
	order   sync.Mutex
	reached step

	// ends: the job has ended, or is being stopped or deleted. Only event touches it.
	ends bool

	begin time.Time
	took  string // in what words the last line gives the time since then

	mu      sync.Mutex
	waiting string    // what is waited for; "" for nothing
	since   time.Time // since when
	doing   string    // what goes on where nothing is waited for
}

// newProgress makes a progress that says nothing yet. Its time begins now.
func newProgress(a *cmdutil.App, quiet bool) *progress {
	return &progress{a: a, quiet: quiet, exists: func(string) {}, begin: time.Now(), took: "%s in all", doing: "starting"}
}

// shortWait is how long a wait may last before it is worth a line.
const shortWait = 5 * time.Second

// show shows what the job waits for, or that it runs, and for how long, until stop is called.
func (p *progress) show() (stop func()) {
	if p.quiet {
		return func() {}
	}
	return p.a.Show(cmdutil.Waiting{
		What: func() (string, string) {
			p.mu.Lock()
			defer p.mu.Unlock()
			if time.Since(p.since) < shortWait {
				return "", cmp.Or(p.waiting, p.doing)
			}
			return p.waiting, p.doing
		},
		Since: func() time.Time { return p.begin },
	})
}

func (p *progress) say(format string, args ...any) {
	if !p.quiet {
		p.a.Say.Status(fmt.Sprintf(format, args...))
	}
}

func (p *progress) warn(text string) {
	if !p.quiet {
		p.a.Say.Warning(text)
	}
}

func (p *progress) waitFor(what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiting, p.since = what, time.Now()
}

// goOn says that nothing is waited for, and what goes on instead.
func (p *progress) goOn(doing string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiting, p.doing = "", doing
}

// fate says that the job goes on, as long as it does.
func (p *progress) fate() string {
	if p.ends {
		return ""
	}
	return " (the job goes on)"
}

// event is what aci calls as things happen.
func (p *progress) event(e aci.Event) {
	switch e.Kind {
	case aci.EventStopping, aci.EventFinished, aci.EventSettling, aci.EventDeleting:
		p.ends = true
	case aci.EventPhase:
		p.ends = p.ends && e.Phase != aci.PhaseRequested // another try of a start that failed
	}
	switch e.Kind {
	case aci.EventPhase:
		p.phase(e)
	case aci.EventWarning:
		p.definition(*e.Warning)
	case aci.EventPlatform:
		// Normal events only repeat what the phases say.
		if e.Platform.Type == "Warning" {
			p.warn("azure: " + platformWords(e))
		}
	case aci.EventRetry:
		if e.Wait < time.Second {
			return // over before it is read
		}
		p.say("trying again in %s: %v", e.Wait.Round(time.Second/10), e.Err)
	case aci.EventDetached:
		if e.Err == nil {
			return // the ordinary end
		}
		p.say("live output broke off, polling every few seconds instead: %v", e.Err)
	case aci.EventAttachBlocked:
		p.say("live output is blocked, polling every few seconds instead: %v", e.Err)
	case aci.EventViewLost:
		p.say("Azure does not answer, asking again in %s%s: %v", e.Wait.Round(time.Second/10), p.fate(), e.Err)
	case aci.EventViewRefused:
		p.say("Azure refuses to report the state of %s, asking again in %s%s: %v", e.Group, e.Wait.Round(time.Second/10), p.fate(), e.Err)
	case aci.EventRenewFailed:
		p.say("Azure did not record that %s is still watched, trying again in %s%s: %v", e.Group, e.Wait, p.fate(), e.Err)
	case aci.EventContainerFailed:
		p.warn(e.Err.Error())
	case aci.EventViewBack:
		p.say("Azure answers again")
	case aci.EventGap:
		// Not even --quiet hides that output is missing.
		p.a.Say.Warning(gapWords(*e.Gap))
	case aci.EventOutputFailed:
		if !p.outputSaid.Load() {
			p.a.Say.Error(fmt.Sprintf("standard output did not get all of the job's output: %v", e.Err), "")
		}
	case aci.EventRestarted:
		p.warn("the container was started again although its restart policy is Never; stopping it")
	case aci.EventStopping:
		p.stopping(e)
	case aci.EventStopFailed:
		p.warn(cmdutil.StopFailed(e))
	case aci.EventFinished:
		p.waitFor("reading the last output of " + e.Group)
	case aci.EventSettling:
		p.waitFor("waiting for Azure to settle the request for " + e.Group)
		p.say("the request for %s was sent and may still take effect: waiting up to %s to delete what it makes", e.Group, e.Wait.Round(time.Second))
	case aci.EventKept:
		p.goOn("ending")
		p.say("kept %s; delete it with: %s", e.Group, cmdutil.KillJob(p.here, e.Group))
	case aci.EventLeft:
		p.goOn("ending")
		p.exists("")
	case aci.EventDeleting:
		p.waitFor("waiting for Azure to delete " + e.Group)
	case aci.EventDeleted:
		p.goOn("ending")
		p.exists("")
		p.say("deleted %s", e.Group)
	case aci.EventCleanupFailed:
		p.a.Say.Error(e.Err.Error()+"; it may still be there", "")
		for _, hint := range cmdutil.Explain(e.Err, nil).AllHints() {
			p.a.Say.Hint(hint)
		}
		p.a.Say.Hint(cmdutil.Advice("delete it with: {}", cmdutil.KillJob(p.where, e.Group)))
	}
}

// definition says what is odd about a job. That no image was named is only
// worth a line: it is how everybody begins.
func (p *progress) definition(w aci.Warning) {
	if w.Field == "Image" {
		if !p.noImage {
			p.say("%s", w.Text)
		}
		return
	}
	p.warn(cmdutil.FieldWords(w.Field) + ": " + w.Text)
}

// platformWords names the container of an event, unless it is called like the
// group, as the main container of most jobs is.
func platformWords(e aci.Event) string {
	words := e.Platform.Name + ": " + e.Platform.Message
	if c := e.Platform.Container; c != "" && c != e.Group {
		words = c + ": " + words
	}
	return words
}

func gapWords(g aci.Gap) string {
	lines := "output"
	if g.Lines > 0 {
		lines = fmt.Sprintf("%d lines of output", g.Lines)
	}
	return fmt.Sprintf("%s may be missing: %s", lines, g.Reason)
}
