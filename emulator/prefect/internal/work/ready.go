package work

import (
	"time"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/view"
)

// When a queue, a deployment or a worker counts as gone, with the server's own figures.
const (
	// PollTimeout is how long a queue, or a deployment, is ready after a poll.
	PollTimeout = 60 * time.Second
	// heartbeatFallback is between the heartbeats of a worker that never said.
	heartbeatFallback = 30 * time.Second
	// missedHeartbeats is after how many intervals a worker is offline.
	missedHeartbeats = 3
)

// OfflineAt is when the worker counts as gone unless it sends a heartbeat.
func OfflineAt(w *db.Worker) time.Time {
	interval := heartbeatFallback
	if w.Interval != nil && *w.Interval > 0 {
		interval = time.Duration(*w.Interval) * time.Second
	}
	return w.LastHeartbeat.Add(missedHeartbeats * interval)
}

// Online reports whether the worker's last heartbeat is recent.
func Online(w *db.Worker) bool { return time.Now().Before(OfflineAt(w)) }

// HasOnlineWorker reports whether one of the pool's workers is online.
func HasOnlineWorker(d *db.DB, pool uuid.UUID) bool {
	return d.Workers.Find(func(w *db.Worker) bool { return w.WorkPoolID == pool && Online(w) }) != nil
}

// PolledRecently reports whether somebody asked for the queue's runs within the last minute.
func PolledRecently(q *db.WorkQueue) bool {
	return !q.LastPolled.IsZero() && time.Since(q.LastPolled.Time) <= PollTimeout
}

// MarkPolled notes that somebody asks for the queues' runs: they and the deployments that use them are ready for the
// next minute. A paused queue stays paused.
func MarkPolled(d *db.DB, queues []*db.WorkQueue) {
	now := api.Now()
	ids := map[uuid.UUID]bool{}
	for _, q := range queues {
		ids[q.ID] = true
		q.LastPolled = now
		if !q.Ready && !q.IsPaused {
			q.Ready = true
			q.Touch()
			view.EmitQueueStatus(d, q)
		}
	}
	for deployment := range d.Deployments.All() {
		if deployment.WorkQueueID != nil && ids[*deployment.WorkQueueID] {
			deployment.LastPolled = now
			SetDeploymentReady(d, deployment, true)
		}
	}
	d.Wake(now.Add(PollTimeout))
}

// MarkDeploymentPolled notes that somebody polls for a deployment: it is ready for the next minute.
func MarkDeploymentPolled(d *db.DB, p *db.Deployment) {
	p.LastPolled = api.Now()
	SetDeploymentReady(d, p, true)
	d.Wake(p.LastPolled.Add(PollTimeout))
}

// SetDeploymentReady notes whether somebody polls for a deployment, and tells of it if that is new.
func SetDeploymentReady(d *db.DB, p *db.Deployment, ready bool) {
	if p.Ready == ready {
		return
	}
	p.Ready = ready
	view.EmitDeployment(d, p, map[bool]string{true: "ready", false: "not-ready"}[ready])
}
