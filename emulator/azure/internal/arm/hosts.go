package arm

import (
	"net/http"
	"strings"

	"github.com/pacific-aci/pacific/emulator/azure/internal/faults"
)

// HostService is another host than ARM's, served through the core's request log and faults. Errors that a fault demands
// have ARM's shape.
type HostService struct {
	// Pattern is a host name, or *.suffix for all names below it.
	Pattern string
	Handler http.Handler
	// Operation names a call for the log and the faults; nil names none.
	Operation func(*http.Request) string
	// Serves reports whether a host that matches the pattern is there; nil: all are.
	Serves func(host string) bool
	// LargeBodies takes request bodies of any size, where others end at ARM's 4 MB.
	LargeBodies bool
}

// AddHost serves another host. It is called before the core serves.
func (c *Core) AddHost(h HostService) {
	h.Pattern = strings.ToLower(h.Pattern)
	c.hosts = append(c.hosts, h)
}

// HandleHost is [Core.AddHost] for a host without particulars.
func (c *Core) HandleHost(pattern string, h http.Handler, operation func(*http.Request) string) {
	c.AddHost(HostService{Pattern: pattern, Handler: h, Operation: operation})
}

// Host finds the handler of a host that [Core.AddHost] added for a request's Host (its port does not count).
func (c *Core) Host(hostport string) (http.Handler, bool) {
	host := HostName(hostport)
	for _, route := range c.hosts {
		suffix, wild := strings.CutPrefix(route.Pattern, "*")
		if (host == route.Pattern || wild && strings.HasSuffix(host, suffix)) && (route.Serves == nil || route.Serves(host)) {
			return c.watched(route), true
		}
	}
	return nil, false
}

// Watched puts a handler behind the request log and the faults.
func (c *Core) Watched(h http.Handler, operation func(*http.Request) string) http.Handler {
	return c.watched(HostService{Handler: h, Operation: operation})
}

func (c *Core) watched(h HostService) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
		e, hr := c.Requests.begin(w, hr)
		r := &Request{Request: hr, core: c}
		if h.Operation != nil {
			r.Operation.ID = h.Operation(hr)
			e.record.Operation = r.Operation.ID
		}
		defer c.recovered(e, r)
		if !h.LargeBodies && hr.ContentLength > maxBody {
			c.reply(e, r, nil, tooLarge())
			return
		}
		if !h.LargeBodies {
			hr.Body = http.MaxBytesReader(e, hr.Body, maxBody)
		}
		r.Fault = c.Faults.Fault(faults.Call{Operation: r.Operation.ID, Method: r.Method, Host: HostName(r.Host), Path: r.URL.Path})
		out := http.ResponseWriter(e)
		if r.Fault.ApplyFirst {
			out = &lost{header: http.Header{}}
		}
		_, err := withFault(hr.Context(), r.Fault, func() (struct{}, error) {
			h.Handler.ServeHTTP(out, hr)
			return struct{}{}, nil
		})
		if err != nil {
			c.reply(e, r, nil, err)
		} else if !e.entered {
			e.enter(http.StatusOK) // net/http sends this for a handler that wrote nothing
		}
	})
}

// lost takes an answer that a fault keeps from the client.
type lost struct{ header http.Header }

func (l *lost) Header() http.Header         { return l.header }
func (l *lost) Write(p []byte) (int, error) { return len(p), nil }
func (l *lost) WriteHeader(int)             {}

// HostName is a request's Host in lower case, without port, brackets and a final dot.
func HostName(hostport string) string {
	host := strings.ToLower(hostport)
	if i := strings.LastIndexByte(host, ':'); i > strings.LastIndexByte(host, ']') && (host[0] == '[' || !strings.Contains(host[:i], ":")) {
		host = host[:i]
	}
	return strings.TrimSuffix(strings.Trim(host, "[]"), ".")
}
