package containers

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
	"github.com/pacific-aci/pacific/emulator/azure/internal/engine"
	"github.com/pacific-aci/pacific/emulator/azure/internal/faults"
)

// Service is Microsoft.ContainerInstance of one emulated Azure.
type Service struct {
	core   *arm.Core
	engine engine.Engine
	log    *slog.Logger
	// stopGrace is the time between SIGTERM and SIGKILL of a stop, restart or update.
	stopGrace time.Duration
	// outputWaits makes a group's first container wait for the readers of its output.
	outputWaits bool

	// ctx ends everything that runs in the background. work counts that; once closed is
	// set, nothing more is started.
	ctx    context.Context
	cancel context.CancelFunc
	gate   sync.Mutex
	closed bool
	work   sync.WaitGroup

	// deciding is held by whatever creates, changes or deletes groups, from reading what
	// exists to storing the result: quota and names depend on all groups.
	deciding sync.Mutex
	sessions sessionTable
}

// Options of a Service.
type Options struct {
	// Engine runs the containers; required. The caller closes it, after the service.
	Engine engine.Engine
	// StopGrace is the time between SIGTERM and SIGKILL of a stop; 0 is 30 s.
	StopGrace time.Duration
	// OutputWaits makes the output of a group's first container wait for those attached.
	OutputWaits bool
	// Log receives failures of the engine; nil discards them.
	Log *slog.Logger
}

// Register adds container groups to the core, and the host of their websockets, and
// returns the service. It starts nothing.
func Register(core *arm.Core, o Options) *Service {
	s := &Service{core: core, engine: o.Engine, log: o.Log, stopGrace: o.StopGrace, outputWaits: o.OutputWaits}
	if s.stopGrace <= 0 {
		s.stopGrace = defaultStopGrace
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	core.AddType(arm.ResourceType{
		Type: groupType, APIVersions: apiVersions,
		Delete: s.deleteResource, Purge: s.purge, Event: s.happen,
	})
	core.RegionalRequestIDs(namespace)
	s.routes()
	core.HandleHost("*."+streamSuffix, s, streamOperation)
	core.HandleHost("*."+oldStreamSuffix, s, streamOperation)
	return s
}

// Close ends every container group at once and waits for it. Idempotent.
func (s *Service) Close() {
	s.gate.Lock()
	s.closed = true
	s.gate.Unlock()
	s.cancel()
	s.work.Wait()
}

// run runs f in a goroutine that Close waits for. After Close it returns false instead.
func (s *Service) run(f func()) bool {
	if !s.enter() {
		return false
	}
	go func() {
		defer s.work.Done()
		f()
	}()
	return true
}

// enter makes Close wait until the caller has called work.Done. After Close it returns false instead.
func (s *Service) enter() bool {
	s.gate.Lock()
	defer s.gate.Unlock()
	if !s.closed {
		s.work.Add(1)
	}
	return !s.closed
}

// purge ends every group without a trace, for a reset of the emulator.
func (s *Service) purge(ctx context.Context) {
	s.deciding.Lock()
	defer s.deciding.Unlock()
	for _, g := range s.groups(arm.Filter{}) {
		s.vanish(g)
	}
	s.sessions.clear()
}

func (s *Service) latency() faults.Latency { return s.core.Faults.Settings().Latency }

func (s *Service) runningBytes() int { return s.core.Faults.Settings().Logs.RunningBytes }

func (s *Service) stoppedWindow() logWindow {
	l := s.core.Faults.Settings().Logs
	return logWindow{bytes: l.StoppedBytes, lines: l.StoppedLines, tail: -1}
}

// groups lists the groups that match, sorted by id.
func (s *Service) groups(f arm.Filter) []*group {
	f.Type = groupType
	var list []*group
	for _, r := range s.core.List(f) {
		list = append(list, r.Value.(*group))
	}
	return list
}

// find returns the group of a request's path, or ARM's 404.
func (s *Service) find(r *arm.Request) (*group, error) {
	id := groupID(r.ResourceID())
	stored, ok := s.core.Get(id)
	if !ok {
		return nil, arm.ResourceNotFound(id)
	}
	return stored.Value.(*group), nil
}

// groupID is the id of the group that a container's id names.
func groupID(id arm.ResourceID) arm.ResourceID {
	if len(id.Types) > 1 {
		id.Types, id.Names = id.Types[:1], id.Names[:1]
	}
	return id
}

// after runs f in the background once an incarnation is over, and at least delay from now.
func (s *Service) after(inc *incarnation, delay time.Duration, f func()) {
	s.run(func() {
		due := time.Now().Add(delay)
		<-inc.done                               // never long: its context is cancelled
		_ = faults.Sleep(s.ctx, time.Until(due)) // not longer than the service lives
		f()
	})
}

// transitioning is the 409 for a request that the group's state does not allow for now.
func transitioning(g *group) *arm.Error {
	return arm.Conflict("ContainerGroupTransitioning", "The container group '%s' is still transitioning, please retry later.", g.id.Name())
}

// stopped is the 409 for a request that needs a group that has not ended.
func stopped(g *group) *arm.Error {
	return arm.Conflict("ContainerGroupStopped", "Container Group '%s' in resource group '%s' is stopped.", g.id.Name(), g.id.ResourceGroup)
}

func noContent() *arm.Response { return &arm.Response{Status: http.StatusNoContent} }
