package arm_test

import (
	"context"
	"errors"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
	"github.com/pacific-aci/pacific/emulator/azure/internal/armtest"
	"github.com/pacific-aci/pacific/emulator/azure/internal/faults"
)

type status struct {
	ID, Name, Status   string
	StartTime, EndTime time.Time
	Properties         struct{ Events []string }
	Error              *struct{ Code, Message string }
}

// operate adds an operation that starts what spec says and runs it once.
func operate(t *testing.T, c *arm.Core, spec arm.OperationSpec) (reply, **arm.AsyncOperation) {
	t.Helper()
	var op *arm.AsyncOperation
	c.Handle(arm.Operation{ID: "Boxes_Shake", Method: "POST", Path: "/subscriptions/{subscriptionId}/providers/Contoso.Storage/shake"}, func(r *arm.Request) (*arm.Response, error) {
		op = c.StartOperation(r, spec)
		return &arm.Response{Status: http.StatusAccepted, Header: op.Header()}, nil
	})
	return armtest.Call(c, "POST", sub+"/providers/Contoso.Storage/shake", ""), &op
}

func TestAzureAsyncOperation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := armtest.NewCore(t, `{"latency":{"operation":"1m"}}`)
		first, op := operate(t, c, arm.OperationSpec{
			Style: arm.AzureAsync, Namespace: "Contoso.Storage", Location: "eastus", APIVersion: "2018-06-01", Running: "Pending", Name: "shake",
			Work: func(_ context.Context, op *arm.AsyncOperation) error {
				op.AddEvent("begun")
				time.Sleep(time.Hour)
				return nil
			},
		})
		poll := first.Header().Get("Azure-Asyncoperation")
		path := strings.TrimPrefix(poll, "https://management.azure.com")
		if want := sub + "/providers/Contoso.Storage/locations/eastus/operations/" + (*op).ID + "?api-version=2018-06-01"; path != want {
			t.Fatalf("Azure-AsyncOperation %q, want %q", poll, want)
		}
		if first.Header().Get("Location") != "" || first.Header().Get("Retry-After-Ms") != "100" || first.Header().Get("Retry-After") != "" {
			t.Errorf("first answer %v", first.Header())
		}
		got := armtest.Call(c, "GET", path, "")
		var during status
		got.JSON(t, &during)
		if got.Code != 200 || during.Status != "Pending" || during.Name != "shake" || !during.EndTime.IsZero() || !during.StartTime.Equal(time.Now()) || got.Header().Get("Retry-After-Ms") != "100" {
			t.Errorf("at once: %d %+v %v", got.Code, during, got.Header())
		}
		if during.ID != strings.TrimSuffix(path, "?api-version=2018-06-01") {
			t.Errorf("id %q", during.ID)
		}
		time.Sleep(2 * time.Minute)
		armtest.Call(c, "GET", path, "").JSON(t, &during)
		if diff := cmp.Diff([]string{"begun"}, during.Properties.Events); diff != "" || during.Status != "Pending" {
			t.Errorf("after two minutes %+v", during)
		}
		<-(*op).Done()
		got = armtest.Call(c, "GET", path, "")
		var after status
		got.JSON(t, &after)
		if after.Status != "Succeeded" || after.EndTime.Sub(after.StartTime) != time.Hour+time.Minute || after.Error != nil || got.Header().Get("Retry-After-Ms") != "" {
			t.Errorf("at the end %+v %v", after, got.Header())
		}
		for _, other := range []string{
			strings.Replace(path, "eastus", "westus2", 1), strings.Replace(path, "operations", "operationresults", 1), strings.Replace(path, (*op).ID, "x", 1),
			sub + "/operations/" + (*op).ID,
		} {
			got := armtest.Call(c, "GET", other, "")
			if code, _ := got.Fault(); got.Code != 404 || code != "OperationNotFound" {
				t.Errorf("%s: %d %s", other, got.Code, got.Body)
			}
		}
		if got := armtest.Call(c, "GET", path, "", "Authorization", ""); got.Code != 401 {
			t.Errorf("a poll without a token: %d", got.Code)
		}
		if got := armtest.Call(c, "GET", strings.Replace(path, subscription, tenant, 1), ""); got.Code != 404 {
			t.Errorf("a poll in another subscription: %d", got.Code)
		}
	})
}

func TestOperationFailures(t *testing.T) {
	refused := &arm.Error{Status: 409, Code: "ServiceUnavailable", Message: "full", Details: []*arm.Error{{Code: "Inner", Message: "x"}}}
	tests := []struct {
		name      string
		err       error
		fault     string
		status    string
		code, msg string
	}{
		{"an arm error", refused, "", "Failed", "ServiceUnavailable", "full"},
		{"another error", errors.New("a secret"), "", "Failed", "InternalServerError", "internal error"},
		{"forced", nil, `{"effect":{"provisioningState":"Failed","code":"InsufficientCapacity","message":"none left"}}`, "Failed", "InsufficientCapacity", "none left"},
		{"forced without words", nil, `{"effect":{"provisioningState":"Canceled"}}`, "Canceled", "ProvisioningFailed", "Canceled"},
		{"a state of the resource alone", nil, `{"effect":{"provisioningState":"Unhealthy"}}`, "Succeeded", "", ""},
		{"the work's own error first", refused, `{"effect":{"provisioningState":"Canceled"}}`, "Failed", "ServiceUnavailable", "full"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := armtest.NewCore(t, "")
			if tt.fault != "" {
				if err := c.Faults.AddFaults([]byte(tt.fault)); err != nil {
					t.Fatal(err)
				}
			}
			first, op := operate(t, c, arm.OperationSpec{Namespace: "Contoso.Storage", Location: "eastus", Work: func(context.Context, *arm.AsyncOperation) error { return tt.err }})
			c.Faults.ClearFaults()
			<-(*op).Done()
			var got status
			armtest.Call(c, "GET", strings.TrimPrefix(first.Header().Get("Azure-Asyncoperation"), "https://management.azure.com"), "").JSON(t, &got)
			if got.Status != tt.status || tt.code == "" && got.Error != nil || tt.code != "" && (got.Error == nil || got.Error.Code != tt.code || !strings.Contains(got.Error.Message, tt.msg)) {
				t.Errorf("got %+v %+v, want %s %s", got, got.Error, tt.status, tt.code)
			}
			if is, e := (*op).Status(); is != tt.status || (e == nil) != (tt.code == "") {
				t.Errorf("Status() is %s, %v", is, e)
			}
		})
	}
}

