package aci

import (
	"context"
	"fmt"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

// The loops that ask Azure again until it gives a definite answer. They stay apart: each has its own idea of what is
// definite and of how long an indefinite answer is worth waiting for, and as one they would need a flag for each difference.
//
//	repeat         after no answer, 429 and 5xx, until ctx ends
//	getDefinite    the same for the group alone, for which 404 is an answer; a page that is not Azure's is read again
//	               mostUnreadable times. It says EventViewLost and EventViewBack, as a watch does
//	readPatiently  getDefinite again after refusals, for cleanupTime: a group left behind costs money
//	readInDoubt    getDefinite again after refusals, for patience(err) and only while a PUT may have made the group
//	stop           after no answer, and after 409 ten times; some refusals mean that it has stopped
//	remove         after any refusal at first, and with a read before each next DELETE

// repeat asks Azure until it gives a definite answer: a result or a refusal. It retries throttling, failures of Azure's own
// and lost connections until ctx ends, and reports each wait as EventRetry. subject is the name in those events: the
// container group's, or the resource group's.
func repeat[T any](ctx context.Context, c *Client, subject string, ask func(context.Context) (T, error)) (T, error) {
	wait := pace{c.firstPoll, 30 * time.Second}
	for {
		answer, err := ask(ctx)
		e, isLost := lost(err)
		if !isLost || ctx.Err() != nil {
			return answer, err
		}
		if stopped := c.retry(ctx, subject, &wait, e); stopped != nil {
			return answer, stopped
		}
	}
}

// mostPages ends a list whose pages lead in a circle.
const mostPages = 1000

var errTooManyPages = fmt.Errorf("following a list: it has over %d pages", mostPages)

// everyPage reads all pages of a list. The SDK's pager cannot go on after an error, so a retry begins the list anew.
func everyPage[T any](ctx context.Context, c *Client, begin func() *runtime.Pager[T]) ([]T, error) {
	return repeat(ctx, c, c.resourceGroup, func(ctx context.Context) ([]T, error) {
		var all []T
		for pages := begin(); pages.More(); {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			if all = append(all, page); len(all) > mostPages {
				return nil, errTooManyPages
			}
		}
		return all, nil
	})
}
