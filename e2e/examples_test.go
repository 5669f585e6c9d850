//go:build e2e

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestExamples runs what docs/local-azure.md shows, as it shows it: inside `pacific emulator run`.
func TestExamples(t *testing.T) {
	seconds(t)
	pacific := binary(t)
	az := os.Getenv("PACIFIC_E2E_AZ")
	if az == "" {
		t.Fatal("PACIFIC_E2E_AZ is not set: run e2e/run, which installs az")
	}
	for _, test := range []struct {
		want    string
		command []string
	}{
		{"refused, as asked", []string{"sh", "job.sh"}},
		{"OK", []string{python(t), "-m", "unittest", "test_job"}},
	} {
		t.Run(test.command[len(test.command)-1], func(t *testing.T) {
			cmd := exec.Command(pacific, append([]string{"emulator", "run", "--"}, test.command...)...)
			cmd.Dir = "../examples/local_azure"
			cmd.Env = append(os.Environ(), "PATH="+filepath.Dir(az)+":"+os.Getenv("PATH"), "PYTHONDONTWRITEBYTECODE=1")
			text, err := cmd.CombinedOutput()
			if err != nil || !strings.Contains(string(text), test.want) {
				t.Errorf("%v\n%s", err, text)
			}
		})
	}
}

// TestPytestExample runs the example of docs/prefect-tests.md: it passes with the program, and says what is missing without.
func TestPytestExample(t *testing.T) {
	seconds(t)
	pytest := func(w world, pacific string) (int, string) {
		cmd := exec.Command(pythons(t)[3], "-m", "pytest", "-q", "-p", "no:cacheprovider")
		cmd.Dir = "../examples/pytest_prefect"
		cmd.Env = []string{"PATH=/usr/bin:/bin", "HOME=" + w.home, "DO_NOT_TRACK=1", "PYTHONDONTWRITEBYTECODE=1", "PACIFIC=" + pacific}
		text, err := cmd.CombinedOutput()
		return exitCode(t, err), string(text)
	}
	if code, text := pytest(newWorld(t), binary(t)); code != 0 || !strings.Contains(text, "2 passed") {
		t.Errorf("exit code %d, want 0 and 2 passed\n%s", code, text)
	}
	if code, text := pytest(newWorld(t), "/nowhere/pacific"); code != 2 || !strings.Contains(text, "no program '/nowhere/pacific'") {
		t.Errorf("without the program: exit code %d, want 2 and its name\n%s", code, text)
	}
}

// TestEmulatorRun gives the command's own exit code back, 125 where there is no emulator to run it with.
func TestEmulatorRun(t *testing.T) {
	seconds(t)
	pacific := binary(t)
	for _, test := range []struct {
		args []string
		want int
	}{
		{[]string{"--", "sh", "-c", "exit 7"}, 7},
		{[]string{"--", "sh", "-c", `test -n "$AZURE_CLIENT_SECRET" && test -d "$AZURE_CONFIG_DIR" && test -f "$SSL_CERT_FILE"`}, 0},
		{[]string{"--", "sh", "-c", "kill -TERM $$"}, 143},
		{[]string{"--", "no-such-program"}, 127},
		{[]string{"--engine", "magic", "--", "true"}, 125},
		{[]string{"--settings", "/nowhere.json", "--", "true"}, 125},
		{[]string{"--listen", "203.0.113.1:1", "--", "true"}, 125},
		{[]string{"--prefect-listen", "4200", "--", "true"}, 125},
		{[]string{"--with-prefect", "--", "sh", "-c", `case $PREFECT_API_URL in http://127.0.0.1:*/api) exit 8; esac`}, 8},
	} {
		t.Run(strings.Join(test.args, " "), func(t *testing.T) {
			text, err := exec.Command(pacific, append([]string{"emulator", "run"}, test.args...)...).CombinedOutput()
			if got := exitCode(t, err); got != test.want {
				t.Errorf("exit code %d, want %d\n%s", got, test.want, text)
			}
		})
	}
}
