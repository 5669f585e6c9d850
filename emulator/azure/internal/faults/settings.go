package faults

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// Duration is a time.Duration that is written in JSON as Go writes it, "1m30s".
type Duration time.Duration

// MarshalJSON writes the duration in Go's notation.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(d).String()) }

// UnmarshalJSON reads Go's notation, such as "250ms".
func (d *Duration) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	v, err := time.ParseDuration(text)
	*d = Duration(v)
	return err
}

// Std is the duration as the standard library's type.
func (d Duration) Std() time.Duration { return time.Duration(d) }

// Settings are the emulator's switches, by the contract's names. The zero value is
// not usable; start from [Defaults].
type Settings struct {
	Latency     Latency     `json:"latency"`
	Propagation Propagation `json:"propagation"`
	// RetryAfter is what in-progress polls ask the client to wait.
	RetryAfter Duration `json:"retryAfter"`
	Throttle   Throttle `json:"throttle"`
	Quota      Quota    `json:"quota"`
	Logs       Logs     `json:"logs"`
	// RestartsOnFailureDespiteNever is how often a failed container is restarted though its group says Never: Microsoft
	// documents that the policy binds only for exit code 0.
	RestartsOnFailureDespiteNever int `json:"restartsOnFailureDespiteNever"`
	// Regions are the locations of the one subscription, in Azure's short form.
	Regions []string `json:"regions"`
}

// Latency is how long things take; all zero by default, so that tests cost nothing.
type Latency struct {
	// Operation is added to each long-running operation.
	Operation Duration `json:"operation"`
	// Place, Pull, Start, Stop and Delete are phases of a container group's life.
	Place  Duration `json:"place"`
	Pull   Duration `json:"pull"`
	Start  Duration `json:"start"`
	Stop   Duration `json:"stop"`
	Delete Duration `json:"delete"`
	// Read is added to each GET and HEAD.
	Read Duration `json:"read"`
}

// Propagation delays new facts.
type Propagation struct {
	// Directory is how long a new application, secret or service principal takes to be known outside Microsoft Graph.
	Directory Duration `json:"directory"`
	// RoleAssignment is how long a new assignment takes to give its right.
	RoleAssignment Duration `json:"roleAssignment"`
	// ManagedIdentity is how long after its start a container gets no token.
	ManagedIdentity Duration `json:"managedIdentity"`
}

// Throttle is ARM's token buckets, one of each kind for a subscription, region and
// principal: 250 reads refilled at 25 a second, 200 writes and deletes at 10
// (learn.microsoft.com, azure-resource-manager/management/request-limits-and-throttling).
type Throttle struct {
	// Enabled turns throttling on. Off, the rate limit headers are sent all the same.
	Enabled bool   `json:"enabled"`
	Reads   Refill `json:"reads"`
	Writes  Refill `json:"writes"`
	Deletes Refill `json:"deletes"`
}

// Refill is a token bucket: how many requests it holds, and how many it gets back in a second.
type Refill struct {
	Bucket    int     `json:"bucket"`
	PerSecond float64 `json:"perSecond"`
}

// Quota is ACI's limits for one region of a subscription
// (learn.microsoft.com, container-instances-resource-and-quota-limits). Usages show them in any
// case; only with Enforced is anything refused.
type Quota struct {
	ContainerGroups    int  `json:"containerGroups"`
	StandardCores      int  `json:"standardCores"`
	CreatesPerHour     int  `json:"createsPerHour"`
	CreatesPer5Minutes int  `json:"createsPer5Minutes"`
	DeletesPerHour     int  `json:"deletesPerHour"`
	DeletesPer5Minutes int  `json:"deletesPer5Minutes"`
	Enforced           bool `json:"enforced"`
}

// Logs is how much of a container's output Azure keeps: the last bytes while it runs, and the last
// bytes and lines once it has stopped.
type Logs struct {
	RunningBytes int `json:"runningBytes"`
	StoppedBytes int `json:"stoppedBytes"`
	StoppedLines int `json:"stoppedLines"`
}

// Defaults are the contract's values.
func Defaults() Settings {
	return Settings{
		RetryAfter: Duration(100 * time.Millisecond),
		Throttle: Throttle{
			Reads: Refill{250, 25}, Writes: Refill{200, 10}, Deletes: Refill{200, 10},
		},
		Quota: Quota{
			ContainerGroups: 100, StandardCores: 100,
			CreatesPerHour: 300, CreatesPer5Minutes: 100, DeletesPerHour: 300, DeletesPer5Minutes: 100,
		},
		Logs:    Logs{RunningBytes: 4 << 20, StoppedBytes: 16 << 10, StoppedLines: 1000},
		Regions: []string{"eastus", "westeurope", "northeurope", "westus2"},
	}
}

func (s Settings) clone() Settings {
	s.Regions = slices.Clone(s.Regions)
	return s
}

// patched returns the settings with the JSON object's values laid over them.
func (s Settings) patched(data []byte) (Settings, error) {
	next := s.clone()
	if err := Decode(data, &next); err != nil {
		return s, err
	}
	return next, next.validate()
}

func (s Settings) validate() error {
	if s.RetryAfter <= 0 {
		return &FieldError{Field: "retryAfter", Reason: "must be more than 0s: clients take zero as absent and wait 30s"}
	}
	for _, kind := range []Kind{Reads, Writes, Deletes} {
		if refill := s.Throttle.refill(kind); refill.Bucket < 1 || refill.PerSecond <= 0 {
			return &FieldError{Field: "throttle." + string(kind), Reason: "needs a bucket of 1 or more and perSecond above 0, else no request would ever pass"}
		}
	}
	if len(s.Regions) == 0 {
		return &FieldError{Field: "regions", Reason: "must name at least one region"}
	}
	for i, region := range s.Regions {
		if !regionName(region) {
			return &FieldError{Field: fmt.Sprintf("regions[%d]", i), Reason: fmt.Sprintf("%q is not a region's short name such as westeurope", region)}
		}
		if slices.Contains(s.Regions[:i], region) {
			return &FieldError{Field: fmt.Sprintf("regions[%d]", i), Reason: fmt.Sprintf("%q is there twice", region)}
		}
	}
	return nil
}

func regionName(s string) bool {
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') {
			return false
		}
	}
	return s != ""
}
