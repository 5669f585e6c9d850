package aci

import "strings"

// ACI tells three kinds of state, and they are easily taken for one another.
//
//	provisioning state  of the group's definition   properties.provisioningState
//	group state         of the group as a whole     properties.instanceView.state
//	run state           of one container            containers[].properties.instanceView.currentState.state
//
// The provisioning state says how far ACI got with making the group what its definition says; it says nothing about
// the program inside. Microsoft's page "Azure Container Instances states"
// (learn.microsoft.com/azure/container-instances/container-state) has the list, and says that only Succeeded and
// Failed may be relied on: the others are what ACI does at the moment, may be skipped, and may come back.
// A job's end is a run state, and nothing else: Terminated, with its exit code. Lists of groups have no instance
// view, so that the last two are only in the answer to a GET of one group, and even there not at first.

// A ProvisioningState is how far ACI got with making a container group what its definition says.
type ProvisioningState string

// The provisioning states. Real answers hold others now and then; only the first two are facts.
const (
	// ProvisioningSucceeded: the group is what its definition says, and its containers were started. They may still
	// run, or have ended, well or badly.
	ProvisioningSucceeded ProvisioningState = "Succeeded"
	// ProvisioningFailed: ACI gave up, after 30 minutes at the latest: no room, no quota, no image, no network. It does
	// not stop the group, which may go on trying, and billing, until it is deleted.
	ProvisioningFailed ProvisioningState = "Failed"

	// ProvisioningPending: ACI has the definition and looks for a machine.
	ProvisioningPending ProvisioningState = "Pending"
	// ProvisioningCreating: a machine was found; images are pulled and containers made.
	ProvisioningCreating ProvisioningState = "Creating"
	// ProvisioningUnhealthy: something is wrong on the platform's side, such as a machine that is down. ACI tries to
	// repair it by itself; it is no end.
	ProvisioningUnhealthy ProvisioningState = "Unhealthy"
	// ProvisioningRepairing: ACI repairs the group after Unhealthy. A container may run again from its beginning.
	ProvisioningRepairing ProvisioningState = "Repairing"
)

// Terminal reports whether ACI is done, one way or the other: the only two states to rely on.
func (s ProvisioningState) Terminal() bool {
	return s.is(ProvisioningSucceeded) || s.is(ProvisioningFailed)
}

// Failed reports that ACI gave up on the group; it must be deleted.
func (s ProvisioningState) Failed() bool { return s.is(ProvisioningFailed) }

// is compares as Azure does, which writes its states in one case and promises none.
func (s ProvisioningState) is(other ProvisioningState) bool {
	return strings.EqualFold(string(s), string(other))
}

// A GroupState is what a container group does as a whole. It sums up its containers, side-cars among them, so that it
// says less about a job than the run state of its main container.
type GroupState string

// The group states.
const (
	// GroupPending: the group is being prepared: volumes are mounted, init containers run.
	GroupPending GroupState = "Pending"
	// GroupRunning: the group runs, and goes on until its restart policy or somebody ends it.
	GroupRunning GroupState = "Running"
	// GroupSucceeded: all containers ended with exit code 0, and none is started again.
	GroupSucceeded GroupState = "Succeeded"
	// GroupFailed: it did not run to its end, through the program's fault or the platform's (a volume's wrong key).
	GroupFailed GroupState = "Failed"
	// GroupStopped: somebody stopped the group. It can be started again, on another machine and from the beginning.
	GroupStopped GroupState = "Stopped"
)

// Ended reports that no container of the group runs or will.
func (s GroupState) Ended() bool { return s.Succeeded() || s.Failed() || s.Stopped() }

// Succeeded reports that all containers ended with exit code 0.
func (s GroupState) Succeeded() bool { return strings.EqualFold(string(s), string(GroupSucceeded)) }

// Failed reports that the group did not run to its end.
func (s GroupState) Failed() bool { return strings.EqualFold(string(s), string(GroupFailed)) }

// Stopped reports that somebody stopped the group.
func (s GroupState) Stopped() bool { return strings.EqualFold(string(s), string(GroupStopped)) }

// A RunState is what one container does. It is empty as long as ACI has not made the container.
type RunState string

// The run states.
const (
	// RunWaiting: the container is not there yet, or waits between two starts (detailStatus says for what).
	RunWaiting RunState = "Waiting"
	// RunRunning: its program runs.
	RunRunning RunState = "Running"
	// RunTerminated: its program ended, with an exit code, a finish time and a detailStatus (Completed, Error).
	RunTerminated RunState = "Terminated"
)

// Terminated reports that the container's program ended. With another restart policy than Never, and even with it
// when the exit code is not 0, the platform may start it again.
func (s RunState) Terminated() bool { return strings.EqualFold(string(s), string(RunTerminated)) }

// Waiting reports that the container's program does not run yet, or not now. An empty state is that of a container that
// ACI has not made yet.
func (s RunState) Waiting() bool { return s == "" || strings.EqualFold(string(s), string(RunWaiting)) }

// Running reports that the container's program runs.
func (s RunState) Running() bool { return strings.EqualFold(string(s), string(RunRunning)) }
