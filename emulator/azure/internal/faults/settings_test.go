package faults_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/emulator/azure/internal/faults"
)

// The contract's own words for the defaults.
const contract = `{"latency":     {"operation":"0s","place":"0s","pull":"0s","start":"0s","stop":"0s","delete":"0s","read":"0s"},
 "propagation": {"directory":"0s","roleAssignment":"0s","managedIdentity":"0s"},
 "retryAfter":  "100ms",
 "throttle":    {"enabled":false,
                 "reads":{"bucket":250,"perSecond":25},"writes":{"bucket":200,"perSecond":10},"deletes":{"bucket":200,"perSecond":10}},
 "quota":       {"containerGroups":100,"standardCores":100,"createsPerHour":300,"createsPer5Minutes":100,
                 "deletesPerHour":300,"deletesPer5Minutes":100,"enforced":false},
 "logs":        {"runningBytes":4194304,"stoppedBytes":16384,"stoppedLines":1000},
 "restartsOnFailureDespiteNever": 0,
 "regions":     ["eastus","westeurope","northeurope","westus2"]}`

func TestDefaults(t *testing.T) {
	data, err := json.Marshal(faults.New().Settings())
	if err != nil {
		t.Fatal(err)
	}
	var got, want any
	for from, to := range map[string]*any{contract: &want, string(data): &got} {
		if err := json.Unmarshal([]byte(from), to); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("defaults differ from the contract (-want +got):\n%s", diff)
	}
}

func TestPatchMerges(t *testing.T) {
	tr := faults.New()
	if err := tr.Patch([]byte(`{"latency":{"pull":"1m30s"},"quota":{"enforced":true},"regions":["uksouth"]}`)); err != nil {
		t.Fatal(err)
	}
	want := faults.Defaults()
	want.Latency.Pull = faults.Duration(90 * time.Second)
	want.Quota.Enforced = true
	want.Regions = []string{"uksouth"}
	if diff := cmp.Diff(want, tr.Settings()); diff != "" {
		t.Errorf("after the patch (-want +got):\n%s", diff)
	}
	if err := tr.Patch([]byte(contract)); err != nil {
		t.Fatalf("the contract's own document: %v", err)
	}
	if diff := cmp.Diff(faults.Defaults(), tr.Settings()); diff != "" {
		t.Errorf("after patching the defaults back (-want +got):\n%s", diff)
	}
}

func TestPatchRefusals(t *testing.T) {
	tests := []struct{ body, field, reason string }{
		{`{`, "", "is not JSON"},
		{``, "", "is not JSON"},
		{`{} {}`, "", "after its end"},
		{`[]`, "", "must be an object, not a list"},
		{`null`, "", "must be an object, not null"},
		{`{"latency":null}`, "latency", "must be an object, not null"},
		{`{"latency":{"pull":5}}`, "latency.pull", "must be a duration"},
		{`{"latency":{"pull":"5"}}`, "latency.pull", `not "5"`},
		{`{"latency":{"pull":"-5s"}}`, "latency.pull", "negative"},
		{`{"latency":{"pul":"5s"}}`, "latency.pul", "is not known here; known are delete, operation"},
		{`{"Latency":{}}`, "Latency", "is not known here"},
		{`{"retryAfter":"0s"}`, "retryAfter", "more than 0s"},
		{`{"throttle":{"enabled":"yes"}}`, "throttle.enabled", "must be true or false, not a string"},
		{`{"throttle":{"reads":{"bucket":0}}}`, "throttle.reads", "bucket of 1 or more"},
		{`{"throttle":{"reads":{"perSecond":0}}}`, "throttle.reads", "perSecond above 0"},
		{`{"throttle":{"writes":{"bucket":1.5}}}`, "throttle.writes.bucket", "whole number"},
		{`{"quota":{"containerGroups":-1}}`, "quota.containerGroups", "whole number from 0"},
		{`{"quota":{"containerGroups":1e3}}`, "quota.containerGroups", "whole number"},
		{`{"quota":{"containerGroups":99999999999}}`, "quota.containerGroups", "whole number from 0"},
		{`{"logs":{"runningBytes":"4MB"}}`, "logs.runningBytes", "must be a number, not a string"},
		{`{"restartsOnFailureDespiteNever":true}`, "restartsOnFailureDespiteNever", "must be a number, not a boolean"},
		{`{"regions":"eastus"}`, "regions", "must be a list, not a string"},
		{`{"regions":[]}`, "regions", "at least one"},
		{`{"regions":[5]}`, "regions[0]", "must be a string, not a number"},
		{`{"regions":["West Europe"]}`, "regions[0]", "short name"},
		{`{"regions":["eastus","eastus"]}`, "regions[1]", "twice"},
		{`{"latency":{"pull":"-5s"},"latency":{}}`, "latency", "is there twice"},
		{`{"quota":{"containerGroups":-1,"containerGroups":5}}`, "quota.containerGroups", "is there twice"},
		{`{"propagation":{"roleAssignment":"-5s"}}`, "propagation.roleAssignment", "must not be negative"},
	}
	for _, tt := range tests {
		t.Run(tt.body, func(t *testing.T) {
			tr := faults.New()
			bad, ok := errors.AsType[*faults.FieldError](tr.Patch([]byte(tt.body)))
			if !ok {
				t.Fatal("no *FieldError")
			}
			if bad.Field != tt.field || !strings.Contains(bad.Reason, tt.reason) {
				t.Errorf("got %q: %q, want %q: …%s…", bad.Field, bad.Reason, tt.field, tt.reason)
			}
			if diff := cmp.Diff(faults.Defaults(), tr.Settings()); diff != "" {
				t.Errorf("a refused patch changed the settings:\n%s", diff)
			}
		})
	}
}

