package prefect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/coder/websocket"
)

const (
	// checkpointEvery and checkpointInterval are when Prefect's client asks, by a ping, whether all before it has arrived.
	checkpointEvery    = 700
	checkpointInterval = 30 * time.Second
	// maxPendingEvents is how many may wait to be sent or confirmed; then Publish waits.
	maxPendingEvents = 10_000
	// publishAttempts is how often in a row a lost connection is opened again before the next event or checkpoint.
	publishAttempts = 10
	// maxPublishPause is how long at most nothing is tried after a failure that only a change elsewhere mends.
	maxPublishPause = 30 * time.Second
)

// EventPublisher sends events over one websocket, in order, from its own goroutine. The server confirms none of them; a ping
// that comes back does. What was not confirmed when a connection was lost is sent again on the next, and the server keeps
// the first of two. It is made by [Client.NewEventPublisher], ended by [EventPublisher.Close], and safe for use by many goroutines.
type EventPublisher struct {
	client  *Client
	ctx     context.Context
	stop    context.CancelFunc
	queue   chan json.RawMessage
	flushes chan chan error
	closing chan struct{}
	done    chan struct{}

	// Of the goroutine alone until done is closed:
	conn    *websocket.Conn
	pending []json.RawMessage // not yet confirmed; the first sent of them were written
	sent    int
	failure error // why nothing can be sent any more, or was not at the last attempt
	final   bool  // nothing can be sent any more
	// pause follows a failure that only a change elsewhere mends, such as one of DNS; until retryAt nothing is tried.
	pause   time.Duration
	retryAt time.Time
}

// NewEventPublisher starts a publisher; it connects with the first event. ctx is for all it sends, so give it one that
// outlives the work that is told about.
func (c *Client) NewEventPublisher(ctx context.Context) *EventPublisher {
	p := &EventPublisher{
		client: c, queue: make(chan json.RawMessage, maxPendingEvents), flushes: make(chan chan error),
		closing: make(chan struct{}), done: make(chan struct{}),
	}
	p.ctx, p.stop = context.WithCancel(ctx)
	go p.loop()
	return p
}

// Publish takes an event to be sent; it waits only while ten thousand others do. An error that trying again does not mend,
// such as [ErrUnsupported] on 2.20, comes with [EventPublisher.Flush] and Close. Where there is no connection to begin
// with, the publisher goes on trying.
func (p *EventPublisher) Publish(ctx context.Context, event Event) error {
	encoded, err := encodeJSON(event.complete())
	if err != nil {
		return fmt.Errorf("writing event %s: %w", event.Event, err)
	}
	select {
	case <-p.done:
		return errPublisherClosed() // for sure, though the queue may have room
	default:
	}
	select {
	case p.queue <- encoded:
		return nil
	case <-p.done:
		return errPublisherClosed()
	case <-ctx.Done():
		return fmt.Errorf("waiting to send event %s: %w", event.Event, context.Cause(ctx))
	}
}

func errPublisherClosed() error { return errors.New("the event publisher is closed") }

// Flush waits until all that was published before has arrived.
func (p *EventPublisher) Flush(ctx context.Context) error {
	return flush(ctx, p.flushes, p.done, errPublisherClosed())
}

// Close sends what is left, as long as ctx allows, and ends the goroutine. Its error tells how many events were lost.
func (p *EventPublisher) Close(ctx context.Context) error {
	select {
	case p.closing <- struct{}{}:
		select {
		case <-p.done:
		case <-ctx.Done():
			p.stop()
		}
	case <-ctx.Done():
		p.stop()
	case <-p.done:
	}
	<-p.done
	p.drain()
	if len(p.pending) == 0 {
		return nil
	}
	if p.failure == nil {
		p.failure = context.Cause(ctx)
	}
	if p.failure == nil {
		p.failure = errors.New("they were published while the publisher was closing")
	}
	return fmt.Errorf("%d events were not sent: %w", len(p.pending), p.failure)
}

