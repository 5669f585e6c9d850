package containers

import "time"

// ACI's limits that cannot be raised
// (learn.microsoft.com/azure/container-instances/container-instances-resource-and-quota-limits).
const (
	maxContainers = 60
	maxVolumes    = 20
	maxPorts      = 5
	maxCPU        = 31.0  // cores of a group
	maxMemoryGB   = 240.0 // of a group
	// What the capabilities of a location say (recorded); a group may not have quite as much.
	shownMaxCPU = 32.0
	shownMaxGB  = 256.0
	minGroupCPU = 1.0 // a single container may be smaller
	minGroupGB  = 1.0
	maxSpotCPU  = 4.0
	maxSpotGB   = 16.0
)

// provisioningTimeout is how long Azure tries to bring a group up before its
// provisioning has failed (real replies say provisioningTimeoutInSeconds 1800). The
// group goes on trying.
const provisioningTimeout = 30 * time.Minute

// defaultStopGrace is the time between SIGTERM and SIGKILL of a stop or restart. ACI has no
// setting for it; this is Kubernetes' default.
const defaultStopGrace = 30 * time.Second

// The back-off between restarts is a kubelet's: the first restart follows at once, the next ones
// after waits that double. A container that ran for ten minutes begins anew.
const (
	backOffFirst = 10 * time.Second
	backOffMost  = 5 * time.Minute
	backOffReset = 10 * time.Minute
)

// namespace, groupType and apiVersions are what the core must know of container groups.
const (
	namespace        = "Microsoft.ContainerInstance"
	groupType        = namespace + "/containerGroups"
	operationVersion = "2018-06-01" // of ACI's poll URLs, whatever the client sent (recorded)
)

var apiVersions = []string{"2025-09-01", "2024-11-01-preview", "2024-10-01-preview", "2024-09-01-preview", "2024-05-01-preview",
	"2023-05-01", "2023-02-01-preview", "2022-10-01-preview", "2022-09-01", "2021-10-01", "2021-09-01", "2021-07-01",
	"2021-03-01", "2020-11-01", "2019-12-01", "2018-10-01", "2018-09-01", "2018-06-01", "2018-04-01",
	"2018-02-01-preview", "2017-12-01-preview", "2017-10-01-preview", "2017-08-01-preview"}
