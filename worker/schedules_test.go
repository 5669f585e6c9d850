package worker_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/prefect"
)

// heirAfter is when a worker starts in the place of one that died at a request.
const heirAfter = 20 * time.Second

// cutFor is how long a worker that is cut off reaches no Prefect server: for longer than three heartbeats.
const cutFor = 150 * time.Second

// A violation is something that a worker promises and that was not so. Those of one kind have one cause, most likely.
type violation struct{ kind, detail string }

// A playing is a schedule that is carried out.
type playing struct {
	*world
	schedule schedule
	// seed draws faults on the wires; nil: those of the schedule alone.
	seed *uint64
	// also is called at the end, for more that must hold. Nil: nothing.
	also func(*playing)

	faults map[string]string
	began  time.Time
	names  map[prefect.ID]string
	runs   []prefect.FlowRun
	length map[prefect.ID]time.Duration
	logged logBuffer

	guard sync.Mutex
	// fired are the words of the faults that were drawn.
	fired  []string
	found  []violation
	byName map[string]*member
	// happened are the groups to which something was done on purpose.
	happened map[string]string
	// asked are the runs whose program asked to be completed, reported those of them that got to hear that they are.
	asked, reported map[prefect.ID]bool
	crashing        map[prefect.ID]bool
	away            time.Time            // until when the Prefect server cannot be reached
	cut             map[string]time.Time // the same for one worker
	rights          time.Time            // until when nobody may stop or delete a container group
	reads           int                  // requests that read from Resource Manager, logs left out
	spoilt          int                  // requests that had a fault
	lives           []time.Duration
}

// logBuffer takes what workers log.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (p *playing) violate(kind, format string, args ...any) {
	p.guard.Lock()
	defer p.guard.Unlock()
	p.found = append(p.found, violation{kind, fmt.Sprintf(format, args...)})
}

// contain is what a flow's container does: it completes, or ends without a word.
func (p *playing) contain(ctx context.Context, c *container) int {
	select {
	case <-time.After(3 * time.Second):
	case <-ctx.Done():
		return 143
	}
	// A container that the platform restarts after the end does not do it all again: that would be the flow's doing.
	if p.stateOf(c.id).Type.Terminal() || c.set(ctx, prefect.State{Type: prefect.StateRunning}).Type != prefect.StateRunning {
		return 0
	}
	select {
	case <-time.After(p.length[c.id]):
	case <-ctx.Done():
		return 143
	}
	if p.crashing[c.id] {
		return 3
	}
	p.guard.Lock()
	p.asked[c.id] = true
	p.guard.Unlock()
	if c.set(ctx, prefect.State{Type: prefect.StateCompleted}).Type == prefect.StateCompleted {
		p.guard.Lock()
		p.reported[c.id] = true
		p.guard.Unlock()
	}
	return 0
}

// wireOf decides about the requests of one worker.
func (p *playing) wireOf(worker string) func(int, *http.Request) fault {
	counts := map[string]int{}
	return func(_ int, r *http.Request) fault {
		call := callOf(r, func(id prefect.ID) string { return p.names[id] })
		p.guard.Lock()
		defer p.guard.Unlock()
		if strings.HasPrefix(call, "azure:GET:") && !strings.HasPrefix(call, "azure:GET:logs") {
			p.reads++
		}
		place := fmt.Sprintf("%s/%s#%d", worker, call, counts[call])
		counts[call]++
		switch {
		case call == "" || time.Since(p.began) >= p.schedule.end():
			return fault{}
		case strings.HasPrefix(call, "prefect:") && (time.Now().Before(p.away) || time.Now().Before(p.cut[worker])):
			p.spoilt++
			return fault{drop: true}
		case (strings.HasPrefix(call, "azure:DELETE:group/") || strings.HasPrefix(call, "azure:POST:stop/")) && time.Now().Before(p.rights):
			p.spoilt++
			return fault{status: http.StatusForbidden}
		}
		effect := p.faults[place]
		if p.seed != nil {
			if effect = drawEffect(*p.seed, worker, place); effect != "" {
				p.fired = append(p.fired, place+"="+effect)
			}
		}
		if effect == "" {
			return fault{}
		}
		p.spoilt++
		f := wireEffects[effect]
		if f.before || f.after {
			time.AfterFunc(time.Nanosecond, func() { p.act(scheduledAction{kind: "kill", what: worker}) })
			time.AfterFunc(heirAfter, func() { p.enlist(worker + "b") })
		}
		return f
	}
}

