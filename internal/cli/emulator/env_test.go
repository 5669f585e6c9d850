package emulator_test

import (
	"os/exec"
	"testing"

	azureemulator "github.com/pacific-aci/pacific/emulator/azure"
	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

func TestEmulatorEnv(t *testing.T) {
	h := clitest.NewBare(t)
	value := `it's $HOME \ "x"`
	if err := azureemulator.WriteEnvFile(h.Dir+"/azure.env", []azureemulator.Variable{{Name: "A", Value: value}, {Name: "B", Value: "b"}}); err != nil {
		t.Fatal(err)
	}
	for format, want := range map[string]string{
		"sh":         `export A='it'\''s $HOME \ "x"'` + "\nexport B='b'\n",
		"fish":       `set -gx A 'it\'s $HOME \\ "x"'` + "\nset -gx B 'b'\n",
		"powershell": `$env:A = 'it''s $HOME \ "x"'` + "\n$env:B = 'b'\n",
		"dotenv":     "A=" + value + "\nB=b\n",
	} {
		if got := h.Must("emulator", "env", "--env-file", "azure.env", "--format", format).Stdout; got != want {
			t.Errorf("%s: got %q, want %q", format, got, want)
		}
	}
	if sh, err := exec.LookPath("sh"); err == nil {
		script := h.Must("emulator", "env", "--env-file", "azure.env").Stdout + `printf %s "$A"`
		if got, err := exec.Command(sh, "-c", script).Output(); err != nil || string(got) != value {
			t.Errorf("sh reads %q, %v", got, err)
		}
	}
	h.Run("emulator", "env").Wants(t, 2, "", "needs --env-file")
	h.Run("emulator", "env", "--env-file", "azure.env", "--format", "csh").Wants(t, 2, "", `unknown --format "csh"`)
	h.Write("other", "A=1\n")
	h.Run("emulator", "env", "--env-file", "other").Wants(t, 1, "", "line 1 is not of a file that emulator start wrote")
}
