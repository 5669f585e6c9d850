package flow_test

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/flow"
	"github.com/pacific-aci/pacific/prefect"
)

// memory is a store that a test can look into.
type memory struct {
	dir  flow.Store
	mu   sync.Mutex
	keys []string
}

func (m *memory) Load(ctx context.Context, key string) ([]byte, error) { return m.dir.Load(ctx, key) }

func (m *memory) Save(ctx context.Context, key string, data []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.keys = append(m.keys, key)
	return m.dir.Save(ctx, key, data)
}

// A retry of the flow stands for a container that comes back: it is the same flow run.
func TestResultsAreNotMadeTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, client := server(t)
		store := &memory{dir: flow.Dir(t.TempDir())}
		var calls []string
		step := func(_ context.Context, s string) (string, error) {
			calls = append(calls, s)
			return s + "!", nil
		}
		child := flow.New("child", func(ctx context.Context, p params) (string, error) { return flow.Task(ctx, "step", step, p.Name) })
		fail := true
		f := flow.New("stored", func(ctx context.Context, _ flow.None) (string, error) {
			var all strings.Builder
			for _, s := range []string{"a", "b", "a"} {
				out, err := flow.Task(ctx, "step", step, s)
				if err != nil {
					return "", err
				}
				all.WriteString(out)
			}
			for _, s := range []string{"a", "d"} {
				out, err := child.Run(ctx, params{Name: s})
				if err != nil {
					return "", err
				}
				all.WriteString(out)
			}
			if _, err := flow.Task(ctx, "forget", step, "c", flow.Results(nil)); err != nil {
				return "", err
			}
			if fail {
				fail = false
				return "", errors.New("evicted")
			}
			return all.String(), nil
		}, flow.Results(store), flow.Retries(1))
		if got, err := f.Run(ctx, flow.None{}); got != "a!b!a!a!d!" || err != nil {
			t.Errorf("Run = %q, %v", got, err)
		}
		if want := []string{"a", "b", "a", "a", "d", "c", "c"}; !slices.Equal(calls, want) {
			t.Errorf("calls %v, want %v", calls, want)
		}
		if len(store.keys) != 5 || store.keys[0] == store.keys[2] || store.keys[0] == store.keys[3] {
			t.Errorf("stored under %v", store.keys)
		}
		cached := 0
		for _, run := range taskRuns(t, client, theRun(t, client, "stored").ID) {
			if run.StateName == "Cached" {
				cached++
			}
		}
		if cached != 3 {
			t.Errorf("%d task runs are Cached, want 3", cached)
		}
	})
}

// A container is evicted in the midst of a flow run, and another one goes on with it.
func TestExecuteAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, client := server(t)
		first, evict := context.WithCancelCause(ctx)
		calls := 0
		f := flow.New("evicted", func(ctx context.Context, p params) (string, error) {
			text, err := flow.Task(ctx, "step", func(_ context.Context, s string) (string, error) {
				calls++
				return s + "!", nil
			}, p.Name)
			if err != nil {
				return "", err
			}
			if first.Err() == nil {
				evict(&flow.SignalError{Signal: syscall.SIGTERM, Reschedule: true})
				<-ctx.Done()
			}
			return text, ctx.Err()
		}, flow.Results(flow.Dir(t.TempDir())))
		made, err := client.CreateFlow(ctx, prefect.FlowCreate{Name: "evicted"})
		if err != nil {
			t.Fatal(err)
		}
		run, err := client.CreateFlowRun(ctx, prefect.FlowRunCreate{FlowID: made.ID, Parameters: map[string]any{"name": "Ada"}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := flow.Execute(first, run.ID, f); err == nil {
			t.Error("the evicted execution gives no error")
		}
		if got, err := flow.Execute(ctx, run.ID, f); got != "Ada!" || err != nil {
			t.Errorf("the second execution gives %v, %v", got, err)
		}
		if calls != 1 {
			t.Errorf("the task was called %d times", calls)
		}
		if got := stateNames(t, client, run.ID); !slices.Equal(got, []string{"Pending", "Running", "AwaitingRetry", "Running", "Completed"}) {
			t.Errorf("states %v", got)
		}
		if again := taskRuns(t, client, run.ID)["step-0'"]; again.ID == "" {
			t.Error("the second execution has no task run")
		}
	})
}

// What was stored by an older program, whose task had a result of another type, is made again and replaced.
func TestStoredResultOfAnotherType(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, client := server(t)
		store := flow.Results(flow.Dir(t.TempDir()))
		older := flow.New("changed", func(ctx context.Context, _ flow.None) (flow.None, error) {
			_, err := flow.Task(ctx, "step", func(context.Context, int) (string, error) { return "one", nil }, 1)
			return flow.None{}, errors.Join(err, errors.New("not done"))
		}, store, flow.Retries(1, time.Hour))
		calls := 0
		newer := flow.New("changed", func(ctx context.Context, _ flow.None) (int, error) {
			return flow.Task(ctx, "step", func(context.Context, int) (int, error) { calls++; return 1, nil }, 1)
		}, store)
		caller, evict := context.WithCancelCause(ctx)
		time.AfterFunc(time.Minute, func() { evict(&flow.SignalError{Signal: syscall.SIGTERM, Reschedule: true}) })
		if _, err := older.Run(caller, flow.None{}); err == nil {
			t.Fatal("the older program is not evicted")
		}
		for range 2 {
			run := theRun(t, client, "changed")
			if _, err := client.ForceFlowRunState(ctx, run.ID, prefect.State{Type: prefect.StateScheduled}); err != nil {
				t.Fatal(err)
			}
			if got, err := flow.Execute(ctx, run.ID, newer); got != 1 || err != nil {
				t.Errorf("the newer program gives %v, %v", got, err)
			}
		}
		if calls != 1 {
			t.Errorf("the task was called %d times", calls)
		}
	})
}

// Nothing finds a result again that belongs to no run of a server.
func TestNothingIsStoredWithoutServer(t *testing.T) {
	folder := t.TempDir()
	results := flow.Results(flow.Dir(folder))
	step := func(_ context.Context, n int) (int, error) { return n + 1, nil }
	f := flow.New("local", func(ctx context.Context, _ flow.None) (int, error) { return flow.Task(ctx, "step", step, 1) }, results)
	if got, err := f.Run(t.Context(), flow.None{}); got != 2 || err != nil {
		t.Errorf("Run = %d, %v", got, err)
	}
	ctx, _ := server(t)
	if got, err := flow.Task(ctx, "alone", step, 1, results); got != 2 || err != nil {
		t.Errorf("Task = %d, %v", got, err)
	}
	if left, err := os.ReadDir(folder); len(left) > 0 || err != nil {
		t.Errorf("left in the store: %v, %v", left, err)
	}
}
