package flow_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/flow"
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
