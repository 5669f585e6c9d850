package prefect

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// LogSenderOptions tune a [LogSender]; the zero value is what Prefect's client does.
type LogSenderOptions struct {
	// Interval is how long a line waits for company (PREFECT_LOGGING_TO_API_BATCH_INTERVAL). 0: 2 s.
	Interval time.Duration
	// Failed hears of every batch that could not be sent, from the sender's own goroutine. nil: only Close tells.
	Failed func(lines int, err error)
}

const (
	defaultLogInterval = 2 * time.Second
	// maxPendingLogs is how many bytes may wait while a batch is on its way; then Add waits too.
	maxPendingLogs = 4 * maxLogBatch
)

// LogSender sends log lines in batches from its own goroutine: every two seconds, or when a thousand lines or three
// megabytes have come together. It is made by [Client.NewLogSender], ended by [LogSender.Close], and safe for use by many goroutines.
type LogSender struct {
	client  *Client
	options LogSenderOptions
	ctx     context.Context
	stop    context.CancelFunc
	done    chan struct{}
	wake    chan struct{} // a full batch waits
	room    chan struct{} // a batch has gone
	flushes chan chan error
	closing chan struct{}

	mu      sync.Mutex // never held over a wait
	pending logBatch
	closed  bool
	lost    int
	failure error
}

// NewLogSender starts a sender. ctx is for all its requests: when it ends, what is not yet sent is lost, so give it one that
// outlives the work that logs.
func (c *Client) NewLogSender(ctx context.Context, o LogSenderOptions) *LogSender {
	if o.Interval <= 0 {
		o.Interval = defaultLogInterval
	}
	s := &LogSender{
		client: c, options: o, done: make(chan struct{}), closing: make(chan struct{}),
		wake: make(chan struct{}, 1), room: make(chan struct{}, 1), flushes: make(chan chan error),
	}
	s.ctx, s.stop = context.WithCancel(ctx)
	go s.loop()
	return s
}

// Add takes lines to be sent. It returns at once, unless 16 MB wait already: then it waits until there is room or ctx ends.
// Lines keep their order.
func (s *LogSender) Add(ctx context.Context, logs ...Log) error {
	for _, log := range logs {
		line := s.client.encodeLog(log)
		for {
			added, err := s.offer(line, false)
			if err != nil {
				return err
			}
			if added {
				break
			}
			select {
			case <-s.room:
			case <-ctx.Done():
				return fmt.Errorf("waiting to send logs: %w", context.Cause(ctx))
			case <-s.done:
				return errSenderClosed()
			}
		}
	}
	return nil
}

// AddNow is Add without the wait. It is for the few lines of somebody who must go on though others' lines fill the queue.
func (s *LogSender) AddNow(logs ...Log) error {
	for _, log := range logs {
		if _, err := s.offer(s.client.encodeLog(log), true); err != nil {
			return err
		}
	}
	return nil
}

// offer queues a line if there is room, or at once. It is false if there was none.
func (s *LogSender) offer(line encodedLog, atOnce bool) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false, errSenderClosed()
	}
	if s.pending.size > maxPendingLogs && !atOnce {
		return false, nil
	}
	s.pending.add(line)
	if s.pending.full() {
		notify(s.wake)
	}
	if s.pending.size <= maxPendingLogs {
		notify(s.room) // for another goroutine that waits
	}
	return true, nil
}

func errSenderClosed() error { return errors.New("the log sender is closed") }

func notify(signal chan struct{}) {
	select {
	case signal <- struct{}{}:
	default:
	}
}

// Flush sends what was added before, and gives the error if some of it could not be sent.
func (s *LogSender) Flush(ctx context.Context) error {
	return flush(ctx, s.flushes, s.done, errSenderClosed())
}

// flush asks the goroutine behind flushes to send all that it has, and waits for its answer; closed is the error if that
// goroutine has ended.
func flush(ctx context.Context, flushes chan<- chan error, done <-chan struct{}, closed error) error {
	reply := make(chan error, 1)
	select {
	case flushes <- reply:
	case <-done:
		return closed
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	select {
	case err := <-reply:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Close sends what is left, as long as ctx allows (Prefect's client gives it 5 s), and ends the goroutine. Its error tells how
// many lines were lost in the sender's life, and the last reason.
func (s *LogSender) Close(ctx context.Context) error {
	s.mu.Lock()
	first := !s.closed
	s.closed = true
	s.mu.Unlock()
	if first {
		close(s.closing)
	}
	select {
	case <-s.done:
	case <-ctx.Done():
		s.stop()
		<-s.done
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lost += len(s.pending.lines)
	s.pending = logBatch{}
	if s.lost == 0 {
		return nil
	}
	if s.failure == nil {
		s.failure = context.Cause(ctx)
	}
	return fmt.Errorf("%d log lines were not sent: %w", s.lost, s.failure)
}

// loop is the sender's goroutine.
func (s *LogSender) loop() {
	defer close(s.done)
	defer s.stop()
	ticker := time.NewTicker(s.options.Interval)
	defer ticker.Stop()
	for {
		select {
		case <-s.wake:
			s.sendAll()
		case <-ticker.C:
			s.sendAll()
		case reply := <-s.flushes:
			reply <- s.sendAll()
		case <-s.closing:
			s.sendAll()
			return
		case <-s.ctx.Done():
			return
		}
	}
}

// sendAll sends what waits now, a batch at a time. One that fails after all repeats is given up, or the program's memory
// would fill with it.
func (s *LogSender) sendAll() error {
	s.mu.Lock()
	left := len(s.pending.lines)
	s.mu.Unlock()
	var all error
	for left > 0 {
		batch := s.take()
		left -= len(batch.lines)
		if err := s.client.sendLogs(s.ctx, batch); err != nil {
			s.giveUp(len(batch.lines), err)
			all = errors.Join(all, err)
		}
	}
	return all
}

// take cuts one batch of the usual size off what waits.
func (s *LogSender) take() *logBatch {
	s.mu.Lock()
	defer s.mu.Unlock()
	batch := &logBatch{patient: true}
	n := 0
	for n < len(s.pending.lines) && !batch.full() {
		batch.add(s.pending.lines[n])
		n++
	}
	clear(s.pending.lines[:n])
	s.pending = logBatch{size: s.pending.size - batch.size, lines: s.pending.lines[n:]}
	notify(s.room)
	return batch
}

func (s *LogSender) giveUp(lines int, err error) {
	s.mu.Lock()
	s.lost += lines
	s.failure = err
	s.mu.Unlock()
	if s.options.Failed != nil {
		s.options.Failed(lines, err)
	}
}
