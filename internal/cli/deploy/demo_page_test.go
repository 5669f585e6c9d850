package deploy_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

var (
	pageBlocks    = regexp.MustCompile("(?ms)^```(sh|powershell)\n(.*?)^```$")
	shellVariable = regexp.MustCompile(`\$([A-Z])`)
	shellExport   = regexp.MustCompile(`(?m)^export (\w+)=(.*)$`)
)

// TestDemoPage types what docs/demo.md shows for a shell, in its order, and holds the commands for PowerShell to those.
func TestDemoPage(t *testing.T) {
	page, err := os.ReadFile("../../../docs/demo.md")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("../../../examples/key_vault_demo/python/flow.py")
	if err != nil {
		t.Fatal(err)
	}
	h := newWorld(t)
	h.UseAzure()
	h.Must("group", "create", "g", "--location", "westeurope")
	h.Vars["CONNECTION"] = storage(t, h)
	h.Vars["AZURE_SUBSCRIPTION_ID"], _, _ = h.SDK()
	h.Write("flow.py", string(source))
	typed, translated, shell := 0, 0, ""
	prefect2, prefect3, _ := strings.Cut(string(page), "\n## With Prefect 3\n")
	play := func(page string) {
		for _, block := range pageBlocks.FindAllStringSubmatch(page, -1) {
			if block[1] == "powershell" {
				if want := powerShell(shell); block[2] != want {
					t.Errorf("for PowerShell the page shows\n%sand the shell's commands are\n%s", block[2], want)
				}
				translated++
				continue
			}
			shell = block[2]
			for line := range strings.Lines(strings.ReplaceAll(shell, "\\\n", " ")) {
				line = os.Expand(strings.TrimSpace(line), func(name string) string { return h.Vars[name] })
				if set := shellExport.FindStringSubmatch(line); set != nil {
					h.Vars[set[1]] = set[2]
					continue
				}
				words := shellWords(line)
				if words[0] != "pacific" {
					t.Fatalf("%s is no command of Pacific's", line)
				}
				h.Must(words[1:]...)
				typed++
			}
		}
	}
	play(prefect2)
	d, err := h.Client().DeploymentByName(t.Context(), "Key Vault Demo", "Manual Deployment")
	if err != nil || d.WorkQueueName != "armaci" || d.InfrastructureDocumentID == "" || len(d.PullSteps) != 1 {
		t.Errorf("the deployment: %+v, %v", d, err)
	}
	if err := h.Client().DeleteWorkPool(t.Context(), "aci"); err != nil { // the page makes one itself
		t.Fatal(err)
	}
	play(prefect3)
	if d, err = h.Client().DeploymentByName(t.Context(), "Key Vault Demo", "Manual Deployment"); err != nil || d.WorkPoolName != "aci" || len(d.PullSteps) != 1 {
		t.Errorf("the deployment of Prefect 3: %+v, %v", d, err)
	}
	if typed != 10 || translated != 9 {
		t.Errorf("%d commands were typed, and %d blocks are for PowerShell", typed, translated)
	}
}

// powerShell is what the page's shell commands are in PowerShell.
func powerShell(shell string) string {
	shell = shellExport.ReplaceAllString(shell, `$$env:$1 = "$2"`)
	shell = shellVariable.ReplaceAllString(shell, `$$env:$1`)
	return strings.NewReplacer("\\\n", "`\n", `\"`, "`\"").Replace(shell)
}
