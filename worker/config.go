package worker

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/prefect"
)

// What a [Config] gets where its field is zero, as in Prefect's own worker.
const (
	// DefaultPoll is PREFECT_WORKER_QUERY_SECONDS.
	DefaultPoll = 10 * time.Second
	// DefaultHeartbeat is PREFECT_WORKER_HEARTBEAT_SECONDS.
	DefaultHeartbeat = 30 * time.Second
	// DefaultPrefetch is PREFECT_WORKER_PREFETCH_SECONDS, for callers that have no other wish: the zero Config.Prefetch is none.
	DefaultPrefetch = 10 * time.Second
)

// Config says which pool a [Worker] serves, and how. Prefect, Containers and Pool are required.
type Config struct {
	// Prefect is the API that has the pool.
	Prefect *prefect.Client
	// Containers makes the container groups, in its own resource group.
	Containers *aci.Client
	// ContainersFor gives the client for a run whose pool, deployment or job variables name another resource group,
	// subscription or credentials. It is called for every plan and should return the same client for the same place. Nil: all
	// runs go to Containers.
	ContainersFor func(context.Context, *jobtemplate.Plan) (*aci.Client, error)
	// ContainersNow gives the client for the place of Containers with the credentials that hold by now. It is called when Azure
	// has refused to sign Containers in. Nil: they are never replaced.
	ContainersNow func(context.Context) (*aci.Client, error)
	// Location is the region of runs that name none, and ResourceGroupID the resource group of Containers, as an ARM id. Both
	// are for messages and events; empty: not told.
	Location        string
	ResourceGroupID string

	// Pool is the work pool's name. Queues are the names of its queues to serve; nil: all.
	Pool   string
	Queues []string
	// Name is the worker's, unique in the pool, without / and %. Empty: "pacific-HOST-" and six hexadecimal digits.
	Name string
	// Type is the type that the pool must have. Empty: either of the two that Pacific serves. Another is a [*PoolTypeError].
	Type string
	// CreatePool creates the pool if it does not exist, of Type or else of [jobtemplate.TypeWorker], with BaseJobTemplate or
	// else Pacific's own.
	CreatePool      bool
	BaseJobTemplate json.RawMessage

	// Limit is how many runs may be in flight at once. Zero: no limit but those of Prefect and Azure.
	Limit int
	// Prefetch is how long before its scheduled time a run's container is started. Zero: none.
	Prefetch time.Duration
	// Poll is the time between two polls for due runs, Heartbeat between two heartbeats, which are whole seconds. Zero:
	// [DefaultPoll] and [DefaultHeartbeat].
	Poll, Heartbeat time.Duration
	// CancelPoll is the time between two looks at the server for cancelled runs; events make it look at once. Zero: as Poll.
	CancelPoll time.Duration
	// Attempts is how often the infrastructure of one run is tried, where the failure is Azure's and may pass. Zero: 3.
	Attempts int
	// RunOnce ends Run when the runs that are due at the first poll have ended, at most Limit of them at a time. One whose claim the
	// server refuses is left out.
	RunOnce bool
	// NoEvents sends no events to Prefect's event feed.
	NoEvents bool
	// Settings are Prefect's settings for the container: PREFECT_API_URL and how to sign in. Nil: those of Prefect. The
	// worker's own other settings never reach a container.
	Settings map[string]string
	// Env gives a variable of the environment for {{ $NAME }} in templates. Nil: none is set.
	Env func(string) (string, bool)

	// ForwardOutput sends the containers' output to the flow runs' logs too, but for what the flow sends by itself.
	ForwardOutput bool
	// Output gets the containers' output of runs that ask for it, each line prefixed with the run's name. Nil: nobody.
	Output io.Writer
	// Log hears what the worker does. Nil: nothing.
	Log *slog.Logger
}

// withDefaults checks the configuration and fills in what is zero.
func (c Config) withDefaults() (Config, error) {
	switch {
	case c.Prefect == nil:
		return c, errors.New("a worker needs a client of Prefect")
	case c.Containers == nil:
		return c, errors.New("a worker needs a client of Azure Container Instances")
	case c.Pool == "":
		return c, errors.New("a worker needs the name of a work pool")
	case strings.ContainsAny(c.Name, "/%"):
		return c, fmt.Errorf("worker name %q: / and %% are not allowed", c.Name)
	case c.Type != "" && c.Type != jobtemplate.TypeWorker && c.Type != jobtemplate.TypePush:
		return c, &PoolTypeError{Pool: c.Pool, Type: c.Type}
	case c.Limit < 0 || c.Prefetch < 0 || c.Poll < 0 || c.Heartbeat < 0 || c.CancelPoll < 0 || c.Attempts < 0:
		return c, errors.New("a worker's limit, times and attempts must not be negative")
	}
	if c.Name == "" {
		name, err := defaultName()
		if err != nil {
			return c, err
		}
		c.Name = name
	}
	if c.Poll == 0 {
		c.Poll = DefaultPoll
	}
	if c.Heartbeat == 0 {
		c.Heartbeat = DefaultHeartbeat
	}
	if c.CancelPoll == 0 {
		c.CancelPoll = c.Poll
	}
	if c.Attempts == 0 {
		c.Attempts = 3
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c, nil
}

// defaultName makes a name that tells people which machine a worker is on and that no other worker has.
func defaultName() (string, error) {
	host, err := os.Hostname()
	if err != nil {
		return "", fmt.Errorf("naming the worker: %w", err)
	}
	host = strings.NewReplacer("/", "-", "%", "-").Replace(host)
	random := make([]byte, 3)
	rand.Read(random) // never fails
	return "pacific-" + host + "-" + hex.EncodeToString(random), nil
}
