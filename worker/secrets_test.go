package worker_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerinstance/armcontainerinstance/v2"

	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/worker"
)

// A lockedBuffer may be written by several goroutines.
type lockedBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.String()
}

// TestSecretsAreSeenByTheContainerAlone follows the value of a secret block, of a plain variable of the environment and of the
// API's key. The container has them; Azure shows none of them to readers of the group, and neither the worker's log nor the
// run's labels, logs and states have them. That holds for a run that completes and for one that Azure refuses.
func TestSecretsAreSeenByTheContainerAlone(t *testing.T) {
	secrets := map[string]string{"PASSWORD": "hunter2-of-a-block", "PLAIN": "value-of-a-variable", "PREFECT_API_KEY": "pnu_of-the-api"}
	for name, refused := range map[string]bool{"completes": false, "is refused": true} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, "", func(t *world) {
				must(t.prefect.SaveBlock(t.Context(), "db", &prefect.SecretBlock{Value: prefect.SecretStr(secrets["PASSWORD"])}, prefect.SaveBlockOptions{}))(t)
				if refused {
					t.faultAzure(`{"match":{"operation":"ContainerGroups_CreateOrUpdate"},"times":0,"effect":{"status":400,"code":"InvalidParameter","message":"no"}}`)
				}
				t.program = flowFor(5 * time.Minute)
				run := t.withVariables(map[string]any{"env": map[string]any{"PASSWORD": "{{ prefect.blocks.secret.db }}", "PLAIN": secrets["PLAIN"]}})
				var log lockedBuffer
				m := t.start("one", func(c *worker.Config) {
					c.Log = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
					c.Settings = map[string]string{"PREFECT_API_URL": "http://api/api", "PREFECT_API_KEY": secrets["PREFECT_API_KEY"]}
				})
				seen := map[string]string{}
				if !refused {
					t.untilState(run.ID, prefect.StateRunning)
					group := t.containersOf(run.ID)[0]
					for name, secret := range secrets {
						if !slices.Contains(group.env, name+"="+secret) {
							t.Errorf("the container has no %s", name)
						}
					}
					seen["the group in Azure"] = t.rawGroup(group.group)
				}
				if err := t.untilSettled([]prefect.FlowRun{run}, time.Hour); err != nil {
					t.Fatal(err)
				}
				m.join(t)
				seen["the worker's log"] = log.String()
				seen["the run's labels"] = inJSON(t, must(t.prefect.FlowRun(t.Context(), run.ID))(t).Labels)
				seen["the run's states"] = inJSON(t, must(t.prefect.FlowRunStates(t.Context(), run.ID))(t))
				seen["the run's logs"] = inJSON(t, must(prefect.Collect(t.prefect.Logs(t.Context(), prefect.LogQuery{FlowRunIDs: []prefect.ID{run.ID}})))(t))
				for where, text := range seen {
					for _, secret := range secrets {
						if strings.Contains(text, secret) {
							t.Errorf("%q is in %s: %s", secret, where, text)
						}
					}
				}
			})
		})
	}
}

// rawGroup is all that Azure tells a reader of a container group.
func (w *world) rawGroup(name string) string {
	w.Helper()
	cloud := w.cloud(w.azure.Transport())
	groups := must(armcontainerinstance.NewContainerGroupsClient(w.azure.Account().SubscriptionID, must(cloud.Credential())(w), cloud.ARMOptions()))(w)
	got := must(groups.Get(context.Background(), worldGroup, name, nil))(w)
	text := inJSON(w, got.ContainerGroup)
	if !strings.Contains(text, "PASSWORD") {
		w.Errorf("the group has no variable PASSWORD: %s", text)
	}
	return text
}

func inJSON(t testing.TB, v any) string { return string(must(json.Marshal(v))(t)) }
