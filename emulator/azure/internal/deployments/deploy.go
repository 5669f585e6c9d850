package deployments

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/armtemplate"
	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
	"github.com/pacific-aci/pacific/emulator/azure/internal/faults"
)

// deploy puts one resource and waits until it is made. answered is called as soon as its service has answered.
func (r *run) deploy(ctx context.Context, res *armtemplate.Resource, answered func()) *arm.Error {
	r.service.mu.Lock()
	op := r.newOperation("Create", r.shown(res))
	r.service.mu.Unlock()
	status, err := r.make(ctx, res, answered)
	for n := 0; n < retries(res) && retryable(res, err) && faults.Sleep(ctx, r.core.Faults.Settings().RetryAfter.Std()) == nil; n++ {
		status, err = r.make(ctx, res, answered)
	}
	r.service.mu.Lock()
	defer r.service.mu.Unlock()
	if ctx.Err() != nil {
		op.end("", nil)
		op.state = arm.Canceled
		return nil
	}
	var failure *arm.Error
	if err != nil {
		failure = r.failure(err)
	} else {
		r.made = append(r.made, reference{res.ID})
	}
	op.end(statusOf(status, failure), failure)
	return failure
}

// retries is how often a resource is made again after an error that its template names.
func retries(res *armtemplate.Resource) int {
	if res.Retries > 0 {
		return res.Retries
	}
	return attempts - 1
}

// retryable reports whether a resource's template names an error, or one inside it, as one after which to try again.
func retryable(res *armtemplate.Resource, err error) bool {
	e, ok := errors.AsType[*arm.Error](err)
	if !ok {
		return false
	}
	for _, code := range res.RetryOn {
		if strings.EqualFold(code, e.Code) || slices.ContainsFunc(e.Details, func(inner *arm.Error) bool { return strings.EqualFold(code, inner.Code) }) {
			return true
		}
	}
	return false
}

// make sends what the template says of a resource.
func (r *run) make(ctx context.Context, res *armtemplate.Resource, answered func()) (status int, err error) {
	if res.OnlyIfNotExists {
		if there, err := r.exists(ctx, res); there || err != nil {
			return http.StatusOK, err
		}
	}
	r.evaluating.Lock()
	body, err := res.Body(ctx, r.resolver())
	r.evaluating.Unlock()
	if err != nil {
		return 0, err
	}
	call := arm.Call{Method: http.MethodPut, URL: address(res.ID, res.APIVersion), Body: body}
	answer, err := r.send(ctx, call)
	if err != nil {
		return 0, err
	}
	answered()
	return answer.Status, r.core.Finish(ctx, call, answer)
}

// exists reports whether there is a resource of the id already, whatever its properties are.
func (r *run) exists(ctx context.Context, res *armtemplate.Resource) (bool, error) {
	_, err := r.send(ctx, arm.Call{Method: http.MethodGet, URL: address(res.ID, res.APIVersion)})
	if missing(err) {
		return false, nil
	}
	return err == nil, err
}

// missing reports whether an error says that there is no such resource.
func missing(err error) bool {
	refused, ok := errors.AsType[*arm.Error](err)
	return ok && refused.Status == http.StatusNotFound
}

// address is the URL of a resource or of one of its actions.
func address(path, apiVersion string) string {
	u := url.URL{Path: path, RawQuery: url.Values{"api-version": {apiVersion}}.Encode()}
	return u.String()
}

// attempts is how often a call is sent whose answer says that another time may be better; throttling does not count.
const attempts = 4

// send makes a call as the caller of the deployment. As Azure Resource Manager does, it sends a call again that was
// throttled (429), to which the service had no good answer (5xx) or to which none came. All else it returns at once.
func (r *run) send(ctx context.Context, call arm.Call) (*arm.Answer, error) {
	ctx = context.WithValue(ctx, inheritedKey{}, r.secrets.Secrets)
	for n := 1; ; n++ {
		answer, err := r.core.Do(ctx, r.caller, call)
		if err == nil {
			return answer, nil
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		wait := r.core.Faults.Settings().RetryAfter.Std()
		refused, ok := errors.AsType[*arm.Error](err)
		switch {
		case ok && refused.Status == http.StatusTooManyRequests:
			n--
			wait = retryAfter(refused.Header, time.Second)
		case n == attempts, ok && refused.Status < http.StatusInternalServerError, ok && refused.Status == http.StatusNotImplemented, !ok && !errors.Is(err, arm.ErrNoAnswer):
			return nil, err
		}
		if err := faults.Sleep(ctx, wait); err != nil {
			return nil, err
		}
	}
}

// retryAfter is how long an answer asks to wait.
func retryAfter(h http.Header, otherwise time.Duration) time.Duration {
	if d, err := time.ParseDuration(h.Get("Retry-After") + "s"); err == nil && d > 0 {
		return d
	}
	return otherwise
}

// resolver answers reference and the list functions by requests as the caller of the deployment.
func (r *run) resolver() *armtemplate.Resolver {
	return &armtemplate.Resolver{
		Reference: func(ctx context.Context, q armtemplate.ReferenceRequest) (json.RawMessage, error) {
			answer, err := r.ask(ctx, arm.Call{Method: http.MethodGet, URL: address(q.ResourceID, q.APIVersion)})
			if q.Optional && missing(err) {
				return json.RawMessage("null"), nil
			}
			return answer, err
		},
		List: func(ctx context.Context, q armtemplate.ListRequest) (json.RawMessage, error) {
			return r.ask(ctx, arm.Call{Method: http.MethodPost, URL: address(q.ResourceID+"/"+q.Function, q.APIVersion), Body: q.Body})
		},
	}
}

// ask sends what an expression asks for. Other expressions are evaluated while it waits.
func (r *run) ask(ctx context.Context, call arm.Call) (json.RawMessage, error) {
	r.evaluating.Unlock()
	defer r.evaluating.Lock()
	answer, err := r.send(ctx, call)
	if err != nil {
		return nil, err
	}
	return answer.Body, nil
}
