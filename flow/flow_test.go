package flow_test

import (
	"context"
	"errors"
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

func TestParameterSchema(t *testing.T) {
	type place struct {
		City string `json:"city"`
	}
	type embedded struct {
		Since time.Time `json:"since"`
	}
	f := flow.New("x", func(context.Context, struct {
		embedded
		Name    string            `json:"name" doc:"who"`
		Colour  string            `json:"colour" default:"red" enum:"red,blue"`
		Ratio   float64           `json:"ratio" default:"0.5"`
		Places  []place           `json:"places"`
		Labels  map[string]string `json:"labels,omitempty"`
		Maybe   *int              `json:"maybe"`
		Secret  string            `json:"-"`
		private int
	}) (flow.None, error) {
		return flow.None{}, nil
	})
	want := `{"title":"Parameters","type":"object","properties":{` +
		`"since":{"title":"since","position":0,"type":"string","format":"date-time"},` +
		`"name":{"title":"name","position":1,"type":"string","description":"who"},` +
		`"colour":{"title":"colour","position":2,"type":"string","enum":["red","blue"],"default":"red"},` +
		`"ratio":{"title":"ratio","position":3,"type":"number","default":0.5},` +
		`"places":{"title":"places","position":4,"type":"array","items":{"type":"object","properties":{"city":{"title":"city","type":"string"}},"required":["city"]}},` +
		`"labels":{"title":"labels","position":5,"type":"object","additionalProperties":{"type":"string"}},` +
		`"maybe":{"title":"maybe","position":6,"type":"integer"}},` +
		`"required":["since","name","places"],"definitions":{}}`
	if got := string(f.ParameterSchema()); got != want {
		t.Errorf("schema\n%s\nwant\n%s", got, want)
	}
	if d := f.Defaults(); d.Colour != "red" || d.Ratio != 0.5 || d.private != 0 {
		t.Errorf("defaults %+v", d)
	}
}

type loop struct{ Next []loop }

type Embedded struct {
	N int `json:"n"`
}

func TestNewPanics(t *testing.T) {
	none := func(context.Context, flow.None) (flow.None, error) { return flow.None{}, nil }
	for name, make := range map[string]func(){
		"no name":     func() { flow.New("", none) },
		"no function": func() { flow.New[flow.None, flow.None]("x", nil) },
		"no struct":   func() { flow.New("x", func(context.Context, int) (int, error) { return 0, nil }) },
		"channel":     func() { flow.New("x", func(context.Context, struct{ C chan int }) (int, error) { return 0, nil }) },
		"duration":    func() { flow.New("x", func(context.Context, struct{ D time.Duration }) (int, error) { return 0, nil }) },
		"itself":      func() { flow.New("x", func(context.Context, loop) (int, error) { return 0, nil }) },
		"embedded pointer": func() {
			flow.New("x", func(context.Context, struct{ *Embedded }) (int, error) { return 0, nil })
		},
		"text option": func() {
			flow.New("x", func(context.Context, struct {
				N int `json:"n,string"`
			}) (int, error) {
				return 0, nil
			})
		},
		"same name": func() {
			flow.New("x", func(context.Context, struct {
				Embedded
				Other int `json:"n"`
			}) (int, error) {
				return 0, nil
			})
		},
		"bad default": func() {
			flow.New("x", func(context.Context, struct {
				N int `default:"many"`
			}) (int, error) {
				return 0, nil
			})
		},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: New does not panic", name)
				}
			}()
			make()
		}()
	}
}

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

func TestWithoutServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		attempts := 0
		f := flow.New("local", func(ctx context.Context, _ flow.None) (int, error) {
			if _, ok := flow.Info(ctx); !ok {
				t.Error("no info in a flow")
			}
			if attempts++; attempts < 3 {
				return 0, errors.New("not yet")
			}
			return attempts, nil
		}, flow.Retries(2, time.Minute))
		began := time.Now()
		if got, err := f.Run(t.Context(), flow.None{}); got != 3 || err != nil || time.Since(began) != 2*time.Minute {
			t.Errorf("Run = %d, %v after %v", got, err, time.Since(began))
		}
		if got, err := flow.Task(t.Context(), "alone", func(_ context.Context, n int) (int, error) { return n + 1, nil }, 1); got != 2 || err != nil {
			t.Errorf("a task outside of a flow gives %d, %v", got, err)
		}
	})
}

func TestCallersContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, client := server(t)
		gone := errors.New("enough")
		ctx, cancel := context.WithCancelCause(ctx)
		f := flow.New("stopped", func(ctx context.Context, _ flow.None) (flow.None, error) {
			cancel(gone)
			<-ctx.Done()
			return flow.None{}, ctx.Err()
		}, flow.Retries(5))
		if _, err := f.Run(ctx, flow.None{}); !errors.Is(err, gone) {
			t.Errorf("Run gives %v", err)
		}
		if run := theRun(t, client, "stopped"); run.StateName != "Cancelled" || run.State.Message != "the run was told to stop: enough" {
			t.Errorf("the run is %s: %s", run.StateName, run.State.Message)
		}
	})
}
