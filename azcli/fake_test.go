package azcli_test

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/azcli"
)

// The fake az is this test binary, started with these variables.
const (
	fakeReplies = "FAKE_AZ_REPLIES" // JSON: a list of replies
	fakeFolder  = "FAKE_AZ_FOLDER"  // where it writes what it was asked, and the numbers of its processes
	fakeRole    = "FAKE_AZ_ROLE"    // of a process that the fake az starts
)

// reply is what the fake az does for the commands that begin with Command. Replies to the same command come in turn; the
// last stays.
type reply struct {
	Command        string
	Stdout, Stderr string
	Code           int
	// Hang starts a process that ignores SIGTERM, as az does too then, and waits for ever.
	Hang bool
	// Linger leaves a process running that holds the output open.
	Linger bool
	// Echo prints standard input.
	Echo bool
}

func TestMain(m *testing.M) {
	switch {
	case os.Getenv(fakeRole) != "":
		stay()
	case os.Getenv(fakeReplies) != "":
		os.Exit(fakeAz())
	}
	os.Exit(m.Run())
}

func stay() {
	signal.Ignore(syscall.SIGTERM)
	note("pids", fmt.Sprint(os.Getpid()))
	time.Sleep(time.Hour)
}

func note(file, line string) {
	f, err := os.OpenFile(filepath.Join(os.Getenv(fakeFolder), file), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		panic(err)
	}
	defer f.Close()
	if _, err := fmt.Fprintln(f, line); err != nil {
		panic(err)
	}
}

func fakeAz() int {
	argv, _ := json.Marshal(os.Args[1:])
	line := strings.Join(os.Args[1:], " ")
	before := 0
	for _, earlier := range readLines(filepath.Join(os.Getenv(fakeFolder), "argv")) {
		if earlier == string(argv) {
			before++
		}
	}
	note("argv", string(argv))
	var all, mine []reply
	if err := json.Unmarshal([]byte(os.Getenv(fakeReplies)), &all); err != nil {
		panic(err)
	}
	for _, r := range all {
		if strings.HasPrefix(line, r.Command) {
			mine = append(mine, r)
		}
	}
	if len(mine) == 0 {
		fmt.Fprintf(os.Stderr, "ERROR: '%s' is misspelled or not recognized by the system.\n", line)
		return 2
	}
	r := mine[min(before, len(mine)-1)]
	fmt.Print(r.Stdout)
	fmt.Fprint(os.Stderr, r.Stderr)
	if r.Echo {
		_, _ = io.Copy(os.Stdout, os.Stdin)
	}
	if r.Hang || r.Linger {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), fakeRole+"=stay")
		child.Stdout, child.Stderr = os.Stdout, os.Stderr
		if err := child.Start(); err != nil {
			panic(err)
		}
		if r.Hang {
			stay()
		}
		note("pids", fmt.Sprint(child.Process.Pid))
	}
	return r.Code
}

func readLines(file string) []string {
	text, _ := os.ReadFile(file)
	return slices.DeleteFunc(strings.Split(string(text), "\n"), func(l string) bool { return l == "" })
}

// fake is a runner of a fake az, and what was seen of it.
type fake struct {
	*azcli.Runner
	folder   string
	messages []string
}

func newFake(t *testing.T, replies ...reply) *fake {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	script, err := json.Marshal(replies)
	if err != nil {
		t.Fatal(err)
	}
	f := &fake{folder: t.TempDir()}
	f.Runner = &azcli.Runner{
		Path: self, Env: append(os.Environ(), fakeReplies+"="+string(script), fakeFolder+"="+f.folder),
		Reporter: func(m azcli.Message) { f.messages = append(f.messages, string(m.Kind)+": "+m.Text) },
	}
	return f
}

// asked are the argument lists that az got, as JSON.
func (f *fake) asked() []string { return readLines(filepath.Join(f.folder, "argv")) }

// pids are the processes that the fake az has started so far.
func (f *fake) pids() []string { return readLines(filepath.Join(f.folder, "pids")) }
