package azure

import (
	"context"
	"fmt"
	"time"
)

// RepeatOptions say what [Repeat] waits for. The zero value repeats only what is lost, in silence.
type RepeatOptions struct {
	// For is what is waited for, such as "the directory to know the new principal". Empty: Azure.
	For string
	// Passing reports whether a definite answer may change by itself, such as 404 for what was made a moment ago. Nil: none
	// does.
	Passing func(*Error) bool
	// Waiting is told each time before a wait, from the goroutine that waits. Nil: nobody is told.
	Waiting func(Wait)
}

// Wait says why a caller of [Repeat] waits, and for how long.
type Wait struct {
	// For is what is waited for.
	For string
	// Err is the answer that made it wait.
	Err *Error
	// Next is how long until the next try, Since how long this has been going on.
	Next, Since time.Duration
}

const (
	// firstRepeat is the pause after a first failure; each further one is half as long again, up to mostRepeat. Azure copies
	// between its own systems in a second at best, so asking more often finds nothing new.
	firstRepeat = time.Second
	mostRepeat  = 15 * time.Second
)

// Repeat asks until there is a definite answer. Throttling, failures of Azure's own and lost connections pass
// ([Error.Lost]), and so does what o.Passing names; Azure's Retry-After is honoured. What ask does must be safe to repeat:
// after a lost answer nobody knows whether it took effect.
//
// An error of Azure's is returned as an [*Error]. Repeat gives up at ctx's end; then the error has the last answer in it,
// and errors.Is finds ctx's error.
func Repeat(ctx context.Context, o RepeatOptions, ask func(context.Context) error) error {
	if o.For == "" {
		o.For = "Azure"
	}
	began, next := time.Now(), firstRepeat
	for {
		err := ask(ctx)
		if err == nil || ctx.Err() != nil {
			return err
		}
		e := Explain(err)
		if e == nil || !e.Lost() && (o.Passing == nil || !o.Passing(e)) {
			return Plain(err)
		}
		wait := max(next, e.RetryAfter)
		if o.Waiting != nil {
			o.Waiting(Wait{For: o.For, Err: e, Next: wait, Since: time.Since(began)})
		}
		if Sleep(ctx, wait) != nil {
			return &repeatError{o.For, time.Since(began), e, ctx.Err()}
		}
		next = min(next*3/2, mostRepeat)
	}
}

// repeatError is the end of a context that ended the repeats of a request.
type repeatError struct {
	what   string
	waited time.Duration
	last   *Error // Azure's last answer
	ended  error
}

// Error gives the time and the last answer, and leaves out the context's own error: it says nothing more.
func (e *repeatError) Error() string {
	return fmt.Sprintf("waited %s for %s: %v", e.waited.Round(time.Second), e.what, e.last)
}

// Unwrap returns the last answer and the context's error.
func (e *repeatError) Unwrap() []error { return []error{e.last, e.ended} }

// Sleep waits for d. It returns ctx's cause if ctx ends first, and nil otherwise. Zero and negative durations return at once.
func Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 { // not for speed alone: a timer that has expired when it is read can end Go 1.26's race detector in a synctest bubble
		return context.Cause(ctx)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