func TestSettingsAreCopies(t *testing.T) {
	tr := faults.New()
	tr.Settings().Regions[0] = "nowhere"
	if got := tr.Settings().Regions[0]; got != "eastus" {
		t.Errorf("a caller changed the regions: %s", got)
	}
}

func TestResetReturnsToTheStart(t *testing.T) {
	tr := faults.New()
	if err := tr.Start([]byte(`{"retryAfter":"3s"}`)); err != nil {
		t.Fatal(err)
	}
	if err := tr.Patch([]byte(`{"retryAfter":"9s"}`)); err != nil {
		t.Fatal(err)
	}
	if err := tr.AddFaults([]byte(`{"effect":{"drop":true}}`)); err != nil {
		t.Fatal(err)
	}
	tr.Reset()
	if got := tr.Settings().RetryAfter.Std(); got != 3*time.Second {
		t.Errorf("retryAfter after reset: %s", got)
	}
	if got := tr.Faults(); len(got) != 0 {
		t.Errorf("faults after reset: %v", got)
	}
	if err := tr.Start([]byte(`{"retryAfter":"x"}`)); err == nil {
		t.Error("Start took a bad document")
	}
}

func TestSleep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		if err := faults.Sleep(t.Context(), time.Hour); err != nil || time.Since(start) != time.Hour {
			t.Errorf("slept %s, %v", time.Since(start), err)
		}
		ctx, cancel := contextCause(t)
		go func() { time.Sleep(time.Minute); cancel(errStop) }()
		start = time.Now()
		if err := faults.Sleep(ctx, time.Hour); !errors.Is(err, errStop) || time.Since(start) != time.Minute {
			t.Errorf("slept %s, %v", time.Since(start), err)
		}
		if err := faults.Sleep(ctx, 0); err != nil {
			t.Errorf("a sleep of nothing: %v", err)
		}
	})
}

func FuzzPatch(f *testing.F) {
	f.Add([]byte(contract))
	f.Add([]byte(`{"latency":{"pull":"5s"},"regions":["eastus"]}`))
	f.Add([]byte(`{"quota":{"standardCores":1e400}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		tr := faults.New()
		if tr.Patch(data) != nil {
			if diff := cmp.Diff(faults.Defaults(), tr.Settings()); diff != "" {
				t.Errorf("a refused patch changed the settings:\n%s", diff)
			}
			return
		}
		again, err := json.Marshal(tr.Settings())
		if err != nil {
			t.Fatal(err)
		}
		if err := faults.New().Patch(again); err != nil {
			t.Errorf("settings that were accepted are refused when told back: %v", err)
		}
	})
}
