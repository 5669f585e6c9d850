package aci_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/emulator/azure"
)

// container is a job that prints a line each second for so many seconds and ends with code.
func container(seconds, code int) azureemulator.Engine {
	return azureemulator.Func(seconder(seconds, code))
}

func seconder(seconds, code int) azureemulator.ContainerFunc {
	return func(ctx context.Context, c azureemulator.ContainerCall) int {
		for i := range seconds {
			fmt.Fprintf(c.Spec.Output, "second %d\n", i)
			select {
			case <-time.After(time.Second):
			case <-ctx.Done():
				fmt.Fprintln(c.Spec.Output, "stopped")
				return 143
			}
		}
		return code
	}
}

func TestTenMinuteJob(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, tt := range []struct{ name, settings string }{
			{"quick start", `{}`},
			{"slow start and delete", `{"latency":{"place":"5s","pull":"20s","start":"3s","delete":"4s"},"retryAfter":"2s"}`},
			{"a minute to start", `{"latency":{"place":"20s","pull":"40s","start":"1s","delete":"1s"}}`},
		} {
			w := newWorld(t, tt.settings, container(600, 0))
			out := &buffer{}
			began := time.Now()
			res, err := w.client.Run(t.Context(), aci.Job{Command: []string{"x"}, Output: out})
			if err != nil || !res.Success() {
				t.Fatalf("%s: got %+v %v", tt.name, res, err)
			}
			var want strings.Builder
			for i := range 600 {
				want.WriteString(fmt.Sprintf("second %d\n", i))
			}
			differ(t, out.String(), want.String())
			if res.Reads.State > 15 {
				t.Errorf("%s: %d state reads, want at most 15", tt.name, res.Reads.State)
			}
			if got, late := w.calls("Containers_ListLogs"), time.Since(res.Phases.Finished); got != res.Reads.Logs || got > 30 {
				t.Errorf("%s: %d log reads, counted %d, late %v", tt.name, got, res.Reads.Logs, late)
			}
			w.gone(res.Name)
			t.Logf("%s: %+v after %v; %+v", tt.name, res.Reads, time.Since(began), res.Phases.Durations())
		}
	})
}
