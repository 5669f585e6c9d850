package worker_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/worker"
)

// TestUnreadablePlaceIsSaidOnce: that a resource group cannot be looked through is said once for each reason, and once when it can be
// again.
func TestUnreadablePlaceIsSaidOnce(t *testing.T) {
	inWorld(t, "", func(t *world) {
		other := t.otherPlace()
		run := t.withVariables(map[string]any{"resource_group_name": otherGroup})
		var said bytes.Buffer
		m := t.start("one", func(c *worker.Config) {
			inBothPlaces(other)(c)
			c.Log = slog.New(slog.NewTextHandler(&said, nil))
		})
		t.untilState(run.ID, prefect.StateCompleted)
		for _, code := range []string{"AuthorizationFailed", "ScopeLocked"} {
			t.faultAzure(`{"match":{"operation":"ContainerGroups_ListByResourceGroup","path":"*/resourceGroups/%s/*"},"times":10,"effect":{"status":403,"code":%q}}`, otherGroup, code)
		}
		time.Sleep(3 * time.Hour)
		m.join(t)
		text := said.String()
		for what, want := range map[string]int{"cannot be looked through": 2, "can be looked through again": 1} {
			if n := strings.Count(text, what); n != want {
				t.Errorf("the worker said %d times that a group %s, want %d\n%s", n, what, want, text)
			}
		}
	})
}

// TestForbiddenAdoptionIsSaidOnce: the same for the worker's own resource group.
func TestForbiddenAdoptionIsSaidOnce(t *testing.T) {
	inWorld(t, "", func(t *world) {
		var said bytes.Buffer
		t.faultAzure(`{"match":{"operation":"ContainerGroups_ListByResourceGroup"},"times":30,"effect":{"status":403,"code":"AuthorizationFailed"}}`)
		m := t.start("one", func(c *worker.Config) { c.Log = slog.New(slog.NewTextHandler(&said, nil)) })
		time.Sleep(3 * time.Hour)
		m.join(t)
		text := said.String()
		for what, want := range map[string]int{"looking for runs to take over failed": 1, "looking for runs to take over succeeds again": 1} {
			if n := strings.Count(text, what); n != want {
				t.Errorf("the worker said %d times %q, want %d\n%s", n, what, want, text)
			}
		}
	})
}
