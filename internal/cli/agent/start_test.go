package agent_test

import (
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

// TestWrongFlags: what cannot be meant is refused before anything is sent.
func TestWrongFlags(t *testing.T) {
	h := clitest.NewPrefect(t, clitest.Answers(func(http.ResponseWriter, *http.Request) { t.Error("something was sent") }))
	for line, says := range map[string]string{
		"":                              "needs --queue, --match or --pool",
		"-q a -m b":                     "--queue and --match",
		"--queue=":                      "name of a queue is empty",
		"-q a --limit 0":                "--limit is 0",
		"-q a --prefetch=-1s":           "--prefetch is -1s",
		"-q a --keyvault=":              "--keyvault is empty",
		"-q a --keyvault k --profile p": "--keyvault and --profile",
	} {
		h.Run(append([]string{"agent", "start"}, strings.Fields(line)...)...).Wants(t, 2, "", says)
	}
}

// TestStops: an agent serves its queue until a signal, which is an ordinary end.
func TestStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := clitest.New(t, clitest.Job)
		h.Prefect, h.Vars["PREFECT_API_URL"] = clitest.StartPrefect(t), clitest.PrefectURL
		agent := h.Start("agent", "start", "-q", "armaci")
		time.Sleep(time.Hour)
		agent.Signals <- syscall.SIGTERM
		agent.Ends(t, 0)
		agent.Err.WaitFor(t, "agent stopped")
	})
}
