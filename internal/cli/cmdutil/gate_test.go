package cmdutil

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestOurLinesBeginInColumnOne: on a terminal what Pacific says never continues a line of the job's output.
func TestOurLinesBeginInColumnOne(t *testing.T) {
	for _, test := range []struct {
		name     string
		terminal bool
		want     string
	}{
		{"terminal", true, "half\npacific: exit code 0\nwhole\npacific: deleted\n"},
		{"two pipes that happen to be one", false, "halfpacific: exit code 0\nwhole\npacific: deleted\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var screen bytes.Buffer
			a := NewApp(Env{Args: []string{}, Stdout: &screen, Stderr: &screen, Terminal: func(any) bool { return test.terminal },
				LookupEnv: func(name string) (string, bool) { return "1", name == "NO_COLOR" }})
			a.Stdout.Write([]byte("half"))
			a.Say.Status("exit code 0")
			a.Stdout.Write([]byte("whole\n"))
			a.Say.Status("deleted")
			if got := screen.String(); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// TestTheLiveLineMakesWay draws a live line and writes to both streams of one terminal, and to one of two.
func TestTheLiveLineMakesWay(t *testing.T) {
	var screen bytes.Buffer
	out, err := newGates(&screen, &screen, true)
	err.Live("running (1s)")
	out.Write([]byte("a\nb"))
	err.Live("running (2s)") // b would be lost
	out.Write([]byte("c\n"))
	err.Live("running (3s)")
	err.Live("running (4s)")
	err.Write([]byte("done\n"))
	if got, want := screen.String(), "running (1s)\r\x1b[Ka\nbc\nrunning (3s)\r\x1b[Krunning (4s)\r\x1b[Kdone\n"; got != want {
		t.Errorf("one terminal: got %q, want %q", got, want)
	}
	var pipe bytes.Buffer
	screen.Reset()
	out, err = newGates(&pipe, &screen, false)
	out.Write([]byte("half"))
	err.Live("running (1s)")
	out.Write([]byte("more"))
	err.Live("")
	err.Live("running (2s)")
	err.Close()
	if got, want := pipe.String()+"|"+screen.String(), "halfmore|running (1s)\r\x1b[Krunning (2s)\r\x1b[K"; got != want {
		t.Errorf("a pipe and a terminal: got %q, want %q", got, want)
	}
}

// TestAWaitShowsItsTime waits for a minute, on a terminal and in a pipe.
func TestAWaitShowsItsTime(t *testing.T) {
	for _, test := range []struct {
		name     string
		env      map[string]string
		terminal bool
		want     string
	}{
		{"terminal", map[string]string{"NO_COLOR": "1"}, true, "pacific: pulling (2s)\r\x1b[Kpacific: pulling (3s)\r\x1b[K"},
		{"terminal without escape sequences", map[string]string{"TERM": "dumb"}, true, "pacific: still pulling (20s)\n"},
		{"pipe", nil, false, "pacific: still pulling (20s)\n"},
	} {
		synctest.Test(t, func(t *testing.T) {
			var screen bytes.Buffer
			a := NewApp(Env{Args: []string{}, Stdout: &screen, Stderr: &screen, Terminal: func(any) bool { return test.terminal },
				LookupEnv: func(name string) (string, bool) { value, set := test.env[name]; return value, set }})
			stop := a.Show(WaitFor("pulling"))
			time.Sleep(23500 * time.Millisecond)
			stop()
			if got := screen.String(); !strings.Contains(got, test.want) || test.terminal == strings.Contains(got, "\n") && test.env["TERM"] == "" {
				t.Errorf("%s: got %q, want %q in it", test.name, got, test.want)
			}
		})
	}
}

// TestAReaderThatStopsHoldsUpNoEnd: what is asked of a stream at the end of a command does not wait for a write that never ends.
func TestAReaderThatStopsHoldsUpNoEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reader, writer := io.Pipe()
		out, _ := newGates(writer, io.Discard, false)
		done := make(chan struct{})
		go func() {
			defer close(done)
			out.Write([]byte("nobody reads this"))
		}()
		synctest.Wait()
		if err := out.Lost(); err != nil || out.ReaderWent(io.ErrClosedPipe) {
			t.Errorf("got %v of a write that is under way", err)
		}
		out.Close()
		reader.Close()
		<-done
		if err := out.Lost(); err != nil || !out.ReaderWent(io.ErrClosedPipe) {
			t.Errorf("got %v of a reader that went away", err)
		}
	})
}
