package prefectemulator

import (
	"log/slog"
	"net/http"
	"sync"

	"github.com/pacific-aci/pacific/emulator/internal/serve"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/blocks"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/concurrency"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/events"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/flowdata"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/jinja"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/orchestration"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/runs"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/work"
)

// URL is the API's address for a client that has [Server.Transport]: any host would do.
const URL = "http://prefect.local" + api.Prefix

// Version is the release that the API says it is, and whose behaviour it has.
const Version = "3.9.1"

// Options of a server. The zero value asks for no sign-in, as a server without settings does.
type Options struct {
	// AuthString is user:password, as PREFECT_SERVER_API_AUTH_STRING; empty asks for none.
	AuthString string
	// CSRF asks for a CSRF token with each write, as PREFECT_SERVER_CSRF_PROTECTION_ENABLED.
	CSRF bool
	// Log gets what the API has to say about itself; nil discards.
	Log *slog.Logger
}

// Server is a Prefect API. Make it with NewServer; Close it.
type Server struct {
	router    *api.Router
	inProcess *serve.InProcess
	services  *orchestration.Services
	// calls are those in flight, websockets among them.
	calls *serve.Calls
	once  sync.Once
}

// NewServer makes a server with nothing in it but the block types that a server of 3.x has from its start.
func NewServer(o Options) (*Server, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{calls: serve.NewCalls()}
	d := db.New()
	rules := orchestration.New(d)
	s.services = orchestration.NewServices(rules, o.Log)
	s.router = api.NewRouter(api.Options{Lock: d, AuthString: o.AuthString, CSRF: o.CSRF, Before: s.services.Look, Log: o.Log})
	s.registerHealth()
	if err := blocks.Register(s.router, d); err != nil {
		return nil, err
	}
	work.Register(s.router, d)
	runs.Register(s.router, d, rules)
	rules.Register(s.router)
	concurrency.Register(s.router, d)
	events.Register(s.router, d)
	flowdata.Register(s.router, d)
	jinja.Register(s.router)
	s.inProcess = serve.NewInProcess(s, o.Log)
	return s, nil
}

// registerHealth adds what reports whether and which server this is.
func (s *Server) registerHealth() {
	s.router.Handle("GET /health", func(*api.Request) (api.Reply, error) { return api.OK(true) })
	s.router.Handle("GET /ready", func(*api.Request) (api.Reply, error) { return api.OK(map[string]string{"message": "OK"}) })
	s.router.Handle("GET /hello", func(*api.Request) (api.Reply, error) { return api.OK("👋") })
	s.router.Handle("GET /version", func(*api.Request) (api.Reply, error) { return api.OK(api.Version) })
	s.router.Handle("GET /admin/version", func(*api.Request) (api.Reply, error) { return api.OK(Version) })
}

// ServeHTTP answers a call; after Close it breaks the connection off.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.calls.Serve(w, r, s.router.ServeHTTP) {
		panic(http.ErrAbortHandler)
	}
}

// Transport returns a transport whose every connection, to whichever host, ends in this server, with pipes in place of a
// network: websockets and dropped connections are as on one. It ends with the server.
func (s *Server) Transport() http.RoundTripper { return s.inProcess.Transport() }

// Close ends every connection and all background work, and waits for them. Idempotent; its error is always nil.
func (s *Server) Close() error {
	s.once.Do(func() {
		s.calls.End()
		s.inProcess.Stop()
		s.calls.Wait()
		s.inProcess.Wait()
		s.services.Close()
	})
	return nil
}
