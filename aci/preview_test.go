package aci_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerinstance/armcontainerinstance/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/pacific-aci/pacific/aci"
)

// Wherever ARM's definition can hold a secret, the preview hides it, and nothing else.
func TestPreviewHidesSecrets(t *testing.T) {
	const secret = "hunter2"
	group := new(armcontainerinstance.ContainerGroup)
	if err := json.Unmarshal([]byte(strings.ReplaceAll(`{"properties": {
		"containers": [{"name": "main", "properties": {"environmentVariables": [{"name": "A", "secureValue": "hunter2"}, {"name": "B", "value": "seen"}],
			"livenessProbe": {"httpGet": {"port": 80, "httpHeaders": [{"name": "Authorization", "value": "hunter2"}]}}}}],
		"initContainers": [{"name": "init", "properties": {"image": "x", "environmentVariables": [{"name": "A", "secureValue": "hunter2"}]}}],
		"imageRegistryCredentials": [{"server": "a.io", "username": "user", "password": "hunter2"}],
		"volumes": [{"name": "secrets", "secret": {"key": "aHVudGVyMg=="}}, {"name": "share", "azureFile": {"shareName": "s", "storageAccountName": "a", "storageAccountKey": "hunter2"}},
			{"name": "source", "gitRepo": {"repository": "https://user:hunter2@example.com/r.git"}}, {"name": "public", "gitRepo": {"repository": "https://example.com/r.git"}},
			{"name": "broken", "gitRepo": {"repository": "https://user:hunter2@exa mple.com/%zz"}}],
		"extensions": [{"name": "e", "properties": {"extensionType": "t", "version": "1", "protectedSettings": {"a": ["hunter2", null]}, "settings": {"a": "seen"}}}],
		"diagnostics": {"logAnalytics": {"workspaceId": "w", "workspaceKey": "hunter2"}}}}`, "\n", "")), group); err != nil {
		t.Fatal(err)
	}
	preview, err := aci.Preview(aci.Job{
		Name: "hello", Base: group, Command: []string{"a<b"}, Env: map[string]string{"C": secret, "TZ": "UTC"}, SecureEnv: map[string]string{"D": secret},
		Registries: []aci.Registry{{Server: "b.io", Username: "u", Password: secret}},
	}, "eastus")
	if err != nil {
		t.Fatal(err)
	}
	text := string(preview)
	if strings.Contains(text, secret) {
		t.Errorf("the secret is in %s", text)
	}
	if strings.Contains(text, "aHVudGVyMg") {
		t.Errorf("the secret file is in %s", text)
	}
	for part, want := range map[string]int{`"***"`: 12, "seen": 2, "UTC": 1, "https://***@example.com/r.git": 1, "https://example.com/r.git": 1, "a<b": 1} {
		if got := strings.Count(text, part); got != want {
			t.Errorf("%q is there %d times, want %d, in %s", part, got, want, text)
		}
	}
}

func TestPreview(t *testing.T) {
	preview, err := aci.Preview(aci.Job{Name: "hello", Image: "alpine", Command: []string{"echo", "hello $PLANET"}, Env: map[string]string{"PLANET": "earth"}}, "westeurope")
	if err != nil {
		t.Fatal(err)
	}
	const want = `{
  "location": "westeurope",
  "properties": {
    "containers": [
      {
        "name": "hello",
        "properties": {
          "command": [
            "echo",
            "hello $PLANET"
          ],
          "environmentVariables": [
            {
              "name": "PLANET",
              "secureValue": "***"
            }
          ],
          "image": "alpine",
          "resources": {
            "requests": {
              "cpu": 1,
              "memoryInGB": 1
            }
          }
        }
      }
    ],
    "osType": "Linux",
    "restartPolicy": "Never"
  },
  "tags": {
    "pacific-container": "hello",
    "pacific-managed": "true"
  }
}
`
	if diff := cmp.Diff(want, string(preview)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestPreviewNamesAndRefuses(t *testing.T) {
	preview, err := aci.Preview(aci.Job{Image: "library/alpine:3"}, "")
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`"name": "alpine-[a-z2-7]{10}"`).Match(preview) {
		t.Errorf("no generated name in %s", preview)
	}
	if preview, err := aci.Preview(aci.Job{CPU: -1}, ""); err == nil || preview != nil {
		t.Errorf("got %s, %v; want an error alone", preview, err)
	}
}
