package simulate

import (
	"context"
	"io"
	"sync"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure/internal/engine"
)

const (
	// batch is how long lines are gathered into one write where they come faster than that.
	batch = 10 * time.Millisecond
	// writeBytes is about the size of one write. Between two writes a container can be stopped.
	writeBytes = 32 << 10

	stoppedCode = 128 + 15 // SIGTERM
	killedCode  = 128 + 9
)

// container has no goroutine of its own: tick is called by its timer, and sets the timer again.
type container struct {
	behaviour behaviour
	buffers   *sync.Pool
	out       io.Writer
	started   time.Time
	printed   uint64 // only tick touches it
	done      chan struct{}

	mu      sync.Mutex
	timer   *time.Timer
	stopped bool
	over    bool
	exit    engine.Exit
}

// tick prints what is due, then ends the container or waits for what comes next.
func (c *container) tick() {
	now := time.Since(c.started)
	for due := c.behaviour.due(now); c.printed < due && !c.isStopped(); {
		c.print(due)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.stopped: // Stop has set the exit
		c.finish()
	case now >= c.behaviour.runFor:
		c.exit.Code = c.behaviour.exitCode
		c.finish()
	default:
		c.timer.Reset(c.pause(time.Since(c.started)))
	}
}

// print writes lines up to due, as many as one write takes.
func (c *container) print(due uint64) {
	buf, _ := c.buffers.Get().(*[]byte)
	if buf == nil {
		buf = new([]byte)
	}
	b := (*buf)[:0]
	for c.printed < due && (len(b) == 0 || len(b)+c.behaviour.lineBytes <= writeBytes) {
		c.printed++
		b = c.behaviour.appendLine(b, c.printed)
	}
	_, _ = c.out.Write(b) // by contract it blocks but never fails
	*buf = b
	c.buffers.Put(buf)
}

// pause is the time from now to the next tick.
func (c *container) pause(now time.Duration) time.Duration {
	next := c.behaviour.runFor
	if c.behaviour.linesPerSecond > 0 {
		// A line that the log held up may be overdue: then it is printed at once.
		next = min(next, max(c.behaviour.at(c.printed+1), now+batch))
	}
	return max(0, next-now)
}

func (c *container) isStopped() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stopped
}

// finish is called with mu held, and once.
func (c *container) finish() {
	c.over = true
	close(c.done)
}

func (c *container) ended() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.over
}

func (c *container) Done() <-chan struct{} { return c.done }
func (c *container) Exit() engine.Exit     { return c.exit }

// Stop ends the container at once, whatever the grace: a simulated program does nothing on SIGTERM but end.
func (c *container) Stop(grace time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over || c.stopped {
		return
	}
	c.stopped = true
	c.exit.Code = stoppedCode
	if grace <= 0 {
		c.exit.Code = killedCode
	}
	// A tick that is under way sees stopped, and finishes after its write.
	if c.timer.Stop() {
		c.finish()
	}
}

// Exec answers as a container without programs does: 127, with the reason in the output.
func (c *container) Exec(_ context.Context, spec engine.ExecSpec) (int, error) {
	if c.ended() {
		return 0, engine.ErrNotRunning
	}
	if spec.Output != nil {
		_, _ = io.WriteString(spec.Output, "simulate: there is nothing to exec in: this engine runs no programs; the process and docker engines do\r\n")
	}
	return 127, nil
}
