package provision_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/internal/cli/clitest"
	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/provision"
)

const workspace = "/api/accounts/0b6b2f4e-38a9-4a0a-9a5b-6f0f5f8f3c01/workspaces/5d0a9d1c-0d6b-4f0e-8a37-1b2c3d4e5f60"

// prefectCloud is a Prefect in memory at the address of a workspace of Prefect Cloud, with what only Cloud has: a key, and
// the templates of push pools.
type prefectCloud struct {
	t        *testing.T
	next     http.RoundTripper
	template json.RawMessage
}

func (c prefectCloud) RoundTrip(r *http.Request) (*http.Response, error) {
	path, ok := strings.CutPrefix(r.URL.Path, workspace)
	if !ok || r.URL.Host != "api.prefect.cloud" || r.Header.Get("Authorization") != "Bearer pnu_key" {
		c.t.Errorf("Prefect Cloud is asked %s %s", r.Method, r.URL)
	}
	switch path {
	case "/admin/version":
		c.t.Error("Prefect Cloud is asked for the version of a server")
	case "/collections/work_pool_types":
		body, err := json.Marshal(map[string]any{"prefect-azure": map[string]any{
			"azure-container-instance": map[string]any{"type": "azure-container-instance", "default_base_job_configuration": nil},
			provision.TypePush:         map[string]any{"type": provision.TypePush, "default_base_job_configuration": c.template},
		}})
		if err != nil {
			return nil, err
		}
		return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(string(body))), Request: r}, nil
	}
	local := r.Clone(r.Context())
	local.URL.Scheme, local.URL.Host, local.URL.Path, local.URL.RawPath = "http", "prefect.local", "/api"+path, ""
	local.Host = ""
	return c.next.RoundTrip(local)
}

// newCloudHarness has an Azure and a workspace of Prefect Cloud, whose template of push pools has a variable of its own.
func newCloudHarness(t *testing.T) *clitest.Harness {
	t.Helper()
	template, err := jobtemplate.BaseJobTemplate(provision.TypePush, prefect.Version{Major: 3, Minor: 9, Patch: 1})
	if err != nil {
		t.Fatal(err)
	}
	marked := strings.Replace(string(template), `"properties":{`, `"properties":{"only_in_cloud":{"type":"string"},`, 1)
	if marked == string(template) {
		t.Fatal("the template is written in another way")
	}
	h := newProvisionHarness(t)
	h.Prefect = prefectCloud{t, h.Prefect, json.RawMessage(marked)}
	h.Vars["PREFECT_API_URL"], h.Vars["PREFECT_API_KEY"] = "https://api.prefect.cloud"+workspace, "pnu_key"
	return h
}

// TestProvisionForPrefectCloud makes a push pool in a workspace: by Cloud's own template, with nothing to start.
func TestProvisionForPrefectCloud(t *testing.T) {
	h := newCloudHarness(t)
	r := h.Run("provision", "push", "--yes")
	r.Wants(t, 0, "from prefect.docker import DockerImage\n", "Updates in Prefect workspace: https://api.prefect.cloud"+workspace+"\n")
	r.Wants(t, 0, "work_pool_name=\"push\"", "nothing else to start: Prefect Cloud starts the runs of a push pool\n")
	if strings.Contains(r.Stdout+r.Stderr, "pnu_key") {
		t.Error("the output has the key")
	}
	cloud, err := prefect.NewClient(prefect.Options{URL: "https://api.prefect.cloud" + workspace, APIKey: "pnu_key", Transport: h.Prefect})
	if err != nil {
		t.Fatal(err)
	}
	pool, err := cloud.WorkPool(t.Context(), "push")
	if err != nil || pool.Type != provision.TypePush || !strings.Contains(string(pool.BaseJobTemplate), "only_in_cloud") {
		t.Errorf("the pool is of type %q, %v: %s", pool.Type, err, pool.BaseJobTemplate)
	}
	var block prefect.AzureContainerInstanceCredentials
	document, err := cloud.LoadBlock(t.Context(), "push-push-pool-credentials", &block)
	if err != nil {
		t.Fatal(err)
	}
	again := provisionJSON(h, "push")
	if again.Result.Outcome != "unchanged" || again.Result.CredentialsBlockID != string(document.ID) {
		t.Errorf("the second run: %+v; the block is %s", again.Result, document.ID)
	}
	var template struct {
		Variables struct {
			Properties map[string]struct{ Default json.RawMessage }
		}
	}
	if err := json.Unmarshal(pool.BaseJobTemplate, &template); err != nil {
		t.Fatal(err)
	}
	if got, want := string(template.Variables.Properties["aci_credentials"].Default), `{"$ref":{"block_document_id":"`+string(document.ID)+`"}}`; strings.ReplaceAll(got, " ", "") != want {
		t.Errorf("the template refers to %s, want %s", got, want)
	}
	h.Run("provision", "push", "--destroy", "--yes").Wants(t, 0, "", "deleted what was provisioned for work pool push\n")
}

// TestProvisionForPrefectCloudWorker: the runs of a worker's pool are not started by Cloud; where Cloud names no template,
// the pool gets Pacific's.
func TestProvisionForPrefectCloudWorker(t *testing.T) {
	h := newCloudHarness(t)
	h.Prefect = prefectCloud{t, h.Prefect.(prefectCloud).next, nil}
	h.Run("provision", "push", "--yes", "--skip-login", "--verify=false").Wants(t, 0, "", "nothing else to start")
	r := h.Run("provision", "aci", "--type", "azure-container-instance", "--yes", "--skip-login", "--verify=false")
	r.Wants(t, 0, "", "runs of this pool wait until a worker starts them\n")
	if strings.Contains(r.Stderr, "nothing to start") {
		t.Error("a worker's pool is said to be started by Cloud")
	}
}
