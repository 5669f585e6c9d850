package worker

import (
	"maps"
	"slices"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/worker"
)

// ready answers /readyz.
func (s *service) ready() (bool, string) {
	w := s.worker.Load()
	if w == nil {
		return false, "not ready: " + s.Doing()
	}
	status := w.Status()
	return status.Ready, "not ready: " + status.NotReady
}

// metrics answers /metrics.
func (s *service) metrics() []cmdutil.Metric {
	status := worker.Status{}
	if w := s.worker.Load(); w != nil {
		status = w.Status()
	}
	return append(metricsOf(status), cmdutil.Metric{
		Name: "pacific_build_info", Help: "The version of Pacific.", Kind: cmdutil.Gauge,
		Samples: []cmdutil.Sample{{Label: "version", LabelValue: cmdutil.ThisBuild().Version, Value: 1}},
	})
}

// phases are those that are always shown, so that a graph has no holes.
var phases = []worker.Phase{worker.PhaseSubmitting, worker.PhaseQueued, worker.PhaseStarting, worker.PhaseRunning, worker.PhaseStopping, worker.PhaseEnding}

// outcomes are those that are always shown: a rate misses the first run of a series that begins with 1.
var outcomes = []string{"completed", "failed", "crashed", "cancelled", "scheduled", "paused", "deleted", "released", worker.LeftRunning, "left to another worker"}

func metricsOf(s worker.Status) []cmdutil.Metric {
	inFlight := cmdutil.Metric{Name: "pacific_worker_runs_in_flight", Help: "Flow runs that the worker looks after, by phase.", Kind: cmdutil.Gauge}
	for _, phase := range phases {
		inFlight.Samples = append(inFlight.Samples, cmdutil.Sample{Label: "phase", LabelValue: string(phase), Value: float64(s.InFlight[phase])})
	}
	finished := cmdutil.Metric{Name: "pacific_worker_runs_finished_total", Help: "Flow runs that ended, by how.", Kind: cmdutil.Counter}
	shown := slices.AppendSeq(slices.Clone(outcomes), maps.Keys(s.Finished))
	slices.Sort(shown)
	for _, how := range slices.Compact(shown) {
		finished.Samples = append(finished.Samples, cmdutil.Sample{Label: "outcome", LabelValue: how, Value: float64(s.Finished[how])})
	}
	lastPoll := cmdutil.Metric{Name: "pacific_worker_last_poll_timestamp_seconds", Help: "When the pool was last polled with success; 0: never.", Kind: cmdutil.Gauge}
	at := 0.0
	if !s.LastPoll.IsZero() {
		at = float64(s.LastPoll.UnixMilli()) / 1000
	}
	lastPoll.Samples = []cmdutil.Sample{{Value: at}}
	gauge := func(name, help string, is bool) cmdutil.Metric {
		value := 0
		if is {
			value = 1
		}
		return cmdutil.Single(cmdutil.Gauge, "pacific_worker_"+name, help, value)
	}
	counter := func(name, help string, value int) cmdutil.Metric {
		return cmdutil.Single(cmdutil.Counter, "pacific_worker_"+name+"_total", help, value)
	}
	return []cmdutil.Metric{
		gauge("ready", "1 if the worker can start flow runs.", s.Ready),
		gauge("pool_paused", "1 if the work pool is paused.", s.Paused),
		gauge("draining", "1 if the worker is ending and claims nothing more.", s.Draining),
		lastPoll,
		inFlight,
		counter("runs_claimed", "Flow runs that the worker got from the server.", s.Claimed),
		counter("runs_started", "Flow runs whose container group was requested.", s.Started),
		counter("runs_adopted", "Flow runs taken over from a worker that is gone.", s.Adopted),
		finished,
		counter("runs_cancelled", "Cancellations that were carried out.", s.Cancelled),
		counter("retries", "Attempts to run the infrastructure of a flow run after the first.", s.Retries),
		counter("quota_waits", "Flow runs that had to wait for room in Azure.", s.QuotaWaits),
		counter("claims_lost", "Flow runs that the server gave to another worker, or did not let start.", s.LostClaims),
		counter("poll_errors", "Polls of the work pool that failed.", s.PollErrors),
		counter("heartbeat_errors", "Heartbeats that failed.", s.HeartbeatErrors),
		counter("groups_reaped", "Container groups that were left over and deleted.", s.Reaped),
	}
}
