package azure

import (
	"context"
	"net/http"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

// Finish starts a long operation, again if its answer is lost, and waits for its end. What begin does must be safe to repeat.
// The errors are those of [Repeat], and the operation's own failure as an [*Error].
func Finish[T any](ctx context.Context, o RepeatOptions, begin func(context.Context) (*runtime.Poller[T], error)) error {
	var poller *runtime.Poller[T]
	err := Repeat(ctx, o, func(ctx context.Context) (err error) {
		poller, err = begin(ctx)
		return err
	})
	for err == nil && !poller.Done() {
		var answer *http.Response
		err = Repeat(ctx, o, func(ctx context.Context) (err error) {
			answer, err = poller.Poll(ctx)
			return err
		})
		if err == nil && !poller.Done() {
			err = Sleep(ctx, max(RetryAfter(answer.Header, time.Now()), shortestPoll))
		}
	}
	if err != nil {
		return err
	}
	if _, err := poller.Result(ctx); err != nil {
		// The operation has ended. Its failure is here; a lost last read is not its failure, and the caller reads again.
		if e := Explain(err); e == nil || !e.Lost() {
			return Plain(err)
		}
	}
	return nil
}

// shortestPoll is the pause between two polls where Azure asks for none.
const shortestPoll = 100 * time.Millisecond
