package process

import (
	"io"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"time"
)

// launch is a program to start.
type launch struct {
	command []string
	env     []string
	folder  string
	stdin   *os.File // nil: empty
	output  io.Writer
	// terminal carries input and output in the place of stdin and a pipe; nil: none.
	terminal *terminal
	// strays is the folder by which processes are known that must not outlive the child; empty for an exec, which is
	// not the only program in its folder.
	strays string
}

// child is a process and all that it starts, or a program that could not run:
//
//	spawn ──▶ runs ──┬── it exits ─────────────────────────┬─▶ reaped: the rest of its tree is killed ──▶ done
//	                 └── stop: SIGTERM ─ grace ─▶ SIGKILL ─┘                                      │
//	                                                          its output is still held open: strays are killed,
//	                                                          and no word for patience ends the wait
//
// Once it is reaped, its number may be another process's, so gone is set and nothing is sent to it any more: on Linux before
// the kernel gives the number away, elsewhere right after (see reap).
type child struct {
	process *os.Process // nil where nothing could run
	tree    tree
	code    int // valid after done
	done    chan struct{}

	mu   sync.Mutex
	gone bool // reaped: its number may be another's by now
	kill *time.Timer
	at   time.Time // when kill fires
}

// spawn starts the program at path, its output going to one pipe or terminal, so that stdout and stderr keep their order.
func (e *processes) spawn(path string, l launch) (*child, error) {
	cmd := &exec.Cmd{Path: path, Args: l.command, Env: l.env, Dir: l.folder}
	prepare(cmd)
	var r *os.File
	var err error
	if l.terminal != nil {
		r = l.terminal.master
		l.terminal.attach(cmd)
	} else {
		var w *os.File
		if r, w, err = os.Pipe(); err != nil {
			return nil, err
		}
		defer w.Close() // ours; the child has its own
		cmd.Stdout, cmd.Stderr = w, w
		if l.stdin != nil {
			cmd.Stdin = l.stdin
		}
	}
	c := &child{done: make(chan struct{})}
	e.starter.do(func() {
		if err = cmd.Start(); err == nil {
			c.process = cmd.Process
			c.tree = newTree(cmd.Process)
			e.watchdog.add(cmd.Process.Pid)
		}
	})
	if err != nil {
		r.Close()
		return nil, &startError{path, l.folder, err}
	}
	t := &tail{r: r, w: l.output}
	if t.w == nil {
		t.w = io.Discard
	}
	go func() {
		e.follow(c, cmd, t, l.strays)
		close(c.done)
	}()
	return c, nil
}

// follow waits for a child's end, and then for the end of its output. It runs once for each child that was started, and who
// called spawn is told by done. Between the end and the kill of the tree, c.mu keeps stop from sending a signal to a number
// that the kernel may give to another process. It closes the output only then: a program that
// has closed its side of a terminal, as many do just before they exit, would be sent SIGHUP.
func (e *processes) follow(c *child, cmd *exec.Cmd, t *tail, strays string) {
	defer t.r.Close()
	drained := make(chan struct{})
	go func() {
		t.copy()
		close(drained)
	}()
	c.code = exitCode(reap(cmd, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.gone = true
		if c.kill != nil {
			c.kill.Stop()
		}
		c.tree.kill() // as in a container: the first process takes the others with it
		e.watchdog.forget(c.process.Pid)
	}))
	c.tree.close()
	t.ended()
	// Whoever holds the output open after a while is a stray, or the log is slow. A search costs some milliseconds.
	search := time.NewTicker(patience / 20)
	defer search.Stop()
	for {
		select {
		case <-drained:
			return
		case <-search.C:
			if strays != "" {
				killStrays(strays, e.since)
			}
		}
	}
}

// failedChild stands for a program that could not run.
func failedChild(code int, message string, output io.Writer) *child {
	c := &child{code: code, done: make(chan struct{}), gone: true}
	go func() {
		defer close(c.done)
		if output != nil {
			_, _ = io.WriteString(output, message)
		}
	}()
	return c
}

// ended reports whether done is closed, for lists that drop those.
func (c *child) ended() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// stop asks the child to end and kills it after the grace; an earlier kill stands. It returns at once, may be called by
// anybody and any number of times, and does nothing once the child is reaped. Without a grace, or where the child
// cannot be asked (no SIGTERM, or Ctrl-Break on Windows), the whole tree is killed at once.
func (c *child) stop(grace time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gone {
		return
	}
	if grace <= 0 || !c.tree.terminate() {
		c.tree.kill()
		return
	}
	at := time.Now().Add(grace)
	if c.kill == nil {
		c.kill = time.AfterFunc(grace, func() { c.stop(0) })
	} else if at.Before(c.at) {
		c.kill.Reset(grace)
	} else {
		return
	}
	c.at = at
}

// patience is how long after a child's end its output may stay open without a word. Only a process that has left the
// child's group can hold it open; what the child itself has written is in the pipe by then, and is read at once.
const patience = 2 * time.Second

// tail copies a pipe to its last byte. Before the child's end it waits for ever; after it, for patience of silence in all. The
// time in which the log takes its bytes does not count.
type tail struct {
	r    *os.File
	w    io.Writer
	over atomic.Bool
}

// copy returns at the end of the output, or when it has been silent for patience after the child's end. Reads have no
// deadline before that, so that a program may be silent for days.
func (t *tail) copy() {
	buf := make([]byte, 32<<10)
	for left := patience; left > 0; {
		over, before := t.over.Load(), time.Now()
		if over {
			// Set before each read: the write may have taken any time, and that must cost no lines.
			_ = t.r.SetReadDeadline(before.Add(left))
		}
		n, err := t.r.Read(buf)
		if over {
			left -= time.Since(before)
		}
		_, _ = t.w.Write(buf[:n]) // by contract it blocks but never fails
		if err != nil {
			return
		}
	}
}

// ended begins the count of patience. The flag comes before the deadline: copy may be between two reads, and would
// otherwise begin one without an end.
func (t *tail) ended() {
	t.over.Store(true)
	_ = t.r.SetReadDeadline(time.Now().Add(patience)) // for the read that is under way
}
