package workpool_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/internal/cli/clitest"
	"github.com/pacific-aci/pacific/jobtemplate"
)

// TestTooLongTemplate: a file that cannot be a template is not read to its end.
func TestTooLongTemplate(t *testing.T) {
	h := clitest.NewPrefect(t, nil)
	h.Stdin = strings.Repeat(" ", 1<<20+1)
	h.Run("work-pool", "update", "aci", "--base-job-template", "-").Wants(t, 2, "", "--base-job-template - is over 1048576 bytes")
}

func TestWorkPoolChanges(t *testing.T) {
	h := clitest.NewPrefect(t, clitest.StartPrefect(t))
	h.Run("work-pool", "create", "aci", "--type", jobtemplate.TypeWorker, "--description", "first", "--concurrency-limit", "3").Wants(t, 0, "", "")
	first := Pool(h, "aci")

	h.Run("work-pool", "pause", "aci").Wants(t, 0, "", "pacific: paused work pool aci\n")
	h.Run("work-pool", "pause", "aci", "--output", "json").Wants(t, 0, `"status":"PAUSED","paused":true`, "")
	h.Run("work-pool", "resume", "aci").Wants(t, 0, "", "pacific: resumed work pool aci\n")
	if got := Pool(h, "aci"); got.Paused || *got.ConcurrencyLimit != 3 || got.Description != "first" {
		t.Errorf("after resume: %+v", got)
	}

	const template = `{"job_configuration":{"command":"{{ command }}"},"variables":{"type":"object","properties":{"command":{"type":"string"}}}}`
	if err := os.WriteFile(filepath.Join(h.Dir, "template.json"), []byte(template), 0o600); err != nil {
		t.Fatal(err)
	}
	h.Run("work-pool", "update", "aci", "--base-job-template", "template.json").Wants(t, 0, "", "pacific: updated work pool aci\n")
	got := Pool(h, "aci")
	got.wantsTemplate(t, []byte(template))
	if *got.ConcurrencyLimit != 3 || got.Description != "first" {
		t.Errorf("update changed what it was not told: %+v", got)
	}
	h.Run("work-pool", "update", "aci", "--no-concurrency-limit", "--description", "").Wants(t, 0, "", "")
	if got := Pool(h, "aci"); got.ConcurrencyLimit != nil || got.Description != "" {
		t.Errorf("after update: %+v", got)
	}

	// Overwritten, it has the type's own template again, and nothing else that was not given.
	h.Run("work-pool", "update", "aci", "--concurrency-limit", "7").Wants(t, 0, "", "")
	h.Run("work-pool", "create", "aci", "--overwrite", "--description", "again", "--output", "json").Wants(t, 0, `"outcome":"updated"`, "pacific: updated work pool aci")
	got = Pool(h, "aci")
	got.wantsTemplate(t, first.BaseJobTemplate)
	if got.ID != first.ID || got.Description != "again" || *got.ConcurrencyLimit != 7 || got.Paused {
		t.Errorf("after --overwrite: %+v", got)
	}
	h.Run("work-pool", "create", "aci", "--type", jobtemplate.TypeWorker, "--overwrite", "--paused", "--base-job-template", "template.json").Wants(t, 0, "", "")
	got = Pool(h, "aci")
	got.wantsTemplate(t, []byte(template))
	if !got.Paused || got.Description != "again" {
		t.Errorf("after --overwrite with a template: %+v", got)
	}
}
