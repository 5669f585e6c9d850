package arm

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// maxRecords bounds the request log; the oldest go first.
const maxRecords = 10_000

// maxField bounds what a client can put into a record: a query of real Azure's poll addresses is over 3 KB, and ten
// thousand records of a server's longest headers would be most of a gigabyte.
const maxField = 4 << 10

// Record is one call in the request log. It never holds a body, a header's secret or a
// query's.
type Record struct {
	// Seq counts from 1, in the order in which the answers began.
	Seq  int64     `json:"seq"`
	Time time.Time `json:"time"`
	// Method, Host, Path and Query as the client sent them; secret values in the query and the
	// identity endpoint's path are REDACTED, and what is over 4 KB is cut, with an ellipsis.
	Method string `json:"method"`
	Host   string `json:"host"`
	Path   string `json:"path"`
	Query  string `json:"query"`
	// Operation is an operationId, or empty.
	Operation string `json:"operation"`
	// Status is the HTTP status; 0 for a call that got no answer.
	Status int `json:"status"`
	// Principal is the caller's application id, or object id; empty when not known.
	Principal string `json:"principal"`
	// Client is the User-Agent, and the az command where az names it.
	Client string `json:"client"`
	// DurationMs is until the answer began.
	DurationMs float64 `json:"durationMs"`
}

// RequestLog remembers the last calls on all hosts. Make it with [NewRequestLog].
type RequestLog struct {
	mu      sync.Mutex
	seq     int64
	records []Record
}

// NewRequestLog returns an empty log.
func NewRequestLog() *RequestLog { return &RequestLog{} }

// After returns the records whose Seq is greater than seq, oldest first.
func (l *RequestLog) After(seq int64) []Record {
	l.mu.Lock()
	defer l.mu.Unlock()
	first := l.seq - int64(len(l.records)) + 1
	from := min(max(seq+1-first, 0), int64(len(l.records)))
	return append([]Record{}, l.records[from:]...)
}

func (l *RequestLog) add(r Record) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seq++
	r.Seq = l.seq
	if len(l.records) >= maxRecords {
		l.records = append(l.records[:0:0], l.records[maxRecords/10:]...)
	}
	l.records = append(l.records, r)
}

// entry is a call on its way: the ResponseWriter that enters it into the log when its
// answer begins. Before, not after: a client that has read the answer must find the call there.
type entry struct {
	http.ResponseWriter
	log     *RequestLog
	record  Record
	entered bool
}

type entryKey struct{}

// begin starts the entry of a call. The returned request carries it for [NotePrincipal].
func (l *RequestLog) begin(w http.ResponseWriter, r *http.Request) (*entry, *http.Request) {
	client := r.UserAgent()
	if command := r.Header.Get("CommandName"); command != "" {
		client += " (az " + command + ")" // az names its command; nobody else does
	}
	e := &entry{ResponseWriter: w, log: l, record: Record{
		Time: time.Now().UTC(), Method: field(r.Method), Host: field(r.Host), Path: field(redactPath(r.URL.Path)),
		Query: field(redactQuery(r.URL.RawQuery)), Client: field(client),
	}}
	return e, r.WithContext(context.WithValue(r.Context(), entryKey{}, e))
}

// field is a copy, because a part of a request line keeps all of it in memory.
func field(s string) string {
	if len(s) > maxField {
		return strings.ToValidUTF8(s[:maxField], "") + "…"
	}
	return strings.Clone(s)
}

// NotePrincipal tells the request log who makes the call that ctx belongs to; for the
// handlers of [Core.HandleHost], whose callers the core does not know.
func NotePrincipal(ctx context.Context, name string) {
	if e, ok := ctx.Value(entryKey{}).(*entry); ok {
		e.record.Principal = name
	}
}

func (e *entry) enter(status int) {
	if e.entered {
		return
	}
	e.entered = true
	e.record.Status = status
	e.record.DurationMs = float64(time.Since(e.record.Time).Microseconds()) / 1000
	e.log.add(e.record)
}

// WriteHeader enters the call, then begins the answer.
func (e *entry) WriteHeader(status int) {
	if status >= 200 {
		e.enter(status)
	}
	e.ResponseWriter.WriteHeader(status)
}

// Write begins a 200 if nothing has begun.
func (e *entry) Write(p []byte) (int, error) {
	e.enter(http.StatusOK)
	return e.ResponseWriter.Write(p)
}

// Hijack enters the call as an upgrade and hands over the connection.
func (e *entry) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	e.enter(http.StatusSwitchingProtocols)
	return http.NewResponseController(e.ResponseWriter).Hijack()
}

// Flush sends what is buffered.
func (e *entry) Flush() { _ = http.NewResponseController(e.ResponseWriter).Flush() }

// Unwrap is for http.ResponseController.
func (e *entry) Unwrap() http.ResponseWriter { return e.ResponseWriter }

const redacted = "REDACTED"

// redactPath hides the identity header, which is the second segment of /msi/HEADER/metadata/…
func redactPath(path string) string {
	rest, ok := strings.CutPrefix(path, "/msi/")
	if !ok || rest == "" || rest == "token" {
		return path
	}
	header, tail, more := strings.Cut(rest, "/")
	if header == "" || !more { // the header may stand anywhere
		return "/msi/" + redacted
	}
	return "/msi/" + redacted + "/" + tail
}

func redactQuery(raw string) string {
	if raw == "" {
		return ""
	}
	pairs := strings.Split(raw, "&")
	for i, pair := range pairs {
		name, _, _ := strings.Cut(pair, "=")
		if decoded, err := url.QueryUnescape(name); err != nil || secretName(decoded) {
			pairs[i] = name + "=" + redacted
		}
	}
	return strings.Join(pairs, "&")
}

func secretName(name string) bool {
	name = strings.ToLower(name)
	if name == "$skiptoken" {
		return false
	}
	for _, word := range []string{"secret", "password", "token", "sig", "code", "key", "auth", "assertion", "credential"} {
		if strings.Contains(name, word) && name != "authorization_endpoint" {
			return true
		}
	}
	return false
}
