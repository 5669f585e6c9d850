package flowdata

import (
	"context"
	"slices"

	"github.com/coder/websocket"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
)

func (h *handlers) registerTaskWorkers(r *api.Router) {
	h.db.Deferred = h.tasks.schedule
	r.Handle("POST /task_workers/filter", h.listTaskWorkers)
	r.HandleSocket("GET /task_runs/subscriptions/scheduled", h.serveTaskWorker)
}

// listTaskWorkers lists the task workers that are connected. A server sees each of them once a second, so the time that it
// shows is never older.
func (h *handlers) listTaskWorkers(r *api.Request) (api.Reply, error) {
	var body struct {
		api.Loose
		Filter *struct {
			api.Loose
			TaskKeys []string `json:"task_keys" req:"true"`
		} `json:"task_worker_filter"`
	}
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	type seen struct {
		Identifier string   `json:"identifier"`
		TaskKeys   []string `json:"task_keys"`
		Timestamp  api.Time `json:"timestamp"`
	}
	list := []*seen{}
	for _, w := range h.tasks.workers {
		at := slices.IndexFunc(list, func(s *seen) bool { return s.Identifier == w.clientID })
		if at < 0 {
			at, list = len(list), append(list, &seen{Identifier: w.clientID, Timestamp: api.Now()})
		}
		list[at].TaskKeys = append(list[at].TaskKeys, w.keys...)
	}
	for _, s := range list {
		slices.Sort(s.TaskKeys)
		s.TaskKeys = slices.Compact(s.TaskKeys)
	}
	if body.Filter != nil && len(body.Filter.TaskKeys) > 0 {
		list = slices.DeleteFunc(list, func(s *seen) bool {
			return !slices.ContainsFunc(body.Filter.TaskKeys, func(key string) bool { return slices.Contains(s.TaskKeys, key) })
		})
	}
	return api.OK(list)
}

// badSubscription closes a websocket whose client does not speak as a task worker does.
const badSubscription websocket.StatusCode = 4001

// subscribe reads a task worker's first message. It gives nil for one that is refused.
func subscribe(ctx context.Context, conn *websocket.Conn) *taskWorker {
	var message struct {
		Type     string   `json:"type"`
		Keys     []string `json:"keys"`
		ClientID string   `json:"client_id"`
	}
	if api.ReadMessage(ctx, conn, &message) != nil {
		return nil
	}
	missing := ""
	switch {
	case message.Type != "subscribe":
		missing = "'subscribe' message"
	case len(message.Keys) == 0:
		missing = "'keys' in subscribe message"
	case message.ClientID == "":
		missing = "'client_id' in subscribe message"
	default:
		return &taskWorker{clientID: message.ClientID, keys: message.Keys, wake: make(chan struct{}, 1)}
	}
	_ = conn.Close(badSubscription, "Protocol violation: expected "+missing)
	return nil
}

// serveTaskWorker sends a task worker the deferred runs of its tasks, one at a time: the next one when it has acknowledged
// the last one. What it does not acknowledge before it goes is another worker's.
func (h *handlers) serveTaskWorker(ctx context.Context, conn *websocket.Conn) {
	worker := subscribe(ctx, conn)
	if worker == nil {
		return
	}
	h.db.Lock()
	h.tasks.join(worker)
	h.db.Unlock()
	defer func() {
		h.db.Lock()
		defer h.db.Unlock()
		h.tasks.leave(worker)
	}()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	replies := readReplies(ctx, conn)
	for {
		run, ok := h.nextRun(worker)
		if !ok {
			select {
			case <-worker.wake:
			case _, ok := <-replies: // nothing was asked: only the end of the connection matters
				if !ok {
					return
				}
			}
			continue
		}
		if conn.Write(ctx, websocket.MessageText, run.text) != nil {
			h.giveBack(run)
			return
		}
		switch <-replies {
		case "ack":
		case "quit": // a server forgets the run that it sent last
			_ = conn.Close(websocket.StatusNormalClosure, "")
			return
		default:
			h.giveBack(run)
			return
		}
	}
}

// readReplies gives the types of the messages that a task worker sends, until it goes or sends what is no message.
func readReplies(ctx context.Context, conn *websocket.Conn) <-chan string {
	replies := make(chan string)
	go func() {
		defer close(replies)
		for {
			var message struct {
				Type string `json:"type"`
			}
			if api.ReadMessage(ctx, conn, &message) != nil {
				return
			}
			select {
			case replies <- message.Type:
			case <-ctx.Done():
				return
			}
		}
	}()
	return replies
}

func (h *handlers) nextRun(w *taskWorker) (backgroundRun, bool) {
	h.db.Lock()
	defer h.db.Unlock()
	return h.tasks.take(w)
}

func (h *handlers) giveBack(run backgroundRun) {
	h.db.Lock()
	defer h.db.Unlock()
	h.tasks.giveBack(run)
}
