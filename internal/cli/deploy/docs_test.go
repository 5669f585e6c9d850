package deploy_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/prefect"
)

// TestDocs types what docs/deploy.md shows, in its order and with its flow.
func TestDocs(t *testing.T) {
	page, err := os.ReadFile("../../../docs/deploy.md")
	if err != nil {
		t.Fatal(err)
	}
	h := newWorld(t)
	h.UseAzure()
	h.Must("group", "create", "g", "--location", "westeurope")
	h.Vars["CONNECTION"] = storage(t, h)
	h.Must("block", "create", "azure-container-instance-job", "aci", "--subscription", "s", "--resource-group", "g")
	link(t, h, "etl")
	h.Write(".prefectignore", "etl\n") // the link leads out of the folder
	typed := 0
	for _, block := range regexp.MustCompile("(?s)```(python|sh)\n(.*?)```").FindAllStringSubmatch(string(page), -1) {
		if block[1] == "python" {
			h.Write("flow.py", block[2])
			continue
		}
		for line := range strings.Lines(block[2]) {
			words := shellWords(line)
			if words[0] != "pacific" {
				t.Fatalf("%s is no command of Pacific's", line)
			}
			h.Must(words[1:]...)
			typed++
		}
	}
	if typed != 6 {
		t.Errorf("%d commands were typed", typed)
	}
	for name, variable := range map[string]string{"Simple Demo/default": "", "Simple Demo/Simple Deployment": "", "etl/default": "command"} {
		flow, deployment, _ := strings.Cut(name, "/")
		d, err := h.Client().DeploymentByName(t.Context(), flow, deployment)
		if err != nil || variable != "" && d.JobVariables[variable] == nil {
			t.Errorf("%s: %+v, %v", name, d.JobVariables, err)
		}
	}
	runs, err := prefect.Collect(h.Client().FlowRuns(t.Context(), prefect.Query{}))
	if err != nil || len(runs) != 1 {
		t.Errorf("%d runs, %v", len(runs), err)
	}
}

// shellWords cuts a line as a shell does that knows quotes and nothing else.
func shellWords(line string) []string {
	var words []string
	for _, word := range regexp.MustCompile(`'[^']*'|"(?:\\.|[^"\\])*"|\S+`).FindAllString(line, -1) {
		words = append(words, strings.ReplaceAll(strings.Trim(word, `'"`), `\"`, `"`))
	}
	return words
}
