package aci_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerinstance/armcontainerinstance/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/emulator/azure"
)

// scripted is an engine whose containers print and end as their name says; others run for a minute.
func scripted(ends map[string]func(context.Context, azureemulator.ContainerCall) int) azureemulator.Engine {
	return azureemulator.Func(func(ctx context.Context, c azureemulator.ContainerCall) int {
		if end, ok := ends[c.Spec.Name]; ok {
			return end(ctx, c)
		}
		return seconder(60, 0)(ctx, c)
	})
}

// prints makes a container that prints lines and ends with code.
func prints(code int, lines ...string) func(context.Context, azureemulator.ContainerCall) int {
	return func(_ context.Context, c azureemulator.ContainerCall) int {
		for _, line := range lines {
			fmt.Fprintln(c.Spec.Output, line)
		}
		return code
	}
}

// withContainers gives a job a side-car "proxy" and an init container "setup".
func withContainers() *armcontainerinstance.ContainerGroup {
	small := &armcontainerinstance.ResourceRequirements{Requests: &armcontainerinstance.ResourceRequests{CPU: new(0.5), MemoryInGB: new(0.5)}}
	return &armcontainerinstance.ContainerGroup{Properties: &armcontainerinstance.ContainerGroupPropertiesProperties{
		InitContainers: []*armcontainerinstance.InitContainerDefinition{{Name: new("setup"),
			Properties: &armcontainerinstance.InitContainerPropertiesDefinition{Image: new("alpine:3"), Command: []*string{new("setup")}}}},
		Containers: []*armcontainerinstance.Container{
			{Name: new("main"), Properties: &armcontainerinstance.ContainerProperties{Image: new("alpine:3"), Resources: small}},
			{Name: new("proxy"), Properties: &armcontainerinstance.ContainerProperties{Image: new("alpine:3"), Command: []*string{new("proxy")}, Resources: small}},
		},
	}}
}

func TestFailedInitContainerIsNamed(t *testing.T) {
	var lines []string
	for i := range 15 {
		lines = append(lines, fmt.Sprintf("line %d", i))
	}
	bubble(t, `{}`, scripted(map[string]func(context.Context, azureemulator.ContainerCall) int{"setup": prints(9, lines...)}), func(t *testing.T, w *world) {
		began := time.Now()
		res, err := w.client.Run(t.Context(), aci.Job{Base: withContainers(), Command: []string{"x"}, Output: &buffer{}})
		failure, ok := errors.AsType[*aci.StartError](err)
		if !ok || res.Outcome != aci.OutcomeStartFailed || len(failure.Containers) != 1 {
			t.Fatalf("got %+v %v", res, err)
		}
		if !strings.Contains(err.Error(), `init container "setup" ended with exit code 9`) {
			t.Errorf("%q does not name the init container", err)
		}
		if len(res.Failures) != 1 || res.Failures[0].Container != "setup" || res.Failures[0].Role != aci.RoleInit || *res.Failures[0].ExitCode != 9 {
			t.Fatalf("got failures %v", res.Failures)
		}
		if diff := cmp.Diff(lines[5:], res.Failures[0].Lines); diff != "" {
			t.Errorf("its last lines (-want +got):\n%s", diff)
		}
		if told := w.events.of(aci.EventContainerFailed); len(told) != 1 || *told[0].ExitCode != 9 {
			t.Errorf("told %+v", told)
		}
		if w.calls(put) != 1 || time.Since(began) > time.Minute {
			t.Errorf("%d PUTs in %v, want one, and an end at once", w.calls(put), time.Since(began))
		}
		w.gone(res.Name)
	})
}

func TestFailedSidecarIsNamed(t *testing.T) {
	for _, code := range []int{0, 5} {
		bubble(t, `{}`, scripted(map[string]func(context.Context, azureemulator.ContainerCall) int{
			"setup": prints(0), "proxy": prints(3, "cannot bind"), "main": seconder(100, code),
		}), func(t *testing.T, w *world) {
			res, err := w.client.Run(t.Context(), aci.Job{Base: withContainers(), Command: []string{"x"}})
			if err != nil || res.ExitCode == nil || *res.ExitCode != code {
				t.Fatalf("got %+v %v, want the main container's code %d", res, err, code)
			}
			if len(res.Failures) != 1 || res.Failures[0].Error() != `side-car container "proxy" ended with exit code 3` {
				t.Fatalf("got failures %v", res.Failures)
			}
			if diff := cmp.Diff([]string{"cannot bind"}, res.Failures[0].Lines); diff != "" {
				t.Errorf("its last lines (-want +got):\n%s", diff)
			}
			if told := w.events.of(aci.EventContainerFailed); len(told) != 1 || time.Since(told[0].Time) < 50*time.Second {
				t.Errorf("told %+v, want once and early", told)
			}
			w.gone(res.Name)
		})
	}
}

