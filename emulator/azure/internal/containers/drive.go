package containers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure/internal/engine"
	"github.com/pacific-aci/pacific/emulator/azure/internal/faults"
)

// running is a started container; the zero value stands for none.
type running struct {
	container engine.Container
	header    string // its identity endpoint's secret
}

// A driver takes one container through one incarnation:
//
//	pull ──▶ start ──▶ await ──▶ restarts ── no ──▶ the container is over
//	 ▲ │      ▲ │ ▲                 │
//	 └─┘      └─┘ └──── backOff ────┘ yes
//	backOff  backOff
//
// pull and start are tried for ever, since a group of Azure's goes on trying after its provisioning has failed. The
// cancellation of the incarnation ends each step; await then stops the container.
type driver struct {
	group     *group
	inc       *incarnation
	home      engine.Group
	container *container
	pulled    engine.Image

	attempts int // restarts and failed tries in a row, which set the back-off
}

// drive returns when the container is over or the incarnation is cancelled. It reports whether
// the container succeeded: only then does the next init container run.
func (d *driver) drive() bool {
	if !d.pull() {
		return false
	}
	for {
		live, began, ok := d.start()
		if !ok {
			return false
		}
		stopProbes := d.probe(live)
		exit := d.await(live)
		stopProbes()
		if d.inc.ctx.Err() != nil {
			return false
		}
		if !d.restarts(exit) {
			return exit.Code == 0
		}
		if time.Since(began) >= backOffReset {
			d.attempts = 0
		}
		if d.backOff("CrashLoopBackOff: Back-off restarting failed", "Back-off restarting failed container") != nil {
			return false
		}
		d.countRestart()
	}
}

// pull makes the image ready. An image that is wrong (engine.ImageError) fails the provisioning at once; another failure, such
// as a registry that does not answer, only if it lasts until timeOut. It is false if the incarnation was cancelled.
func (d *driver) pull() bool {
	g, c := d.group, d.container
	image := c.body.Properties.Image
	for {
		var pulled engine.Image
		g.say(c, eventPulling, fmt.Sprintf("pulling image %q", image), typeNormal)
		err := faults.Sleep(d.inc.ctx, g.svc.latency().Pull.Std())
		if err == nil {
			pulled, err = d.home.Pull(d.inc.ctx, g.pullSpec(image))
		}
		if d.inc.ctx.Err() != nil {
			return false
		}
		if err == nil {
			g.say(c, eventPulled, fmt.Sprintf("Successfully pulled image %q", withDigest(image, pulled.Digest)), typeNormal)
			d.attempts, d.pulled = 0, pulled
			return true
		}
		g.say(c, eventFailed, fmt.Sprintf("Failed to pull image %q: %s", image, err), typeWarning)
		if wrong, ok := errors.AsType[*engine.ImageError](err); ok {
			g.mu.Lock()
			g.settle(d.inc, g.imageFailure(image, wrong))
			g.mu.Unlock()
		}
		d.attempts = max(d.attempts, 1)
		if d.backOff("ImagePullBackOff", fmt.Sprintf("Back-off pulling image %q", image)) != nil {
			return false
		}
	}
}

// withDigest is an image with the digest that it was pulled by, if the engine knows it.
func withDigest(image, digest string) string {
	if digest == "" || strings.Contains(image, "@") {
		return image
	}
	return image + "@" + digest
}

// start starts the container. A failure fails the provisioning at once, and the start is tried again all the same. ok is
// false if the incarnation was cancelled.
func (d *driver) start() (live running, began time.Time, ok bool) {
	g, c := d.group, d.container
	for {
		if faults.Sleep(d.inc.ctx, g.svc.latency().Start.Std()) != nil {
			return running{}, began, false
		}
		live, err := d.startOnce()
		if err == nil {
			return live, time.Now(), true
		}
		if d.inc.ctx.Err() != nil {
			return running{}, began, false
		}
		message := err.Error()
		if known, ok := errors.AsType[*engine.StartError](err); ok {
			message = known.Message
		}
		g.say(c, eventFailed, "Error: failed to start container: "+message, typeWarning)
		g.mu.Lock()
		g.settle(d.inc, g.startFailure(c.body.Name, errors.New(message)))
		g.mu.Unlock()
		d.attempts = max(d.attempts, 1)
		if d.backOff("CreateContainerError: "+message, "Back-off restarting failed container") != nil {
			return running{}, began, false
		}
	}
}

