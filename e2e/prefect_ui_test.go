//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"html"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/prefect"
)

// TestPrefectUIShowsWhatWeWrote looks at the servers' own user interface, in a browser without a window: the pools that
// pacific makes can be edited there field by field, and the blocks are there.
func TestPrefectUIShowsWhatWeWrote(t *testing.T) {
	seconds(t)
	for _, major := range []int{3, 2} {
		t.Run(fmt.Sprint(major), func(t *testing.T) {
			client, address := serverClient(t, fmt.Sprintf("PACIFIC_E2E_PREFECT%d_API_URL", major))
			w := newWorld(t)
			w.env["PREFECT_API_URL"] = address
			u := uiTest{command{t, w, binary(t)}, client, strings.TrimSuffix(address, "/api"), "ui-" + uuid.NewString()[:8]}
			for _, kind := range []string{jobtemplate.TypeWorker, jobtemplate.TypePush} {
				t.Run(kind, func(t *testing.T) {
					u := u
					u.t = t
					u.pool(kind)
				})
			}
			u.blocks()
		})
	}
}

type uiTest struct {
	command
	client *prefect.Client
	site   string
	name   string
}

var (
	styleForm = regexp.MustCompile(`(?s)<(style|script)\b.*?</(style|script)>`)
	tagForm   = regexp.MustCompile(`<[^>]*>`)
	spaces    = regexp.MustCompile(`\s+`)
)

// page opens a page and gives the HTML that its scripts have made, and its text.
func (u uiTest) page(path string) (markup, text string) {
	u.t.Helper()
	browser := os.Getenv("PACIFIC_E2E_BROWSER")
	if browser == "" {
		u.t.Fatal("PACIFIC_E2E_BROWSER is not set: run e2e/run, which installs one")
	}
	// The budget is the page's own time: the browser lets it pass as quickly as it can.
	cmd := exec.CommandContext(u.t.Context(), browser, "--no-sandbox", "--disable-gpu", "--user-data-dir="+u.t.TempDir(),
		"--virtual-time-budget=20000", "--dump-dom", u.site+path)
	dom, err := cmd.Output()
	if err != nil {
		u.t.Fatalf("opening %s: %v", path, err)
	}
	text = tagForm.ReplaceAllString(styleForm.ReplaceAllString(string(dom), ""), " ")
	return string(dom), spaces.ReplaceAllString(html.UnescapeString(text), " ")
}

// wants checks that a page says all of it.
func (u uiTest) wants(path, text string, all ...string) {
	u.t.Helper()
	for _, want := range all {
		if !strings.Contains(text, want) {
			u.t.Errorf("%s does not say %q:\n%s", path, want, text)
		}
	}
}

// pool makes a pool and opens its form: a field with a title for every job variable.
func (u uiTest) pool(kind string) {
	u.t.Helper()
	name := u.name + "-" + strings.ReplaceAll(kind, ":", "-")
	u.run(0, "work-pool", "create", name, "--type", kind, "--description", "seen by "+u.name)
	u.t.Cleanup(func() { u.run(0, "work-pool", "rm", name, "--yes") })
	path := "/work-pools/work-pool/" + name
	_, text := u.page(path)
	u.wants(path, text, name, "seen by "+u.name, "Azure Container Instance")

	version, err := u.client.ServerVersion(u.t.Context())
	if err != nil {
		u.t.Fatal(err)
	}
	raw, err := jobtemplate.BaseJobTemplate(kind, version)
	if err != nil {
		u.t.Fatal(err)
	}
	var template struct {
		Variables struct {
			Properties map[string]struct {
				Title string `json:"title"`
			} `json:"properties"`
		} `json:"variables"`
	}
	if err := json.Unmarshal(raw, &template); err != nil {
		u.t.Fatal(err)
	}
	if len(template.Variables.Properties) < 20 {
		u.t.Fatalf("the template has %d variables: too few to be ours", len(template.Variables.Properties))
	}
	path += "/edit"
	markup, text := u.page(path)
	u.wants(path, text, "Base Job Template")
	for variable, property := range template.Variables.Properties {
		if property.Title == "" {
			u.t.Errorf("variable %s has no title", variable)
		}
		u.wants(path, text, property.Title)
	}
	// A field is an input, a text area, a chooser, a switch or an editor; fewer than variables means that one cannot be edited.
	fields := strings.Count(markup, "<input") + strings.Count(markup, "<textarea") + strings.Count(markup, "<select") + strings.Count(markup, `role="switch"`) + strings.Count(markup, "cm-editor")
	if fields < len(template.Variables.Properties) {
		u.t.Errorf("%s has %d fields for %d variables", path, fields, len(template.Variables.Properties))
	}
}

// blocks makes one of the credentials and a job that refers to it, and opens both.
func (u uiTest) blocks() {
	u.t.Helper()
	u.feed(0, "hunter2\n", "block", "create", "azure-container-instance-credentials", u.name, "--tenant-id", "tenant", "--client-id", "client", "--client-secret-stdin")
	u.run(0, "block", "create", "azure-container-instance-job", u.name, "--resource-group", "rg", "--subscription", "sub", "--credentials", u.name)
	u.t.Cleanup(func() {
		for _, slug := range []string{"azure-container-instance-job", "azure-container-instance-credentials"} {
			u.run(0, "block", "rm", slug+"/"+u.name, "--yes")
		}
	})
	for slug, says := range map[string][]string{
		"azure-container-instance-credentials": {u.name, "Azure Container Instance Credentials", "tenant"},
		"azure-container-instance-job":         {u.name, "Azure Container Instance Job"},
	} {
		document, err := u.client.BlockDocumentByName(u.t.Context(), slug, u.name, prefect.MaskSecrets)
		if err != nil {
			u.t.Fatal(err)
		}
		path := "/blocks/block/" + string(document.ID)
		_, text := u.page(path)
		u.wants(path, text, says...)
		if strings.Contains(text, "hunter2") {
			u.t.Errorf("%s shows the secret", path)
		}
	}
}