// TestContainersThatWeStopDoNotFail: what ends because the group is stopped or deleted is no failure.
func TestContainersThatWeStopDoNotFail(t *testing.T) {
	bubble(t, `{}`, scripted(map[string]func(context.Context, azureemulator.ContainerCall) int{
		"setup": prints(0), "proxy": seconder(1000, 0), "main": seconder(1000, 0),
	}), func(t *testing.T, w *world) {
		res, err := w.client.Run(t.Context(), aci.Job{Base: withContainers(), Command: []string{"x"}, Timeout: time.Minute})
		if err != nil || res.Outcome != aci.OutcomeTimedOut || len(res.Failures) > 0 || len(w.events.of(aci.EventContainerFailed)) > 0 {
			t.Errorf("got %+v %v", res, err)
		}
	})
}

func TestScriptThatCannotRunIsToldAsThat(t *testing.T) {
	for line, want := range map[string]string{
		"/job.sh: 2: echo\r: not found":                                   "CRLF",
		"env: 'python3\\r': No such file or directory":                    "CRLF",
		"sh: ./job.sh: /bin/sh^M: bad interpreter: No such file":          "CRLF",
		"exec /job.sh: exec format error":                                 "#!/bin/sh",
		"sh: ./job.sh: /bin/bash: bad interpreter: No such file":          "interpreter",
		"exec /job.sh: no such file or directory":                         "interpreter",
		"sh: 1: ./job.sh: Permission denied":                              "chmod",
		"sh: 1: frobnicate: not found":                                    "",
		"the report was not found\r\nplease look for it and start again.": "",
	} {
		bubble(t, `{}`, azureemulator.Func(prints(127, line)), func(t *testing.T, w *world) {
			res, err := w.client.Run(t.Context(), aci.Job{Command: []string{"/job.sh"}, Output: &buffer{}})
			if err != nil || res.Outcome != aci.OutcomeFailed {
				t.Fatalf("got %+v %v", res, err)
			}
			if want == "" {
				if len(res.Failures) > 0 {
					t.Errorf("%q: got %v, want no guess", line, res.Failures)
				}
				return
			}
			if len(res.Failures) != 1 || res.Failures[0].Role != aci.RoleMain || !strings.Contains(res.Failures[0].Cause, want) {
				t.Errorf("%q: got %v, want a cause with %q", line, res.Failures, want)
			}
		})
	}
}

// TestInitContainerRunsOnce: a group whose main container cannot start is not tried again after an init container ran.
func TestInitContainerRunsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		setups := &atomic.Int64{}
		engine := scripted(map[string]func(context.Context, azureemulator.ContainerCall) int{
			"setup": func(context.Context, azureemulator.ContainerCall) int { setups.Add(1); return 0 },
		})
		w := newWorldVia(t, `{"latency":{"pull":"40s"}}`, engine, func(rt http.RoundTripper) http.RoundTripper {
			return rewritingGroup(rt, func(properties map[string]any) {
				if setups.Load() > 0 {
					properties["provisioningState"] = "Failed"
					mainView(properties)["events"] = []any{map[string]any{"name": "RegistryErrorResponse", "type": "Warning", "count": 1, "message": "docker registry",
						"firstTimestamp": "2000-01-01T00:00:41Z", "lastTimestamp": "2000-01-01T00:00:41Z"}}
				}
			})
		})
		res, err := w.client.Run(t.Context(), aci.Job{Base: withContainers(), Command: []string{"x"}})
		if err == nil || res.Outcome != aci.OutcomeStartFailed || setups.Load() != 1 || w.calls(put) != 1 {
			t.Errorf("got %+v %v; %d setups and %d PUTs, want one each", res, err, setups.Load(), w.calls(put))
		}
		w.gone(res.Name)
	})
}
