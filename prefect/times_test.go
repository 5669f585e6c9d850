package prefect_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/prefect"
)

// wireForms is one of everything that is written in its own way.
type wireForms struct {
	ID      prefect.ID            `json:"id"`
	Time    prefect.Time          `json:"time"`
	Seconds prefect.Seconds       `json:"seconds"`
	Field   prefect.Field[string] `json:"field,omitzero"`
	Left    prefect.Field[int]    `json:"left,omitzero"`
}

func TestWireForms(t *testing.T) {
	at := time.Date(2026, 11, 21, 12, 36, 24, 731079123, time.FixedZone("", 3600))
	for name, test := range map[string]struct {
		value wireForms
		wire  string
	}{
		"zero":      {wireForms{}, `{"id":null,"time":null,"seconds":0.0}`},
		"all":       {wireForms{"x", prefect.At(at), prefect.Seconds(1500 * time.Millisecond), prefect.Set("v"), prefect.Field[int]{}}, `{"id":"x","time":"2026-11-21T11:36:24.731079Z","seconds":1.5,"field":"v"}`},
		"emptied":   {wireForms{ID: "x", Field: prefect.Null[string](), Left: prefect.Set(0)}, `{"id":"x","time":null,"seconds":0.0,"field":null,"left":0}`},
		"whole":     {wireForms{Seconds: prefect.Seconds(time.Hour)}, `{"id":null,"time":null,"seconds":3600.0}`},
		"set empty": {wireForms{Field: prefect.Set("")}, `{"id":null,"time":null,"seconds":0.0,"field":""}`},
	} {
		t.Run(name, func(t *testing.T) {
			got := must(json.Marshal(test.value))(t)
			want(t, "written", string(got), test.wire)
			var back wireForms
			check(t, json.Unmarshal(got, &back))
			want(t, "read and written again", string(must(json.Marshal(back))(t)), test.wire)
		})
	}
}

func TestReadingTimes(t *testing.T) {
	want := time.Date(2026, 11, 21, 11, 36, 24, 731079000, time.UTC)
	for _, text := range []string{
		"2026-11-21T11:36:24.731079Z", "2026-11-21T11:36:24.731079+00:00", "2026-11-21T12:36:24.731079+01:00", "2026-11-21T11:36:24.731079", "2026-11-21 11:36:24.731079+00:00",
	} {
		var got prefect.Time
		if err := json.Unmarshal([]byte(`"`+text+`"`), &got); err != nil || !got.Equal(want) {
			t.Errorf("%s: got %v, %v", text, got, err)
		}
	}
	for _, text := range []string{`"soon"`, `17`, `{}`, `""`} {
		if err := json.Unmarshal([]byte(text), new(prefect.Time)); err == nil {
			t.Errorf("%s counts as a time", text)
		}
	}
	for _, text := range []string{`"soon"`, `{}`, `true`} {
		if err := json.Unmarshal([]byte(text), new(prefect.Seconds)); err == nil {
			t.Errorf("%s counts as seconds", text)
		}
	}
}

func TestStateNames(t *testing.T) {
	want(t, "name", prefect.StateCancelling.Name(), "Cancelling")
	want(t, "no name", prefect.StateType("").Name(), "")
	for kind, ended := range map[prefect.StateType]bool{
		prefect.StateScheduled: false, prefect.StatePending: false, prefect.StateRunning: false, prefect.StatePaused: false, prefect.StateCancelling: false,
		prefect.StateCompleted: true, prefect.StateFailed: true, prefect.StateCancelled: true, prefect.StateCrashed: true,
	} {
		want(t, string(kind), kind.Terminal(), ended)
	}
}