func (p *EventPublisher) loop() {
	defer close(p.done)
	defer p.stop()
	defer p.hangUp()
	ticker := time.NewTicker(checkpointInterval)
	defer ticker.Stop()
	for {
		queue := p.queue
		if len(p.pending) >= maxPendingEvents {
			queue = nil // until some are confirmed
		}
		select {
		case event := <-queue:
			p.pending = append(p.pending, event)
			if p.deliver() == nil && p.sent >= checkpointEvery {
				p.confirm()
			}
		case <-ticker.C:
			p.confirm()
		case reply := <-p.flushes:
			p.drain()
			p.retryAt = time.Time{}
			reply <- p.confirm()
		case <-p.closing:
			p.drain()
			p.retryAt = time.Time{}
			p.confirm()
			return
		case <-p.ctx.Done():
			return
		}
	}
}

// drain takes what was published before the caller asked.
func (p *EventPublisher) drain() {
	for {
		select {
		case event := <-p.queue:
			p.pending = append(p.pending, event)
		default:
			return
		}
	}
}

func (p *EventPublisher) write(event json.RawMessage) error {
	ctx, cancel := context.WithTimeout(p.ctx, p.client.timeout)
	defer cancel()
	if err := p.conn.Write(ctx, websocket.MessageText, event); err != nil {
		p.lose(err)
		return err
	}
	return nil
}

// confirm makes sure that all pending events have arrived, over as many connections as it takes.
func (p *EventPublisher) confirm() error {
	for range publishAttempts {
		if len(p.pending) == 0 {
			return nil
		}
		if err := p.deliver(); err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(p.ctx, p.client.timeout)
		err := p.conn.Ping(ctx)
		cancel()
		if err == nil {
			p.pending, p.sent = append(p.pending[:0], p.pending[p.sent:]...), 0
			return nil
		}
		p.lose(err)
	}
	return p.failure
}

// deliver writes all that is pending, opening the connection again where it must.
func (p *EventPublisher) deliver() error {
	for failed := 1; failed <= publishAttempts; failed++ {
		if p.final || time.Now().Before(p.retryAt) {
			return p.failure
		}
		if err := p.resend(); err == nil {
			return nil
		} else if p.ctx.Err() != nil {
			return err
		}
		p.client.log.DebugContext(p.ctx, "the events websocket is lost", "error", p.failure, "failures", failed)
		if err := sleep(p.ctx, p.client.retry.reconnectPause(failed)); err != nil {
			return err
		}
	}
	return p.failure
}

// resend opens a connection if there is none and writes what it has not seen.
func (p *EventPublisher) resend() error {
	if p.conn == nil {
		if err := p.connect(); err != nil {
			p.fail(err)
			return err
		}
		p.pause = 0
	}
	for p.sent < len(p.pending) {
		if err := p.write(p.pending[p.sent]); err != nil {
			return err
		}
		p.sent++
	}
	p.failure = nil
	return nil
}

// fail notes why there is no connection. Only a server that says no has the last word: DNS, a certificate or a proxy's page
// may be mended while the program runs.
func (p *EventPublisher) fail(err error) {
	p.failure = err
	switch {
	case p.ctx.Err() != nil || !lasting(err):
	case errors.Is(err, ErrConnection), errors.Is(err, ErrNotPrefect):
		p.pause = min(max(2*p.pause, time.Second), maxPublishPause)
		p.retryAt = time.Now().Add(p.pause)
	default:
		p.final = true
	}
}

const publishing = "publishing events"

func (p *EventPublisher) connect() error {
	version, err := p.client.ServerVersion(p.ctx)
	if err != nil {
		return asError(err).during(publishing)
	}
	if err := p.client.needs3(p.ctx, publishing, "the events API"); err != nil {
		return err
	}
	conn, err := p.client.dial(p.ctx, publishing, "/events/in", version.EventsInHandshake())
	if err != nil {
		return err
	}
	// The server says nothing more, but somebody must read its pongs and its close.
	conn.CloseRead(p.ctx)
	p.conn, p.sent = conn, 0
	return nil
}

// lose forgets a broken connection: what it carried counts as unsent.
func (p *EventPublisher) lose(err error) {
	p.failure = p.client.dropped(p.ctx, &call{doing: publishing, method: http.MethodGet}, err)
	_ = p.conn.CloseNow()
	p.conn, p.sent = nil, 0
}

func (p *EventPublisher) hangUp() {
	if p.conn != nil {
		_ = p.conn.Close(websocket.StatusNormalClosure, "")
	}
}
