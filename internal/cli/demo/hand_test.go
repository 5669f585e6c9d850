//go:build unix

package demo_test

import (
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	prefectemulator "github.com/pacific-aci/pacific/emulator/prefect"
)

// pacific makes a command that knows nothing of this machine but the PATH, in a folder of its own.
func pacific(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "pacific", args...) // the test's own binary: see clitest.Main
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "TMPDIR=" + dir, "GORACE=" + os.Getenv("GORACE")}
	return cmd
}

// printed are the commands of a text that the demo has printed, as a shell reads them when they are copied.
func printed(text string) (commands []string) {
	const lead = "        "
	goesOn := false
	for line := range strings.Lines(text) {
		command, found := strings.CutPrefix(line, lead+"$ ")
		switch {
		case found:
			commands = append(commands, command)
		case goesOn:
			command = strings.TrimPrefix(line, lead+"  ")
			commands[len(commands)-1] += command
		default:
			continue
		}
		goesOn = strings.HasSuffix(command, "\\\n")
	}
	return commands
}

// kept is a demo with --keep that goes on.
type kept struct {
	cmd  *exec.Cmd
	out  io.Reader
	say  strings.Builder
	text string // what it has printed
}

// keep starts the demo, and reads on until it says how to look around, and with what: its last command is another run.
func keep(t *testing.T, args []string, env ...string) *kept {
	t.Helper()
	k := &kept{cmd: pacific(t, append([]string{"demo", "--keep"}, args...)...)}
	k.cmd.Env = append(k.cmd.Env, env...)
	k.cmd.Stderr = &k.say
	var err error
	if k.out, err = k.cmd.StdoutPipe(); err != nil {
		t.Fatal(err)
	}
	if err := k.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for buffer := make([]byte, 4096); !strings.Contains(k.around(), "\n        $ pacific flow-run create ") || !strings.HasSuffix(k.text, "\n"); {
		n, err := k.out.Read(buffer)
		k.text += string(buffer[:n])
		if err != nil {
			t.Fatalf("it has ended: %v\n%s%s", err, k.text, &k.say)
		}
	}
	return k
}

// around is the part of the text that says how to look around.
func (k *kept) around() string {
	_, after, _ := strings.Cut(k.text, "in another shell:\n")
	return after
}