// enlist starts a worker, unless the schedule is over.
func (p *playing) enlist(name string) {
	if time.Since(p.began) < p.schedule.end() {
		p.member(name)
	}
}

func (p *playing) member(name string) *member {
	m := p.planted(name)
	m.wire.fault = p.wireOf(name)
	p.guard.Lock()
	defer p.guard.Unlock()
	p.byName[name] = m
	p.begin(m)
	began := time.Now()
	go func() {
		<-m.ended
		p.guard.Lock()
		defer p.guard.Unlock()
		p.lives = append(p.lives, time.Since(began))
	}()
	return m
}

// act carries out one action.
func (p *playing) act(a scheduledAction) {
	p.guard.Lock()
	m := p.byName[a.what]
	p.guard.Unlock()
	switch {
	case a.kind == "start":
		p.enlist(a.what)
	case a.kind == "away", a.kind == "rights":
		d, _ := time.ParseDuration(a.what)
		p.guard.Lock()
		defer p.guard.Unlock()
		if a.kind == "away" {
			p.away = time.Now().Add(d)
		} else {
			p.rights = time.Now().Add(d)
		}
	case a.kind == "cut":
		p.guard.Lock()
		defer p.guard.Unlock()
		p.cut[a.what] = time.Now().Add(cutFor)
	case a.kind == "kill" && m != nil:
		m.kill()
	case a.kind == "stop" && m != nil:
		m.stop()
	case a.kind == "evict", a.kind == "restart", a.kind == "vanish":
		p.disturb(a.kind, a.what)
	}
}

// disturb does something to the group of a run that has one.
func (p *playing) disturb(kind, name string) {
	for id, of := range p.names {
		containers := p.containersOf(id)
		if of != name || len(containers) == 0 {
			continue
		}
		group := containers[len(containers)-1].group
		p.guard.Lock()
		p.happened[group] = kind
		p.guard.Unlock()
		_ = p.azure.Event(context.Background(), kind, p.groupID(group)) // it may be gone already
	}
}

// play carries the schedule out.
func (p *playing) play() {
	runs, actions, faults, err := p.schedule.parts()
	if err != nil {
		p.Fatal(err)
	}
	p.faults, p.began = faults, time.Now()
	for _, r := range runs {
		run := p.run()
		p.runs = append(p.runs, run)
		p.names[run.ID], p.length[run.ID], p.crashing[run.ID] = r.name, r.length, r.crash
	}
	p.world.program = p.contain
	for _, a := range actions {
		time.Sleep(a.at - time.Since(p.began))
		p.act(a)
	}
	time.Sleep(p.schedule.end() - time.Since(p.began))
	p.member("last")
	if err := p.untilSettled(p.runs, 6*time.Hour); err != nil {
		p.violate("not settled", "%v", err)
	}
	for _, m := range p.world.members {
		m.stop()
		<-m.ended
		if err := <-m.done; err != nil {
			p.violate("a worker failed", "%s: %v", m.Name(), err)
		}
		if left := m.Status().InFlight; len(left) > 0 {
			p.violate("slot in a worker", "worker %s has not let go of %v", m.Name(), left)
		}
	}
	for _, run := range p.runs {
		p.check(run)
	}
	p.checkServer()
	p.checkReads()
	if p.also != nil {
		p.also(p)
	}
}

// playSchedule carries out a schedule in a world of its own, and gives what is wrong and the words of the faults that a seed
// has drawn.
func playSchedule(t *testing.T, s schedule, seed *uint64, also func(*playing)) (found []violation, fired []string) {
	defer func() {
		if r := recover(); r != nil {
			found = append(found, violation{"goroutines left", fmt.Sprint(r)})
		}
	}()
	synctest.Test(t, func(inner *testing.T) {
		settings := worldSettings[s.value("world")]
		p := &playing{world: newWorld(inner, settings), schedule: s, seed: seed, also: also, names: map[prefect.ID]string{}, length: map[prefect.ID]time.Duration{},
			byName: map[string]*member{}, happened: map[string]string{}, cut: map[string]time.Time{}, asked: map[prefect.ID]bool{}, reported: map[prefect.ID]bool{}, crashing: map[prefect.ID]bool{}}
		defer p.close()
		p.plant()
		p.play()
		found, fired = p.found, p.fired
	})
	return found, fired
}