func TestLocationStyle(t *testing.T) {
	for name, spec := range map[string]arm.OperationSpec{
		"204": {Style: arm.Location, Namespace: "Contoso.Storage", Location: "eastus"},
		"200": {Style: arm.Location, Namespace: "Contoso.Storage", Location: "eastus", Final: &arm.Response{Body: map[string]string{"a": "b"}}},
	} {
		t.Run(name, func(t *testing.T) {
			c := armtest.NewCore(t, "")
			first, op := operate(t, c, spec)
			<-(*op).Done()
			if first.Header().Get("Azure-Asyncoperation") != "" {
				t.Errorf("%v", first.Header())
			}
			got := armtest.Call(c, "GET", strings.TrimPrefix(first.Header().Get("Location"), "https://management.azure.com"), "")
			if want := map[string]int{"204": 204, "200": 200}[name]; got.Code != want || (got.Body.Len() > 0) != (name == "200") {
				t.Errorf("%d %q", got.Code, got.Body)
			}
		})
	}
}

func TestBodyStyle(t *testing.T) {
	c := armtest.NewCore(t, "")
	first, _ := operate(t, c, arm.OperationSpec{Style: arm.BodyState})
	if h := first.Header(); h.Get("Location") != "" || h.Get("Azure-Asyncoperation") != "" || h.Get("Retry-After-Ms") != "100" {
		t.Errorf("%v", h)
	}
}

// Reset ends the work of operations, Close waits for it, and afterwards nothing runs.
func TestOperationsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := armtest.NewCore(t, "")
		ended := make(chan error, 2)
		work := func(ctx context.Context, _ *arm.AsyncOperation) error {
			<-ctx.Done()
			time.Sleep(time.Second)
			ended <- ctx.Err()
			return ctx.Err()
		}
		first, op := operate(t, c, arm.OperationSpec{Namespace: "Contoso.Storage", Location: "eastus", Work: work})
		synctest.Wait()
		c.Reset(t.Context())
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("the work ended with %v", err)
		}
		if got := armtest.Call(c, "GET", strings.TrimPrefix(first.Header().Get("Azure-Asyncoperation"), "https://management.azure.com"), ""); got.Code != 404 {
			t.Errorf("the operation outlives the reset: %d", got.Code)
		}
		armtest.Call(c, "POST", sub+"/providers/Contoso.Storage/shake", "")
		outlived := false
		c.Go(func(ctx context.Context) { <-ctx.Done(); time.Sleep(time.Hour); outlived = true })
		synctest.Wait()
		began := time.Now()
		c.Close()
		if !outlived || time.Since(began) != time.Hour {
			t.Errorf("Close returned after %s", time.Since(began))
		}
		<-ended
		c.Go(func(context.Context) { t.Error("a goroutine begins after Close") })
		armtest.Call(c, "POST", sub+"/providers/Contoso.Storage/shake", "")
		<-(*op).Done()
		if is, _ := (*op).Status(); is != arm.Failed {
			t.Errorf("an operation after Close is %s", is)
		}
		c.Close()
		synctest.Wait()
	})
}

func TestRetryAfterSetting(t *testing.T) {
	c := armtest.NewCore(t, `{"retryAfter":"90s"}`)
	h := http.Header{}
	c.RetryAfter(h)
	want := http.Header{}
	faults.RetryAfter(want, 90*time.Second)
	if diff := cmp.Diff(want, h); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestEndedOperationLetsGo ends an operation: it is remembered for its polls, and what its work rested on is not.
func TestEndedOperationLetsGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := armtest.NewCore(t, "")
		plan := make([]byte, 1<<20)
		kept := weak.Make(&plan[0])
		c.Handle(arm.Operation{ID: "Boxes_Shake", Method: "POST", Path: "/subscriptions/{subscriptionId}/providers/Contoso.Storage/shake"}, func(r *arm.Request) (*arm.Response, error) {
			held := plan
			plan = nil
			op := c.StartOperation(r, arm.OperationSpec{
				Style: arm.AzureAsync, Namespace: "Contoso.Storage", Location: "eastus",
				Work: func(context.Context, *arm.AsyncOperation) error {
					held[0] = 1
					return nil
				},
			})
			return &arm.Response{Status: http.StatusAccepted, Header: op.Header()}, nil
		})
		first := armtest.Call(c, "POST", sub+"/providers/Contoso.Storage/shake", "")
		synctest.Wait()
		poll := strings.TrimPrefix(first.Header().Get("Azure-Asyncoperation"), "https://management.azure.com")
		if got := armtest.Call(c, "GET", poll, ""); got.Code != 200 || !strings.Contains(got.Body.String(), `"Succeeded"`) {
			t.Fatalf("poll: %d %s", got.Code, got.Body)
		}
		runtime.GC()
		if kept.Value() != nil {
			t.Error("what the work of an ended operation rested on is still in memory")
		}
	})
}