// end ends the demo with a signal, and holds it to its promise.
func (k *kept) end(t *testing.T, want string) {
	t.Helper()
	if err := k.cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	rest, _ := io.ReadAll(k.out)
	k.text += string(rest)
	if err := k.cmd.Wait(); err != nil || !strings.Contains(string(rest), want) {
		t.Errorf("%v\n%s%s", err, k.text, &k.say)
	}
	if left, _ := filepath.Glob(filepath.Join(k.cmd.Dir, "pacific-*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// shell runs a script as a shell would that stops at the first command that fails.
func shell(t *testing.T, script string, env []string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", "-ec", script)
	cmd.Env, cmd.Dir = env, t.TempDir()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, script, out)
	}
	return string(out)
}

// TestByHand runs the demo, looks around in it as it says, and then does each of its steps as it says, word for word, in a
// shell that knows nothing.
func TestByHand(t *testing.T) {
	t.Run("Go", func(t *testing.T) { byHand(t, nil) })
	t.Run("Python", func(t *testing.T) {
		standIns(t)
		byHand(t, []string{"--python"})
	})
	t.Run("server", func(t *testing.T) { byHand(t, nil, "PREFECT_API_URL="+server(t)) })
	t.Run("Python and server", func(t *testing.T) {
		standIns(t)
		byHand(t, []string{"--python"}, "PREFECT_API_URL="+server(t))
	})
}

// standIns puts a Prefect and a Python on the PATH. The flow that this Prefect runs is the one in Go, which is the same; real
// ones are for e2e.
func standIns(t *testing.T) {
	t.Helper()
	programs := t.TempDir()
	for name, script := range map[string]string{"prefect": "exec pacific demo flow", "python3": "echo prefect 3.4.0"} {
		if err := os.WriteFile(filepath.Join(programs, name), []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", programs+string(filepath.ListSeparator)+os.Getenv("PATH"))
}

// server is the address of a Prefect API of the user's.
func server(t *testing.T) string {
	t.Helper()
	local, err := prefectemulator.Start(t.Context(), prefectemulator.StartOptions{Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := local.Close(); err != nil {
			t.Error(err)
		}
	})
	return local.URL()
}

func byHand(t *testing.T, args []string, env ...string) {
	demo := keep(t, args, env...)
	around := printed(demo.around())
	another, _ := strings.CutPrefix(around[len(around)-1], "pacific ")
	looked := shell(t, strings.Join(around, "")+`pacific flow-run wait --timeout 5m "$(pacific `+strings.TrimSuffix(another, "\n")+`)"`, demo.cmd.Env)
	if !strings.Contains(looked, ": Completed") {
		t.Errorf("looking around:\n%s", looked)
	}
	before, _, _ := strings.Cut(demo.text, "in another shell:")
	steps := len(printed(before))
	left := "nothing is left"
	if len(env) > 0 {
		left = "the flow and its run stay on the server"
	}
	demo.end(t, left)

	_, after, _ := strings.Cut(demo.text, "] clean up\n")
	all := append(printed(before), printed(after)...)
	if steps < 12 || len(all) == steps {
		t.Fatalf("%d commands, %d of them before the end:\n%s", len(all), steps, demo.text)
	}
	// The first command starts a shell, in which the others are typed.
	file := filepath.Join(t.TempDir(), "typed")
	if err := os.WriteFile(file, []byte(strings.Join(all[1:], "")), 0o600); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(all[0], "pacific emulator run ") || !strings.HasSuffix(all[0], " -- sh\n") || all[len(all)-1] != "exit\n" {
		t.Fatalf("the first and the last command: %q, %q", all[0], all[len(all)-1])
	}
	out := shell(t, strings.TrimSpace(all[0])+" -e "+file, append(pacific(t).Env, env...))
	for _, want := range []string{"read the secret", ": Completed", "HTTP 403", "exit code 1\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is wanted\n%s\n%s", want, strings.Join(all, ""), out)
		}
	}
	if strings.Contains(out, "of no use to anyone") {
		t.Errorf("the secret is shown:\n%s", out)
	}
}

// TestJSON reads what a program gets, without and with --keep.
func TestJSON(t *testing.T) {
	text, err := pacific(t, "demo", "--output", "json").Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	demo := wholeStory(t, string(text))
	if demo.Keep != nil || demo.Steps[len(demo.Steps)-1].Name != "end" {
		t.Errorf("it does not end:\n%s", text)
	}

	going := pacific(t, "demo", "--output", "json", "--keep")
	out, err := going.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := going.Start(); err != nil {
		t.Fatal(err)
	}
	lines := json.NewDecoder(out)
	var line json.RawMessage
	if err := lines.Decode(&line); err != nil {
		t.Fatal(err)
	}
	demo = wholeStory(t, string(line))
	if demo.Keep == nil {
		t.Fatalf("it does not say how to look around:\n%s", line)
	}
	if _, err := os.Stat(demo.Keep.EnvFile); err != nil {
		t.Error(err)
	}
	if looked := shell(t, strings.Join(demo.Keep.Commands, "\n"), going.Env); !strings.Contains(looked, "Completed") {
		t.Errorf("looking around:\n%s", looked)
	}
	if err := going.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := lines.Decode(&line); err != io.EOF {
		t.Errorf("more than one value on standard output: %v, %s", err, line)
	}
	if err := going.Wait(); err != nil {
		t.Error(err)
	}
}

// shown is what a test reads of the demo's JSON.
type shown struct {
	Outcome string
	Steps   []struct {
		Name, Title, Outcome string
		Seconds              float64
		Commands             []string
	}
	FlowRun struct {
		ID, Name, Deployment, State string
		States                      []struct{ Time, Name, Type string }
		Logs                        []struct{ Time, Logger, Message string }
	}
	ContainerGroup struct {
		Name       string
		Containers []struct {
			Events []struct{ Name, First string }
		}
	}
	Refusal struct {
		Identity string
		ExitCode int
		Error    string
	}
	Keep *struct {
		EnvFile  string
		Commands []string
	}
}

// wholeStory reads the JSON of a demo that went well, and holds it to have everything.
func wholeStory(t *testing.T, text string) (demo shown) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &demo); err != nil || demo.Outcome != "completed" || demo.FlowRun.State != "Completed" {
		t.Fatalf("%v\n%s", err, text)
	}
	for _, step := range demo.Steps {
		if step.Name == "" || step.Title == "" || step.Outcome == "" || step.Seconds <= 0 || len(step.Commands) == 0 {
			t.Errorf("something is missing: %+v", step)
		}
	}
	if len(demo.FlowRun.States) < 4 || len(demo.FlowRun.Logs) == 0 || len(demo.ContainerGroup.Containers) == 0 || len(demo.ContainerGroup.Containers[0].Events) == 0 {
		t.Errorf("states, logs or events are missing:\n%s", text)
	}
	if demo.FlowRun.ID == "" || demo.FlowRun.Name == "" || demo.FlowRun.Deployment != "Key Vault Demo/pacific-demo" {
		t.Errorf("the flow run: %+v", demo.FlowRun)
	}
	if demo.Refusal.Identity != "prefect-acr-identity" || demo.Refusal.ExitCode != 1 || !strings.Contains(demo.Refusal.Error, "HTTP 403") {
		t.Errorf("the wrong identity: %+v", demo.Refusal)
	}
	return demo
}
