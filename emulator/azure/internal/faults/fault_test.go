package faults_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/emulator/azure/internal/faults"
)

var errStop = errors.New("stop")

func contextCause(t *testing.T) (context.Context, context.CancelCauseFunc) {
	return context.WithCancelCause(t.Context())
}

func call() faults.Call {
	return faults.Call{
		Operation: "ContainerGroups_CreateOrUpdate", Method: "PUT", Host: "management.azure.com", Region: "westeurope",
		Path: "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerInstance/containerGroups/job-1",
	}
}

func TestMatch(t *testing.T) {
	tests := []struct {
		name  string
		match faults.Match
		want  bool
	}{
		{"empty", faults.Match{}, true},
		{"operation", faults.Match{Operation: "containergroups_createorupdate"}, true},
		{"other operation", faults.Match{Operation: "ContainerGroups_Get"}, false},
		{"method", faults.Match{Method: "put"}, true},
		{"other method", faults.Match{Method: "GET"}, false},
		{"host", faults.Match{Host: "management.azure.com"}, true},
		{"host glob", faults.Match{Host: "*.azure.com"}, true},
		{"other host", faults.Match{Host: "login.*"}, false},
		{"the contract's glob", faults.Match{Path: "*/containerGroups/job-*"}, true},
		{"glob in another case", faults.Match{Path: "*/CONTAINERGROUPS/JOB-?"}, true},
		{"glob without end", faults.Match{Path: "*/containerGroups/job-"}, false},
		{"whole path only", faults.Match{Path: "containerGroups"}, false},
		{"star matches nothing too", faults.Match{Path: "*job-1*"}, true},
		{"many stars", faults.Match{Path: "*s*s*s*g*1"}, true},
		{"region", faults.Match{Region: "WestEurope"}, true},
		{"other region", faults.Match{Region: "eastus"}, false},
		{"all of it", faults.Match{Operation: "ContainerGroups_CreateOrUpdate", Method: "PUT", Host: "m*", Path: "/sub*", Region: "westeurope"}, true},
		{"all but one", faults.Match{Operation: "ContainerGroups_CreateOrUpdate", Method: "PUT", Host: "m*", Path: "/sub*", Region: "eastus"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tr := faults.New()
			effect := faults.Effect{Status: 503}
			if err := tr.AddFault(faults.Fault{Match: tt.match, Effect: effect}); err != nil {
				t.Fatal(err)
			}
			want := faults.Effect{}
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
	tr := faults.New()
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
	list := tr.Faults()
	if list[0].Hits != 2 || list[1].Hits != 4 {
		t.Errorf("hits %d and %d, want 2 and 4", list[0].Hits, list[1].Hits)
	}
	tr.ClearFaults()
	if got := tr.Fault(call()); got != (faults.Effect{}) || len(tr.Faults()) != 0 {
		t.Errorf("after clearing: %+v, %v", got, tr.Faults())
	}
}

func TestContractsFault(t *testing.T) {
	tr := faults.New()
	err := tr.AddFaults([]byte(`{"match":{"operation":"ContainerGroups_CreateOrUpdate","method":"","host":"","path":"*/containerGroups/job-*","region":""},
		"skip":0,"times":1,"effect":{"status":409,"code":"ServiceUnavailable","message":"…","retryAfter":"2s","delay":"0s","drop":false,"applyFirst":false,"provisioningState":""}}`))
	if err != nil {
		t.Fatal(err)
	}
	want := faults.Effect{Status: 409, Code: "ServiceUnavailable", Message: "…", RetryAfter: faults.Duration(2 * time.Second)}
	if got := tr.Fault(call()); got != want {
		t.Errorf("first call: %+v", got)
	}
	if got := tr.Fault(call()); got != (faults.Effect{}) {
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
		{`{"effect":{"drop":true},"match":{"method":"A B"}}`, "match.method", "not an HTTP method"},
	}
	for _, tt := range tests {
		t.Run(tt.body, func(t *testing.T) {
			tr := faults.New()
			bad, ok := errors.AsType[*faults.FieldError](tr.AddFaults([]byte(tt.body)))
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
		tr := faults.New()
		if tr.AddFaults(data) == nil {
			tr.Fault(faults.Call{Path: path})
		}
	})
}
