package trouble_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/emulator/azure/internal/trouble"
)

var errStop = errors.New("stop")

func contextCause(t *testing.T) (context.Context, context.CancelCauseFunc) {
	return context.WithCancelCause(t.Context())
}

func call() trouble.Call {
	return trouble.Call{
		Operation: "ContainerGroups_CreateOrUpdate", Method: "PUT", Host: "management.azure.com", Region: "westeurope",
		Path: "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerInstance/containerGroups/job-1",
	}
}

func TestMatch(t *testing.T) {
	tests := []struct {
		name  string
		match trouble.Match
		want  bool
	}{
		{"empty", trouble.Match{}, true},
		{"operation", trouble.Match{Operation: "containergroups_createorupdate"}, true},
		{"other operation", trouble.Match{Operation: "ContainerGroups_Get"}, false},
		{"method", trouble.Match{Method: "put"}, true},
		{"other method", trouble.Match{Method: "GET"}, false},
		{"host", trouble.Match{Host: "management.azure.com"}, true},
		{"host glob", trouble.Match{Host: "*.azure.com"}, true},
		{"other host", trouble.Match{Host: "login.*"}, false},
		{"the contract's glob", trouble.Match{Path: "*/containerGroups/job-*"}, true},
		{"glob in another case", trouble.Match{Path: "*/CONTAINERGROUPS/JOB-?"}, true},
		{"glob without end", trouble.Match{Path: "*/containerGroups/job-"}, false},
		{"whole path only", trouble.Match{Path: "containerGroups"}, false},
		{"star matches nothing too", trouble.Match{Path: "*job-1*"}, true},
		{"many stars", trouble.Match{Path: "*s*s*s*g*1"}, true},
		{"region", trouble.Match{Region: "WestEurope"}, true},
		{"other region", trouble.Match{Region: "eastus"}, false},
		{"all of it", trouble.Match{Operation: "ContainerGroups_CreateOrUpdate", Method: "PUT", Host: "m*", Path: "/sub*", Region: "westeurope"}, true},
		{"all but one", trouble.Match{Operation: "ContainerGroups_CreateOrUpdate", Method: "PUT", Host: "m*", Path: "/sub*", Region: "eastus"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tr := trouble.New()
			effect := trouble.Effect{Status: 503}
			if err := tr.AddFault(trouble.Fault{Match: tt.match, Effect: effect}); err != nil {
				t.Fatal(err)
			}
			want := trouble.Effect{}
			if tt.want {
				want = effect
			}
			if got := tr.Fault(call()); got != want {
				t.Errorf("effect %+v, want %+v", got, want)
			}
		})
	}
}

func TestSkipAndTimes(t *testing.T) {
	tr := trouble.New()
	if err := tr.AddFaults([]byte(`[{"skip":2,"times":2,"effect":{"status":500}},{"match":{"method":"PUT"},"effect":{"status":503}}]`)); err != nil {
		t.Fatal(err)
	}
	var got []int
	for range 6 {
		got = append(got, tr.Fault(call()).Status)
	}
	// While the first skips and after it is spent, the second hits.
	if diff := cmp.Diff([]int{503, 503, 500, 500, 503, 503}, got); diff != "" {
		t.Errorf("statuses (-want +got):\n%s", diff)
	}
	faults := tr.Faults()
	if faults[0].Hits != 2 || faults[1].Hits != 4 {
		t.Errorf("hits %d and %d, want 2 and 4", faults[0].Hits, faults[1].Hits)
	}
	tr.ClearFaults()
	if got := tr.Fault(call()); got != (trouble.Effect{}) || len(tr.Faults()) != 0 {
		t.Errorf("after clearing: %+v, %v", got, tr.Faults())
	}
}

func TestContractsFault(t *testing.T) {
	tr := trouble.New()
	err := tr.AddFaults([]byte(`{"match":{"operation":"ContainerGroups_CreateOrUpdate","method":"","host":"","path":"*/containerGroups/job-*","region":""},
		"skip":0,"times":1,"effect":{"status":409,"code":"ServiceUnavailable","message":"…","retryAfter":"2s","delay":"0s","drop":false,"applyFirst":false,"provisioningState":""}}`))
	if err != nil {
		t.Fatal(err)
	}
	want := trouble.Effect{Status: 409, Code: "ServiceUnavailable", Message: "…", RetryAfter: trouble.Duration(2 * time.Second)}
	if got := tr.Fault(call()); got != want {
		t.Errorf("first call: %+v", got)
	}
	if got := tr.Fault(call()); got != (trouble.Effect{}) {
		t.Errorf("second call: %+v", got)
	}
}

func TestFaultRefusals(t *testing.T) {
	tests := []struct{ body, field, reason string }{
		{`{"effect":{}}`, "effect", "says nothing"},
		{`{}`, "effect", "says nothing"},
		{`"x"`, "", "must be an object, not a string"},
		{`[{"effect":{"drop":true}},{}]`, "[1].effect", "says nothing"},
		{`[{"effect":{"drop":1}}]`, "[0].effect.drop", "must be true or false"},
		{`{"effect":{"status":200}}`, "effect.status", "from 400 to 599, not 200"},
		{`{"effect":{"status":600}}`, "effect.status", "from 400 to 599"},
		{`{"effect":{"code":"X"}}`, "effect.status", "is needed with a code"},
		{`{"effect":{"retryAfter":"2s"}}`, "effect.status", "is needed with retryAfter"},
		{`{"effect":{"status":500,"drop":true}}`, "effect.drop", "no answer"},
		{`{"effect":{"applyFirst":true}}`, "effect.applyFirst", "needs a status or drop"},
		{`{"effect":{"status":500,"provisioningState":"Failed"}}`, "effect.provisioningState", "cannot go with a status"},
		{`{"effect":{"provisioningState":"Broken"}}`, "effect.provisioningState", "must be one of Failed"},
		{`{"effect":{"drop":true},"times":-1}`, "times", "whole number"},
		{`{"effect":{"drop":true},"hits":3}`, "hits", "counted by the emulator"},
		{`{"effect":{"drop":true},"match":{"verb":"GET"}}`, "match.verb", "is not known here"},
		{`{"effect":{"drop":true},"match":{"method":"A B"}}`, "match.method", "no HTTP method"},
	}
	for _, tt := range tests {
		t.Run(tt.body, func(t *testing.T) {
			tr := trouble.New()
			bad, ok := errors.AsType[*trouble.FieldError](tr.AddFaults([]byte(tt.body)))
			if !ok {
				t.Fatal("no *FieldError")
			}
			if bad.Field != tt.field || !strings.Contains(bad.Reason, tt.reason) {
				t.Errorf("got %q: %q, want %q: …%s…", bad.Field, bad.Reason, tt.field, tt.reason)
			}
			if got := tr.Faults(); len(got) != 0 {
				t.Errorf("a refused list added %v", got)
			}
		})
	}
}

func FuzzFaults(f *testing.F) {
	f.Add([]byte(`[{"match":{"path":"*a?*"},"effect":{"status":500}}]`), "/abc")
	f.Add([]byte(`{"skip":1,"effect":{"delay":"1s"}}`), "")
	f.Fuzz(func(t *testing.T, data []byte, path string) {
		tr := trouble.New()
		if tr.AddFaults(data) == nil {
			tr.Fault(trouble.Call{Path: path})
		}
	})
}
