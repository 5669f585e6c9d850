package arm_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
	"github.com/pacific-aci/pacific/emulator/azure/internal/armtest"
)

// The principals that call in process.
var (
	deployer = &arm.Principal{ObjectID: "deployer's object", AppID: "deployer"}
	other    = &arm.Principal{ObjectID: "other"}
)

// putCall makes a box named b in the group g.
var putCall = arm.Call{Method: "PUT", URL: sub + "/resourceGroups/g/providers/Contoso.Storage/boxes/b?api-version=2023-05-01", Body: []byte(`{"location":"eastus"}`)}

func getCall(path string) arm.Call {
	return arm.Call{Method: "GET", URL: path + "?api-version=2023-05-01"}
}

func refused(err error) (status int, code string) {
	if e, ok := errors.AsType[*arm.Error](err); ok {
		return e.Status, e.Code
	}
	return 0, ""
}

func TestDo(t *testing.T) {
	c := armtest.NewCore(t, "")
	c.Authenticate = nil // no token is asked for
	if _, err := c.Do(t.Context(), deployer, arm.Call{Method: "PUT", URL: sub + "/resourcegroups/g?api-version=2023-05-01", Body: []byte(`{"location":"eastus"}`)}); err != nil {
		t.Fatal(err)
	}
	got, err := c.Do(t.Context(), deployer, putCall)
	if err != nil {
		t.Fatal(err)
	}
	var made box
	if err := json.Unmarshal(got.Body, &made); err != nil || got.Status != 201 || made.Location != "eastus" || got.Header.Get("X-Ms-Request-Id") == "" {
		t.Errorf("%d %v %s (%v)", got.Status, got.Header, got.Body, err)
	}
	// The address of a poll is absolute.
	gone, err := c.Do(t.Context(), deployer, arm.Call{Method: "DELETE", URL: sub + "/resourcegroups/g?api-version=2023-05-01"})
	if err != nil || gone.Status != 202 {
		t.Fatalf("%+v, %v", gone, err)
	}
	if _, err := c.Do(t.Context(), deployer, arm.Call{Method: "GET", URL: gone.Header.Get("Location")}); err != nil {
		t.Errorf("polling: %v", err)
	}
	var seen []string
	for _, r := range c.Requests.After(0) {
		seen = append(seen, strings.Join([]string{r.Method, r.Host, r.Operation, r.Principal, r.Client}, " "))
	}
	const by = " deployer emulator (in process)"
	want := []string{
		"PUT management.azure.com ResourceGroups_CreateOrUpdate" + by, "PUT management.azure.com Boxes_CreateOrUpdate" + by,
		"DELETE management.azure.com ResourceGroups_Delete" + by, "GET management.azure.com SubscriptionOperationResults_Get" + by,
	}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("the log (-want +got):\n%s", diff)
	}
}

func TestDoRefusals(t *testing.T) {
	c := armtest.NewCore(t, "")
	for name, tt := range map[string]struct {
		as     *arm.Principal
		call   arm.Call
		status int
		code   string
	}{
		"nobody":         {nil, getCall(sub), 401, "AuthenticationFailed"},
		"no api-version": {deployer, arm.Call{Method: "GET", URL: sub}, 400, "MissingApiVersionParameter"},
		"no such path":   {deployer, getCall("/nonsense"), 404, "NotFound"},
		"HEAD":           {deployer, arm.Call{Method: "HEAD", URL: sub + "/resourcegroups/none?api-version=2023-05-01"}, 404, "NotFound"},
	} {
		_, err := c.Do(t.Context(), tt.as, tt.call)
		if status, code := refused(err); status != tt.status || code != tt.code {
			t.Errorf("%s: %v (%d), want %d %s", name, err, status, tt.status, tt.code)
		}
	}
	for _, u := range []string{"", ":", "subscriptions", "https://login.microsoftonline.com/x", "https://management.azure.com", "/%zz"} {
		if got, err := c.Do(t.Context(), deployer, arm.Call{Method: "GET", URL: u}); err == nil || !strings.Contains(err.Error(), "is no address of Azure Resource Manager") {
			t.Errorf("%q: %v, %v", u, got, err)
		}
	}
}

