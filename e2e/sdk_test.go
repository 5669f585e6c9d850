//go:build e2e

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func python(t *testing.T) string {
	t.Helper()
	path := os.Getenv("PACIFIC_E2E_PYTHON")
	if path == "" {
		t.Fatal("PACIFIC_E2E_PYTHON is not set: run e2e/run, which installs the SDKs")
	}
	return path
}

// javascript is the command of node with the SDK's packages in its reach.
func javascript(t *testing.T, args ...string) []string {
	t.Helper()
	node, modules := os.Getenv("PACIFIC_E2E_NODE"), os.Getenv("PACIFIC_E2E_NODE_MODULES")
	if node == "" || modules == "" {
		t.Fatal("PACIFIC_E2E_NODE and PACIFIC_E2E_NODE_MODULES are not set: run e2e/run, which installs the SDKs")
	}
	return append([]string{"env", "NODE_PATH=" + modules, node}, args...)
}

// goProgram builds the program in ./gosdk.
func goProgram(t *testing.T) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "gosdk")
	if text, err := exec.Command("go", "build", "-o", out, "./gosdk").CombinedOutput(); err != nil {
		t.Fatalf("building: %v\n%s", err, text)
	}
	return out
}

// TestSDKs runs Azure's own SDKs with their ordinary environment credential, and nothing else set.
func TestSDKs(t *testing.T) {
	seconds(t)
	a := startAzure(t)
	for name, command := range map[string][]string{
		"python":     {python(t), "testdata/sdk.py", "alpine"},
		"go":         {goProgram(t), "alpine"},
		"javascript": javascript(t, "testdata/sdk.js", "alpine"),
	} {
		t.Run(name, func(t *testing.T) {
			out := a.run(command[0], command[1:]...)
			if out.code != 0 || !strings.Contains(out.stdout, "sdk: ok") {
				t.Errorf("exit code %d\n%s%s", out.code, out.stdout, out.stderr)
			}
		})
	}
}

// TestIdentities wants a managed identity's token inside a container, by the libraries of Python, Go and JavaScript.
func TestIdentities(t *testing.T) {
	seconds(t)
	a := startAzure(t)
	a.login()
	a.az(0, "group", "create", "--name", "e2e", "--location", "westeurope")
	testdata, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	a.az(0, "identity", "create", "-g", "e2e", "-n", "job")
	identity := "/subscriptions/" + a.values["AZURE_SUBSCRIPTION_ID"] + "/resourceGroups/e2e/providers/Microsoft.ManagedIdentity/userAssignedIdentities/job"
	for name, command := range map[string]string{
		"python":     python(t) + " " + testdata + "/identity.py",
		"go":         goProgram(t) + " identity",
		"javascript": strings.Join(javascript(t, testdata+"/identity.js"), " "),
	} {
		t.Run(name, func(t *testing.T) {
			a.az(0, "container", "create", "-g", "e2e", "-n", name, "--image", "x", "--os-type", "Linux", "--cpu", "1", "--memory", "1",
				"--restart-policy", "Never", "--assign-identity", identity, "--command-line", command)
			a.az(0, "container", "attach", "-g", "e2e", "-n", name) // until it has ended
			var shown instance
			a.azJSON(&shown, "container", "show", "-g", "e2e", "-n", name)
			out := a.az(0, "container", "logs", "-g", "e2e", "-n", name).stdout
			if code := shown.Containers[0].InstanceView.CurrentState.ExitCode; code == nil || *code != 0 || !strings.Contains(out, "identity") {
				t.Errorf("%+v\n%s", shown.Containers[0].InstanceView, out)
			}
		})
	}
}
