package aci_test

import (
	"context"
	"io"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/emulator/azure"
)

// atOnce prints text and ends.
func atOnce(text string) azureemulator.Engine {
	return azureemulator.Func(func(_ context.Context, c azureemulator.ContainerCall) int {
		_, _ = io.WriteString(c.Spec.Output, text)
		return 0
	})
}

const noAttach = `{"match":{"operation":"Containers_Attach"},"times":0,"effect":{"status":403,"code":"AuthorizationFailed"}}`

// TestOutputThatAzureDoesNotKeep: what a container that has ended has lost, or what JSON cannot carry, is said.
func TestOutputThatAzureDoesNotKeep(t *testing.T) {
	for name, text := range map[string]string{
		"20,000 lines":                 strings.Repeat("line\n", 20000),
		"a long last line":             "first\n" + strings.Repeat("x", 40000),
		"nothing but a long line":      strings.Repeat("x", 40000),
		"a long line, a short footer":  strings.Repeat("x", 40000) + "\ndone\n",
		"a line over 4 MB, and a line": strings.Repeat("x", 5<<20) + "\ndone\n",
		"bytes":                        "one \xff\xfe two\n",
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, `{}`, atOnce(text), func(t *testing.T, w *world) {
				w.fault(noAttach)
				res, err := w.client.Run(t.Context(), aci.Job{Command: []string{"x"}, Output: &buffer{}})
				if err != nil || !res.Success() || len(res.Gaps) == 0 {
					t.Errorf("got %+v %v, want a gap", res, err)
				}
			})
		})
	}
}

// TestBlockedAttachIsSaidOnce: log reads bring the output then.
func TestBlockedAttachIsSaidOnce(t *testing.T) {
	bubble(t, `{}`, container(300, 0), func(t *testing.T, w *world) {
		w.fault(noAttach)
		out := &buffer{}
		res, err := w.client.Run(t.Context(), aci.Job{Command: []string{"x"}, Output: out})
		if err != nil || !res.Success() || len(res.Gaps) > 0 || strings.Count(out.String(), "\n") != 300 {
			t.Fatalf("got %+v %v, %d lines", res, err, strings.Count(out.String(), "\n"))
		}
		if said, asked := len(w.events.of(aci.EventAttachBlocked)), w.calls("Containers_Attach"); said != 1 || asked != 1 {
			t.Errorf("said %d times, asked %d times, want once", said, asked)
		}
	})
}
