package azureemulator_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/emulator/azure"
	"github.com/pacific-aci/pacific/internal/apispec"
)

const (
	simpleGroup = `{"location":"East US","properties":{"osType":"Linux","restartPolicy":"Never","containers":[{"name":"main","properties":{"image":"x","resources":{"requests":{"cpu":1,"memoryInGB":1}}}}]}}`
	groupsPath  = "resourceGroups/g/providers/Microsoft.ContainerInstance/containerGroups/"
	aciVersion  = "?api-version=2023-05-01"
)

// The ids of requests, and what is left of the limits, as real answers were recorded.
func TestHeadersOfContainerGroups(t *testing.T) {
	s := start(t, azureemulator.Options{Engine: azureemulator.Simulate()})
	w := onWire(t, s)
	w.specs = apispec.FromEnv(t)
	w.arm("PUT", "resourcegroups/g", `{"location":"westeurope"}`)
	const inHour, in5 = "X-Ms-Ratelimit-Remaining-Subscription-Resource-Requests-Pt1h", "X-Ms-Ratelimit-Remaining-Subscription-Resource-Requests-Pt5m"
	for i, left := range []string{"299 99", "298 98"} {
		got := w.arm("PUT", groupsPath+string(rune('a'+i))+aciVersion, simpleGroup)
		id, ok := strings.CutPrefix(got.Header.Get("X-Ms-Request-Id"), "eastus:")
		if got.StatusCode != 201 || !ok || !strings.Contains(got.Header.Get("Azure-AsyncOperation"), "/operations/"+id+"?") {
			t.Errorf("%d: request id %q, operation %q", got.StatusCode, got.Header.Get("X-Ms-Request-Id"), got.Header.Get("Azure-AsyncOperation"))
		}
		if is := got.Header.Get(inHour) + " " + got.Header.Get(in5); is != left {
			t.Errorf("create %d: %s creates left, want %s", i, is, left)
		}
		poll := w.send("GET", got.Header.Get("Azure-AsyncOperation"), "")
		for _, reply := range []answer{poll, w.arm("GET", groupsPath+"a"+aciVersion, "")} {
			is := reply.Header.Get("X-Ms-Request-Id")
			if !regexp.MustCompile(`^eastus:[0-9a-f-]{36}$`).MatchString(is) || is == "eastus:"+id || reply.Header.Get(inHour) != "" {
				t.Errorf("%s: %v", reply.Request.URL.Path, reply.Header)
			}
		}
	}
	if id := w.arm("GET", "resourcegroups/g", "").Header.Get("X-Ms-Request-Id"); strings.Contains(id, ":") {
		t.Errorf("the request id %q of a resource group names a region", id)
	}
}

// What Azure has and no service here does is kept; a mistyped name is told from it.
func TestOtherProviders(t *testing.T) {
	s := start(t, azureemulator.Options{})
	w := onWire(t, s)
	w.arm("PUT", "resourcegroups/g", `{"location":"eastus"}`)
	const workspace = "resourceGroups/g/providers/Microsoft.OperationalInsights/workspaces/w"
	if got := w.arm("PUT", workspace, `{"location":"eastus","properties":{"retentionInDays":30}}`); got.StatusCode != 201 || !strings.Contains(got.text, `"retentionInDays":30`) {
		t.Errorf("%d %s", got.StatusCode, got.text)
	}
	if got := w.arm("GET", "providers/Microsoft.OperationalInsights", ""); got.StatusCode != 200 || !strings.Contains(got.text, `"registrationState":"Registered"`) {
		t.Errorf("%d %s", got.StatusCode, got.text)
	}
	for _, path := range []string{"resourceGroups/g/providers/Microsoft.Netwrok/virtualNetworks/v", "providers/Microsoft.Netwrok"} {
		if got := w.arm("GET", path, ""); got.StatusCode != 404 || got.code() != "InvalidResourceNamespace" {
			t.Errorf("%s: %d %s", path, got.StatusCode, got.text)
		}
	}
}

func TestResourceGroupKeepsTagsAsGiven(t *testing.T) {
	w := onWire(t, start(t, azureemulator.Options{}))
	w.specs = apispec.FromEnv(t)
	for body, want := range map[string]string{`{"location":"eastus","tags":{}}`: `"tags":{}`, `{"location":"eastus"}`: ""} {
		for _, got := range []answer{w.arm("PUT", "resourcegroups/g", body), w.arm("GET", "resourcegroups/g", ""), w.arm("GET", "resourcegroups", "")} {
			if strings.Contains(got.text, `"tags"`) != (want != "") || !strings.Contains(got.text, want) {
				t.Errorf("%s: %s", body, got.text)
			}
		}
	}
}
