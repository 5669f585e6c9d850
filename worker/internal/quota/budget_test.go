package quota_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/emulator/azure"
	"github.com/pacific-aci/pacific/worker/internal/quota"
)

// traffic counts what goes over the wire.
type traffic struct {
	next http.RoundTripper

	mu                         sync.Mutex
	signIns, refused           int
	groupReads, usages, writes int
}

func (c *traffic) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := c.next.RoundTrip(req)
	c.mu.Lock()
	defer c.mu.Unlock()
	path := req.URL.Path
	switch {
	case strings.HasSuffix(path, "/token"):
		c.signIns++
	case strings.HasSuffix(path, "/usages"):
		c.usages++
	case req.Method == http.MethodGet && strings.Contains(path, "/containerGroups/") && !strings.HasSuffix(path, "/logs"):
		c.groupReads++
	case req.Method == http.MethodPut:
		c.writes++
	}
	if resp != nil && resp.StatusCode == http.StatusTooManyRequests && req.Method != http.MethodDelete {
		c.refused++
	}
	return resp, err
}

// TestBudgetOf200Runs: 200 runs of ten minutes that start at once sign in once, read each group some thirty times, and send
// nothing that ARM's token buckets or ACI's limits refuse. Deletes are not counted: a hundred groups that end at once are
// more than ACI deletes in five minutes, and who deletes them waits as Azure says.
func TestBudgetOf200Runs(t *testing.T) {
	const runs = 200
	synctest.Test(t, func(t *testing.T) {
		server, err := azureemulator.NewServer(azureemulator.Options{
			Settings:      []byte(`{"throttle":{"enabled":true},"quota":{"enforced":true,"containerGroups":150,"standardCores":150}}`),
			ResourceGroup: azureemulator.DefaultResourceGroup,
			Engine: azureemulator.Func(func(ctx context.Context, _ azureemulator.ContainerCall) int {
				_ = azure.Sleep(ctx, 10*time.Minute)
				return 0
			}),
		})
		if err != nil {
			t.Fatal(err)
		}
		defer server.Close()
		wire := &traffic{next: server.Transport()}
		account := server.Account()
		cloud, err := azure.NewCloud(t.Context(), azure.Options{Transport: wire, Credential: azure.CredentialOptions{
			Method: azure.MethodClientSecret, TenantID: account.TenantID, ClientID: account.ClientID, ClientSecret: account.ClientSecret}})
		if err != nil {
			t.Fatal(err)
		}
		client, err := aci.NewClient(aci.Config{Cloud: cloud, Subscription: account.SubscriptionID, ResourceGroup: azureemulator.DefaultResourceGroup})
		if err != nil {
			t.Fatal(err)
		}
		ledger := quota.New(client, nil)
		var all sync.WaitGroup
		for n := range runs {
			all.Go(func() {
				group, grant, err := ledger.Create(t.Context(), t.Context(), quota.Pending{Job: job(n, 1), Name: fmt.Sprintf("run %d", n)})
				if err != nil {
					t.Errorf("creating run %d: %v", n, err)
					return
				}
				defer grant.Release()
				if result, err := client.Wait(t.Context(), group.Name, aci.WaitOptions{}); err != nil || !result.Success() {
					t.Errorf("run %d: %+v, %v", n, result, err)
				}
			})
		}
		all.Wait()
		t.Logf("%d runs: %d sign-ins, %d reads of groups, %d of the limits, %d PUTs, %d refused with 429", runs, wire.signIns, wire.groupReads, wire.usages, wire.writes, wire.refused)
		if wire.signIns != 1 {
			t.Errorf("%d sign-ins; want 1", wire.signIns)
		}
		if wire.refused != 0 {
			t.Errorf("Azure refused %d requests with 429", wire.refused)
		}
		if wire.writes != runs || ledger.Status().Refused != 0 {
			t.Errorf("%d PUTs, %d refused for quota; want %d and none", wire.writes, ledger.Status().Refused, runs)
		}
		if most := 30 * runs; wire.groupReads > most {
			t.Errorf("%d reads of groups; want at most %d", wire.groupReads, most)
		}
	})
}
