package job_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/internal/cli"
	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

// TestRunLeavesAJobThatCannotBeRead: the last line says how the job is taken
// up again.
func TestRunLeavesAJobThatCannotBeRead(t *testing.T) {
	clitest.InBubble(t, func(t *testing.T, h *clitest.Harness) {
		h.Fault(`{"match":{"operation":"ContainerGroups_Get"},"skip":3,"times":0,"effect":{"status":403,"code":"AuthorizationFailed","message":"no right to read"}}`)
		var stdout, stderr bytes.Buffer
		code := cli.Main(t.Context(), h.Env(&stdout, &stderr, []string{"run", "--name", "job-1", "--output", "json", "--", "wait"}))
		lines := strings.Split(strings.TrimSpace(stdout.String()), "\n")
		var view struct {
			Outcome  string
			ExitCode *int
			Kept     bool
		}
		if err := json.Unmarshal([]byte(lines[len(lines)-1]), &view); err != nil {
			t.Fatal(err)
		}
		if code != 125 || view.Outcome != "unknown" || view.ExitCode != nil || !view.Kept {
			t.Errorf("exit code %d, %+v", code, view)
		}
		for _, want := range []string{
			"Azure refuses to report the state of job-1", "no right to read",
			"pacific: hint: take the job up again with: pacific wait ", "--resource-group " + clitest.Group + " job-1\n",
		} {
			if !strings.Contains(stderr.String(), want) {
				t.Errorf("%q is missing in:\n%s", want, &stderr)
			}
		}
		if strings.Contains(stderr.String(), "pacific kill") {
			t.Errorf("it is suggested to kill a job that may run:\n%s", &stderr)
		}
	})
}
