package image

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/azure"
)

const (
	// maxAsked bounds how long one request waits because its registry asks for it.
	maxAsked = 2 * time.Minute
	// maxResumed is how often a download is resumed that gets no byte further, and resumePause the pause before it.
	maxResumed  = 3
	resumePause = time.Second
)

// lasting does what go-containerregistry, which repeats a refused request twice within four seconds, leaves open: it sends a
// body from its beginning each time, waits as long as a registry asks for, and resumes a download whose connection is lost.
type lasting struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (t lasting) RoundTrip(r *http.Request) (*http.Response, error) {
	for waited := time.Duration(0); ; {
		answer, err := t.send(r)
		if err != nil {
			return nil, err
		}
		pause := askedPause(answer)
		mayRepeat := r.Body == nil || r.Body == http.NoBody || r.GetBody != nil
		if waited += pause; pause == 0 || waited > maxAsked || !mayRepeat {
			return t.resumable(r, answer), nil
		}
		_ = answer.Body.Close()
		if err := azure.Sleep(r.Context(), pause); err != nil {
			return nil, err
		}
	}
}

// send sends a body from its beginning: go-containerregistry sends a request that was refused again as it is, to see whether
// a new token helps, and would otherwise end in a broken connection instead of the refusal.
func (t lasting) send(r *http.Request) (*http.Response, error) {
	if r.GetBody == nil {
		return t.next.RoundTrip(r)
	}
	body, err := r.GetBody()
	if err != nil {
		return nil, err
	}
	again := r.Clone(r.Context())
	again.Body = body
	if r.Body != nil {
		_ = r.Body.Close()
	}
	return t.next.RoundTrip(again)
}

// askedPause is how long a registry that is busy asks to wait; 0 if it is not, or does not say.
func askedPause(answer *http.Response) time.Duration {
	switch answer.StatusCode {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return azure.RetryAfter(answer.Header, time.Now())
	}
	return 0
}

// resumable makes a download go on where it was lost.
func (t lasting) resumable(r *http.Request, answer *http.Response) *http.Response {
	if r.Method == http.MethodGet && answer.StatusCode == http.StatusOK && answer.ContentLength > 0 {
		answer.Body = &download{transport: t, request: r, body: answer.Body, size: answer.ContentLength}
	}
	return answer
}

// download is a body that is read further by other requests if its connection is lost. Whether it is still the same content is
// seen by its digest.
type download struct {
	transport lasting
	request   *http.Request
	body      io.ReadCloser
	at, size  int64
	resumed   int // since the last byte
}

// Read implements io.Reader.
func (d *download) Read(p []byte) (int, error) {
	for {
		n, err := d.body.Read(p)
		d.at += int64(n)
		if n > 0 {
			d.resumed = 0
		}
		switch {
		case err == nil, d.at >= d.size:
			return n, err
		case n > 0:
			return n, nil // the next call sees the error again, or resumes
		case d.request.Context().Err() != nil || d.resumed == maxResumed:
			return 0, unexpected(err)
		}
		d.resumed++
		d.resume()
	}
}

// unexpected is the error of a body that ends too early.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// resume asks for the rest. If it does not get it, the old body gives its error again.
func (d *download) resume() {
	ctx := d.request.Context()
	if azure.Sleep(ctx, resumePause) != nil {
		return
	}
	rest := d.request.Clone(ctx)
	rest.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", d.at, d.size-1))
	answer, err := d.transport.send(rest)
	if err != nil {
		return
	}
	isRest := answer.StatusCode == http.StatusPartialContent && strings.HasPrefix(answer.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-", d.at))
	if answer.StatusCode == http.StatusOK { // a registry that knows no ranges, or not of this
		_, err := io.CopyN(io.Discard, answer.Body, d.at)
		isRest = err == nil
	}
	if !isRest {
		_ = answer.Body.Close()
		return
	}
	_ = d.body.Close()
	d.body = answer.Body
}

// Close implements io.Closer.
func (d *download) Close() error { return d.body.Close() }
