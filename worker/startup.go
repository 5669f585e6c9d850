package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/prefect"
)

// startUp reads or makes the pool and sends the first heartbeat. It waits for an API that cannot be reached.
func (w *Worker) startUp(ctx context.Context) error {
	told := false
	for pause := time.Second; ; pause = min(2*pause, longestPause) {
		err := w.sync(ctx)
		if err == nil {
			err = w.checkQueues(ctx)
		}
		switch {
		case err == nil:
			if told {
				w.cfg.Log.InfoContext(ctx, "Prefect's API answers again")
			}
			return nil
		case errors.Is(err, prefect.ErrUnauthorised), errors.Is(err, prefect.ErrForbidden), !passes(err):
			return err
		case ctx.Err() != nil:
			return context.Cause(ctx)
		}
		if !told {
			told = true
			w.cfg.Log.WarnContext(ctx, "Prefect's API cannot be used yet; waiting for it", "error", err)
		}
		if err := azure.Sleep(ctx, pause); err != nil {
			return err
		}
	}
}

// checkQueues refuses a queue that the pool has not. The server refuses every poll that names one, so that no other queue would
// be served either.
func (w *Worker) checkQueues(ctx context.Context) error {
	if w.queues != nil {
		return nil
	}
	for _, name := range w.cfg.Queues {
		_, err := w.cfg.Prefect.WorkQueue(ctx, w.cfg.Pool, name)
		if errors.Is(err, prefect.ErrNotFound) {
			return &QueueNotFoundError{Pool: w.cfg.Pool, Queue: name}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// sayStarted says what is served from now on.
func (w *Worker) sayStarted(ctx context.Context) {
	if w.queues == nil {
		w.cfg.Log.InfoContext(ctx, "worker started", "worker", w.cfg.Name, "pool", w.cfg.Pool, "type", w.poolNow().Type)
		w.sayPaused(ctx)
		return
	}
	w.cfg.Log.InfoContext(ctx, "agent started", "agent", w.cfg.Name, "pool", w.cfg.Pool, "queues", strings.Join(w.queues.queueNames(), ", "))
}

// sayPaused warns where every queue that is served is paused, so that nobody waits for runs that cannot come.
func (w *Worker) sayPaused(ctx context.Context) {
	var paused []string
	for queue, err := range w.cfg.Prefect.WorkQueues(ctx, w.cfg.Pool) {
		switch {
		case err != nil:
			return // only the warning depends on it
		case len(w.cfg.Queues) > 0 && !slices.Contains(w.cfg.Queues, queue.Name):
			continue
		case !queue.IsPaused:
			return
		}
		paused = append(paused, queue.Name)
	}
	if len(paused) > 0 {
		w.cfg.Log.WarnContext(ctx, "every queue that this worker serves is paused", "queues", strings.Join(paused, ", "))
	}
}

// syncLoop keeps the worker's picture of the pool fresh, and the server's of the worker.
func (w *Worker) syncLoop(ctx context.Context) {
	failing := false
	back, failed := "heartbeats arrive again", "a heartbeat failed; runs in flight go on"
	if w.queues != nil {
		back, failed = "the work queues can be read again", "the work queues cannot be read; runs in flight go on"
	}
	every(ctx, w.cfg.Heartbeat, nil, func() bool {
		switch err := w.sync(ctx); {
		case err == nil && failing:
			failing = false
			w.cfg.Log.InfoContext(ctx, back)
		case err != nil && ctx.Err() == nil && !failing:
			failing = true
			w.cfg.Log.WarnContext(ctx, failed, "error", err)
		}
		return false
	})
}

// sync reads the pool, says that this worker lives, and sees which others do.
func (w *Worker) sync(ctx context.Context) error {
	err := w.trySync(ctx)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.syncError = ""
	if err != nil {
		w.syncError = err.Error()
		w.status.HeartbeatErrors++
	}
	return err
}

func (w *Worker) trySync(ctx context.Context) error {
	version, err := w.cfg.Prefect.ServerVersion(ctx)
	if err != nil {
		return err
	}
	if w.queues != nil {
		w.mu.Lock()
		w.version = version
		w.mu.Unlock()
		return w.queues.refresh(ctx)
	}
	pool, err := w.readPool(ctx, version)
	if err != nil {
		return err
	}
	if err := w.cfg.Prefect.WorkerHeartbeat(ctx, w.cfg.Pool, w.cfg.Name, w.cfg.Heartbeat); err != nil {
		return err
	}
	if err := w.seeWorkers(ctx); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.single: // one run that somebody asked for is started all the same
	case pool.IsPaused && !w.pool.IsPaused:
		w.cfg.Log.WarnContext(ctx, "the work pool is paused: no more runs are started until it is resumed", "pool", pool.Name)
	case !pool.IsPaused && w.pool.IsPaused:
		w.cfg.Log.InfoContext(ctx, "the work pool was resumed", "pool", pool.Name)
	}
	w.pool, w.version = pool, version
	return nil
}

// seeWorkers reads which workers the pool has, and makes adoption run if one is gone since the last time.
func (w *Worker) seeWorkers(ctx context.Context) error {
	if w.queues != nil {
		return nil
	}
	workers, err := prefect.Collect(w.cfg.Prefect.Workers(ctx, w.cfg.Pool))
	if err != nil {
		return err
	}
	online := map[string]bool{}
	for _, other := range workers {
		online[other.Name] = other.Status == "ONLINE"
	}
	w.mu.Lock()
	before := w.workers
	w.workers = online
	w.mu.Unlock()
	for name, was := range before {
		if was && !online[name] && name != w.cfg.Name {
			w.cfg.Log.InfoContext(ctx, "another worker is offline; taking over what it left", "worker", name)
			w.lookNow()
		}
	}
	return nil
}

// readPool reads the pool, makes it if it should, and gives one without a template Pacific's own.
func (w *Worker) readPool(ctx context.Context, version prefect.Version) (prefect.WorkPool, error) {
	pool, err := w.cfg.Prefect.WorkPool(ctx, w.cfg.Pool)
	if errors.Is(err, prefect.ErrNotFound) {
		if !w.cfg.CreatePool {
			return pool, fmt.Errorf("work pool %q: %w", w.cfg.Pool, ErrPoolNotFound)
		}
		pool, err = w.createPool(ctx, version)
	}
	if err != nil {
		return pool, err
	}
	served := pool.Type == jobtemplate.TypeWorker || pool.Type == jobtemplate.TypePush
	if !served || w.cfg.Type != "" && w.cfg.Type != pool.Type {
		return pool, &PoolTypeError{Pool: pool.Name, Type: pool.Type, Want: w.cfg.Type}
	}
	if !emptyTemplate(pool.BaseJobTemplate) {
		return pool, nil
	}
	template, err := w.template(pool.Type, version)
	if err != nil {
		return pool, err
	}
	w.cfg.Log.InfoContext(ctx, "the pool has no base job template; giving it one", "pool", pool.Name)
	pool.BaseJobTemplate = template
	return pool, w.cfg.Prefect.UpdateWorkPool(ctx, pool.Name, prefect.WorkPoolUpdate{BaseJobTemplate: prefect.Set(template)})
}

func (w *Worker) createPool(ctx context.Context, version prefect.Version) (prefect.WorkPool, error) {
	kind := w.cfg.Type
	if kind == "" {
		kind = jobtemplate.TypeWorker
	}
	template, err := w.template(kind, version)
	if err != nil {
		return prefect.WorkPool{}, err
	}
	pool, err := w.cfg.Prefect.CreateWorkPool(ctx, prefect.WorkPoolCreate{Name: w.cfg.Pool, Type: kind, BaseJobTemplate: template})
	if errors.Is(err, prefect.ErrConflict) { // another worker was faster
		return w.cfg.Prefect.WorkPool(ctx, w.cfg.Pool)
	}
	if err == nil {
		w.cfg.Log.InfoContext(ctx, "created the work pool, which did not exist", "pool", pool.Name, "type", pool.Type)
	}
	return pool, err
}

// template is the base job template for a pool that has none.
func (w *Worker) template(kind string, version prefect.Version) (json.RawMessage, error) {
	if len(w.cfg.BaseJobTemplate) > 0 {
		return w.cfg.BaseJobTemplate, nil
	}
	raw, err := jobtemplate.BaseJobTemplate(kind, version)
	if err != nil || w.cfg.ResourceGroupID == "" {
		return raw, err
	}
	template, err := jobtemplate.ReadTemplate(raw)
	if err != nil {
		return nil, err
	}
	template.LeavePlaceToWorker()
	return template.MarshalJSON()
}

func emptyTemplate(raw json.RawMessage) bool {
	var fields map[string]json.RawMessage
	return json.Unmarshal(raw, &fields) != nil || len(fields) == 0
}

// poolNow is the pool as last read.
func (w *Worker) poolNow() prefect.WorkPool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.pool
}

func (w *Worker) versionNow() prefect.Version {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.version
}