// startOnce tries to start the container and shows it Running. Its identity endpoint's secret is valid before it starts, so
// that its first request is answered, and no longer than it runs.
func (d *driver) startOnce() (running, error) {
	g, c := d.group, d.container
	log := newContainerLog(g.svc.runningBytes)
	if g.svc.outputWaits && !c.init && c == d.inc.containers[0] {
		log.awaitReaders()
	}
	live := running{header: g.svc.newHeader()}
	spec := g.containerSpec(c, live.header)
	if len(spec.Command) == 0 {
		spec.Command = append(slices.Clone(d.pulled.Entrypoint), d.pulled.Cmd...)
	}
	spec.Output = log
	spec.Event = func(name, message string) { g.say(c, name, message, typeNormal) }
	g.svc.core.Workloads.Add(live.header, g.workload())
	var err error
	if live.container, err = d.home.Start(d.inc.ctx, spec); err != nil {
		g.svc.core.Workloads.Remove(live.header)
		return running{}, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	c.events.add(now, eventStarted, "Started container", typeNormal)
	c.current = &containerState{State: containerRunning, StartTime: new(now.UTC())}
	c.log, c.live, c.started = log, live, true
	if !c.init && g.run == d.inc {
		g.state = stateRunning
		g.settleIfStarted(d.inc)
	}
	return live, nil
}

// await waits for the end of a started container and shows it Terminated. When the incarnation is cancelled it stops the
// container. The cause says with how much grace, and what is shown:
//
//	stop               stopGrace                           nothing here: showStopped changes all containers at once
//	restart, update    stopGrace                           the exit code
//	delete             latency.delete, at most stopGrace   the exit code, for as long as the group can be read
//	eviction           none                                Evicted, and no exit code
//	the emulator ends  none                                the exit code
func (d *driver) await(live running) engine.Exit {
	g, c := d.group, d.container
	why := &cause{}
	select {
	case <-live.container.Done():
	case <-d.inc.ctx.Done():
		why = causeOf(d.inc.ctx)
		g.say(c, eventKilling, "Killing container "+c.body.Name+" (platform initiated).", typeNormal)
		log := d.log()
		log.stopWaiting(why.grace <= 0)
		live.container.Stop(why.grace)
		select {
		case <-live.container.Done():
		case <-g.vanished: // there is no more time for a clean end
			live.container.Stop(0)
		case <-g.svc.ctx.Done():
			live.container.Stop(0)
			log.stopWaiting(true)
		}
		<-live.container.Done()
	}
	exit := live.container.Exit()
	if exit.Unknown && exit.Code == 0 {
		exit.Code = -1 // nobody knows the code, so it must not count as success
	}
	g.svc.core.Workloads.Remove(live.header)
	g.mu.Lock()
	defer g.mu.Unlock()
	end := &containerState{
		State: containerTerminated, StartTime: c.current.StartTime, FinishTime: new(time.Now().UTC()),
		ExitCode: new(exit.Code), DetailStatus: exit.Detail,
	}
	if exit.Code != 0 && end.DetailStatus == "" {
		end.DetailStatus = "Error"
	}
	if end.DetailStatus == "" {
		end.DetailStatus = "Completed"
	}
	if exit.OOMKilled {
		end.DetailStatus = "OOMKilled"
	}
	if why.codeless || exit.Unknown {
		end.ExitCode = nil
	}
	if why.codeless {
		end.DetailStatus = why.reason
	}
	if !why.quiet {
		c.current = end
	}
	c.live, c.code, c.over = running{}, exit.Code, true
	c.log.close(g.svc.stoppedWindow())
	return exit
}

// log is the log of the container that runs.
func (d *driver) log() *containerLog {
	d.group.mu.Lock()
	defer d.group.mu.Unlock()
	return d.container.log
}

// causeOf is why an incarnation was cancelled. The end of the whole emulator has no cause of its own.
func causeOf(ctx context.Context) *cause {
	if why, ok := errors.AsType[*cause](context.Cause(ctx)); ok {
		return why
	}
	return &cause{reason: "the emulator ends"}
}

// restarts decides by the restart policy whether a container that has exited runs again. Init containers do so after a
// failure only. Microsoft promises only for exit code 0 that Never means never; a setting says how often a failure is
// restarted all the same.
func (d *driver) restarts(exit engine.Exit) bool {
	g, c := d.group, d.container
	despite := g.svc.core.Faults.Settings().RestartsOnFailureDespiteNever
	g.mu.Lock()
	defer g.mu.Unlock()
	var restart bool
	switch policy := restartPolicy(g.spec); {
	case exit.Unknown: // the engine lost it, so nobody knows whether it failed
		restart = false
	case exit.Code == 0:
		restart = policy == "Always" && !c.init
	case policy == "Never":
		restart = c.despite < despite
		c.despite++
	default:
		restart = true
	}
	c.over = !restart
	return restart
}

// backOff waits before another try, as a kubelet does. The first restart follows at once; the next after 10 s, 20 s, and so
// on to 5 minutes. A container that ran for backOffReset begins anew, and so does one whose image was pulled. What cannot be
// pulled or started waits from the first time on.
func (d *driver) backOff(detail, message string) error {
	d.attempts++
	if d.attempts == 1 {
		return nil
	}
	wait := backOffMost
	if d.attempts < 8 { // 10 s doubled six times is over five minutes
		wait = min(backOffMost, backOffFirst<<(d.attempts-2))
	}
	g, c := d.group, d.container
	g.mu.Lock()
	c.events.add(time.Now(), eventBackOff, message, typeWarning)
	if c.current.State == containerTerminated {
		c.previous = c.current
	}
	c.current = waiting(detail)
	g.mu.Unlock()
	return faults.Sleep(d.inc.ctx, wait)
}

// countRestart counts a restart. The first follows at once, so that no backOff has shown the container Waiting yet.
func (d *driver) countRestart() {
	g, c := d.group, d.container
	g.mu.Lock()
	defer g.mu.Unlock()
	c.restartCount++
	if c.current.State == containerTerminated {
		c.previous = c.current
		c.current = waiting("")
	}
}