func TestDoIsAuthorised(t *testing.T) {
	c := armtest.NewCore(t, "")
	armtest.Group(t, c, "g")
	c.Authorize = func(_ context.Context, a arm.Access) error {
		if a.Principal == deployer {
			return nil
		}
		return arm.AuthorizationFailed(a.Principal, a.Action, a.Scope)
	}
	_, err := c.Do(t.Context(), other, putCall)
	if status, code := refused(err); status != 403 || code != "AuthorizationFailed" || !strings.Contains(err.Error(), "'Contoso.Storage/boxes/write' over scope '"+armtest.BoxID("g", "b").String()+"'") {
		t.Errorf("%v", err)
	}
	if _, ok := c.Get(armtest.BoxID("g", "b")); ok {
		t.Error("a refused call made the box")
	}
	if _, err := c.Do(t.Context(), deployer, putCall); err != nil {
		t.Error(err)
	}
	last := c.Requests.After(0)
	if r := last[len(last)-2]; r.Status != 403 || r.Principal != "other" {
		t.Errorf("the refusal in the log: %+v", r)
	}
}

func TestDoIsThrottled(t *testing.T) {
	c := armtest.NewCore(t, `{"throttle":{"enabled":true,"reads":{"bucket":2,"perSecond":0.1}}}`)
	for range 2 {
		if _, err := c.Do(t.Context(), deployer, getCall(sub)); err != nil {
			t.Fatal(err)
		}
	}
	_, err := c.Do(t.Context(), deployer, getCall(sub))
	if status, code := refused(err); status != 429 || code != "SubscriptionRequestsThrottled" {
		t.Fatalf("%v", err)
	}
	if e, _ := errors.AsType[*arm.Error](err); e.Header.Get("Retry-After") == "" {
		t.Errorf("no time to wait: %v", e.Header)
	}
	if _, err := c.Do(t.Context(), other, getCall(sub)); err != nil {
		t.Errorf("the principals share a bucket: %v", err)
	}
}

func TestDoIsFaulted(t *testing.T) {
	c := armtest.NewCore(t, "")
	armtest.Group(t, c, "g")
	fault := func(effect string) error {
		t.Helper()
		c.Faults.ClearFaults()
		if err := c.Faults.AddFaults([]byte(`{"match":{"operation":"Boxes_CreateOrUpdate"},"times":1,"effect":` + effect + `}`)); err != nil {
			t.Fatal(err)
		}
		_, err := c.Do(t.Context(), deployer, putCall)
		return err
	}
	err := fault(`{"status":409,"code":"ServiceUnavailable","message":"full","retryAfter":"2s"}`)
	if e, ok := errors.AsType[*arm.Error](err); !ok || e.Status != 409 || e.Code != "ServiceUnavailable" || e.Message != "full" || e.Header.Get("Retry-After") != "2" {
		t.Errorf("%v", err)
	}
	if err := fault(`{"drop":true}`); !errors.Is(err, arm.ErrNoAnswer) {
		t.Errorf("dropped: %v", err)
	}
	if _, ok := c.Get(armtest.BoxID("g", "b")); ok {
		t.Error("a faulted call made the box")
	}
	if err := fault(`{"drop":true,"applyFirst":true}`); !errors.Is(err, arm.ErrNoAnswer) {
		t.Errorf("done and dropped: %v", err)
	}
	if _, ok := c.Get(armtest.BoxID("g", "b")); !ok {
		t.Error("applyFirst did not make the box")
	}
	if hits := c.Faults.Faults()[0].Hits; hits != 1 {
		t.Errorf("%d hits", hits)
	}
}

// A call ends with its context, also where a fault makes it slow.
func TestDoEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := armtest.NewCore(t, "")
		if err := c.Faults.AddFaults([]byte(`{"effect":{"delay":"1h"}}`)); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		began := time.Now()
		if _, err := c.Do(ctx, deployer, getCall(sub)); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Minute {
			t.Errorf("%v after %s", err, time.Since(began))
		}
	})
}
