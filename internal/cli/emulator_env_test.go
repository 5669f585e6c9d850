package cli_test

import (
	"os/exec"
	"testing"

	"github.com/pacific-aci/pacific/emulator/azure"
)

func TestEmulatorEnv(t *testing.T) {
	h := &harness{t: t, dir: t.TempDir(), env: map[string]string{"HOME": t.TempDir()}}
	value := `it's $HOME \ "x"`
	if err := azureemulator.WriteEnvFile(h.dir+"/azure.env", []azureemulator.Variable{{Name: "A", Value: value}, {Name: "B", Value: "b"}}); err != nil {
		t.Fatal(err)
	}
	for format, want := range map[string]string{
		"sh":         `export A='it'\''s $HOME \ "x"'` + "\nexport B='b'\n",
		"fish":       `set -gx A 'it\'s $HOME \\ "x"'` + "\nset -gx B 'b'\n",
		"powershell": `$env:A = 'it''s $HOME \ "x"'` + "\n$env:B = 'b'\n",
		"dotenv":     "A=" + value + "\nB=b\n",
	} {
		if got := h.must("emulator", "env", "--env-file", "azure.env", "--format", format).stdout; got != want {
			t.Errorf("%s: got %q, want %q", format, got, want)
		}
	}
	if sh, err := exec.LookPath("sh"); err == nil {
		script := h.must("emulator", "env", "--env-file", "azure.env").stdout + `printf %s "$A"`
		if got, err := exec.Command(sh, "-c", script).Output(); err != nil || string(got) != value {
			t.Errorf("sh reads %q, %v", got, err)
		}
	}
	h.run("emulator", "env").wants(t, 2, "", "needs --env-file")
	h.run("emulator", "env", "--env-file", "azure.env", "--format", "csh").wants(t, 2, "", `unknown --format "csh"`)
	h.write("other", "A=1\n")
	h.run("emulator", "env", "--env-file", "other").wants(t, 1, "", "line 1 is not of a file that emulator start wrote")
}
