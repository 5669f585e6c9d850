//go:build unix

package profile_test

import (
	"os"
	"testing"

	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

// TestCtrlCAtAQuestionForASecret leaves the terminal as it was.
func TestCtrlCAtAQuestionForASecret(t *testing.T) {
	h := clitest.NewPrefect(t, nil)
	s := h.Sit("profile", "set", "PREFECT_API_KEY")
	s.Screen.WaitFor(t, "PREFECT_API_KEY: ")
	for s.Echoes() {
	}
	s.Signals <- os.Interrupt
	if code := <-s.Code; code != 130 || !s.Echoes() {
		t.Errorf("exit code %d, echo %v, and the screen shows %q", code, s.Echoes(), s.Screen)
	}
	h.Run("profile", "set", "PREFECT_API_KEY").Wants(t, 2, "", "PREFECT_API_KEY has no value")
}
