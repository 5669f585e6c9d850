package worker

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/prefect"
)

// DefaultAgentPoll is PREFECT_AGENT_QUERY_INTERVAL, and DefaultAgentPrefetch PREFECT_AGENT_PREFETCH_SECONDS, for callers that
// have no other wish: the zero AgentConfig.Prefetch is none.
const (
	DefaultAgentPoll     = 15 * time.Second
	DefaultAgentPrefetch = 15 * time.Second
)

// TagQueueID is the tag with the id of the work queue that an agent took the run from. By it an agent finds the groups of its
// queues, and of no other server's.
const TagQueueID = aci.TagPrefix + "work-queue-id"

// ownerFirst is how long an agent leaves the end of a group that it took over to the agent that made it, which may live.
const ownerFirst = time.Minute

// AgentConfig says which queues an [Agent] serves, and how. Prefect, Containers and one of Queues, Prefixes and Pool are
// required.
type AgentConfig struct {
	// Prefect is the API that has the queues: of 2.20, or of 3.x, which still serves agents.
	Prefect *prefect.Client
	// Containers and ContainersFor are as in [Config].
	Containers    *aci.Client
	ContainersFor func(context.Context, *jobtemplate.Plan) (*aci.Client, error)
	// Queues are names of queues; those that do not exist are made. Prefixes serve every queue whose name begins with one of
	// them. Only one of the two may be given. Pool is a work pool of type prefect-agent whose queues these are; with neither
	// of the two, all of its queues are served. Empty: the server's default-agent-pool.
	Queues   []string
	Prefixes []string
	Pool     string
	// Limit, Prefetch, Poll, RunOnce, Settings, Env, Output, ForwardOutput and Log are as in [Config]. Zero Poll:
	// [DefaultAgentPoll].
	Limit          int
	Prefetch, Poll time.Duration
	RunOnce        bool
	Settings       map[string]string
	Env            func(string) (string, bool)
	Output         io.Writer
	ForwardOutput  bool
	Log            *slog.Logger
}

// An Agent serves work queues as an agent of Prefect 2 does: the deployments of its runs name a block of type
// azure-container-instance-job. Make it with [NewAgent]. Run may be called once; Status at any time.
//
// It runs each run as a [Worker] does. Where a worker's heartbeat tells the others that it lives, an agent has none: every
// agent watches all groups of its queues, and leaves an end that is not its own to the other agent for a minute.
type Agent struct {
	worker *Worker
}

// NewAgent checks the configuration. It sends nothing.
func NewAgent(cfg AgentConfig) (*Agent, error) {
	switch {
	case len(cfg.Queues) > 0 && len(cfg.Prefixes) > 0:
		return nil, errors.New("an agent serves named queues or those with a prefix, not both")
	case len(cfg.Queues) == 0 && len(cfg.Prefixes) == 0 && cfg.Pool == "":
		return nil, errors.New("an agent needs a queue, a prefix of queues or a work pool")
	case slices.Contains(cfg.Queues, "") || slices.Contains(cfg.Prefixes, ""):
		return nil, errors.New("the name of an agent's queue is empty")
	}
	pool := cfg.Pool
	if pool == "" {
		pool = DefaultAgentPool
	}
	if cfg.Poll == 0 {
		cfg.Poll = DefaultAgentPoll
	}
	w, err := New(Config{
		Prefect: cfg.Prefect, Containers: cfg.Containers, ContainersFor: cfg.ContainersFor, Pool: pool, Limit: cfg.Limit, Prefetch: cfg.Prefetch,
		Poll: cfg.Poll, RunOnce: cfg.RunOnce, NoEvents: true, Settings: cfg.Settings, Env: cfg.Env, Output: cfg.Output,
		ForwardOutput: cfg.ForwardOutput, Log: cfg.Log,
	})
	if err != nil {
		return nil, err
	}
	w.queues = &agentQueues{client: cfg.Prefect, log: w.cfg.Log, names: cfg.Queues, prefixes: cfg.Prefixes, pool: cfg.Pool}
	return &Agent{w}, nil
}

// DefaultAgentPool is the pool that the server puts queues of agents in.
const DefaultAgentPool = "default-agent-pool"

// Name is the agent's name in its messages.
func (a *Agent) Name() string { return a.worker.Name() }

// Run serves the queues until ctx ends, as [Worker.Run] does. The errors are final: one that wraps [ErrPoolNotFound], a
// [*PoolTypeError], or a [*prefect.Error] for a key that is wrong or may not do this.
func (a *Agent) Run(ctx context.Context) error { return a.worker.Run(ctx) }

// Status is a snapshot of what the agent does.
func (a *Agent) Status() Status { return a.worker.Status() }
