package supervise_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/pacific-aci/pacific/internal/supervise"
	"golang.org/x/sys/unix"
)

// scriptVariable makes the test's program run this script of sh below [supervise.Run].
const scriptVariable = "SUPERVISE_TEST_SCRIPT"

func TestMain(m *testing.M) {
	script, ok := os.LookupEnv(scriptVariable)
	if !ok {
		os.Exit(m.Run())
	}
	end, err := supervise.Run("/bin/sh", []string{"sh", "-c", script}, os.Environ())
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	os.Exit(end.Code)
}

// atTerminal starts a command as the leader of a session with a terminal. What is written to the terminal is typed there, and
// lines is what it shows.
func atTerminal(t *testing.T, script string, argv ...string) (cmd *exec.Cmd, keyboard *os.File, lines *bufio.Scanner) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip("no terminals here: ", err)
	}
	t.Cleanup(func() { _ = master.Close() })
	fd := int(master.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	slave, err := os.OpenFile(fmt.Sprint("/dev/pts/", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no terminals here: ", err)
	}
	defer slave.Close()
	cmd = exec.Command(argv[0], argv[1:]...)
	cmd.Env = append(os.Environ(), scriptVariable+"="+script)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if cmd.ProcessState == nil { // the test has failed
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	})
	return cmd, master, bufio.NewScanner(master)
}

// await reads lines up to one with the text.
func await(t *testing.T, lines *bufio.Scanner, text string) (before []string) {
	t.Helper()
	for lines.Scan() {
		if strings.Contains(lines.Text(), text) {
			return before
		}
		before = append(before, lines.Text())
	}
	t.Fatalf("the terminal shows %q, and never %q", before, text)
	return nil
}

func typeKey(t *testing.T, keyboard *os.File, key string) {
	t.Helper()
	if _, err := keyboard.WriteString(key); err != nil {
		t.Fatal(err)
	}
}

// SIGUSR1 comes to the child after every SIGINT that this process had before, as signals are handed on by their numbers.
func TestInterruptComesOnce(t *testing.T) {
	script := `trap 'echo caught' INT; trap 'exit 7' USR1; echo ready; while :; do :; done`
	cmd, keyboard, lines := atTerminal(t, script, os.Args[0])
	await(t, lines, "ready")
	typeKey(t, keyboard, "\x03")
	await(t, lines, "caught")
	if err := cmd.Process.Signal(syscall.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() {
		if strings.Contains(lines.Text(), "caught") {
			t.Error("Ctrl-C has come twice")
		}
	}
	if _ = cmd.Wait(); cmd.ProcessState.ExitCode() != 7 {
		t.Errorf("%v, want exit code 7", cmd.ProcessState)
	}
}

// A shell that started the supervisor has the terminal after Ctrl-Z, and gives it back with fg.
func TestStopAndContinue(t *testing.T) {
	shell := `set -m; "$0"; echo back; fg >/dev/null; echo code $?`
	cmd, keyboard, lines := atTerminal(t, `echo ready; read word; echo "got $word"; exit 5`, "/bin/sh", "-c", shell, os.Args[0])
	await(t, lines, "ready")
	typeKey(t, keyboard, "\x1a")
	await(t, lines, "back")
	typeKey(t, keyboard, "hello\n")
	await(t, lines, "got hello")
	await(t, lines, "code 5")
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}
