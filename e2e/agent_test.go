//go:build e2e

package e2e

import (
	"context"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/pacific-aci/pacific/prefect"
)

// agentSide is a work queue of agents on a real 2.20 server, with the demo's blocks for this side's local Azure. All names
// are its own.
type agentSide struct {
	*workerSide
	queue string
	job   prefect.ID
}

// newAgentSide saves the demo's credentials block and its job block, as the demo's scripts do.
func newAgentSide(t *testing.T) *agentSide {
	t.Helper()
	s := &agentSide{workerSide: newWorkerSide(t, prefect2)}
	name := strings.Replace(s.pool, "e2e-worker", "armaci", 1)
	s.queue = name
	s.env = append(s.env, "PREFECT_AGENT_QUERY_INTERVAL=1")
	credentials := s.save(name+"-sp", &prefect.AzureContainerInstanceCredentials{TenantID: s.values["AZURE_TENANT_ID"],
		ClientID: s.values["AZURE_CLIENT_ID"], ClientSecret: prefect.SecretStr(s.values["AZURE_CLIENT_SECRET"])})
	s.job = s.save(name, &prefect.AzureContainerInstanceJob{Name: "aci", CPU: 1, Memory: 1, TaskStartTimeoutSeconds: new(480), StreamOutput: new(true),
		Image: "radbrt/orion_aci_base:latest", SubscriptionID: prefect.SecretStr(s.values["AZURE_SUBSCRIPTION_ID"]), ResourceGroupName: "e2e-worker",
		ACICredentials: prefect.Nested[prefect.AzureContainerInstanceCredentials]{DocumentID: credentials}})
	t.Cleanup(func() {
		if queue, err := s.client.AgentQueueByName(context.Background(), s.queue); err == nil {
			_ = s.client.DeleteAgentQueue(context.Background(), queue.ID)
		}
	})
	return s
}

// deploy deploys flows of testdata/worker as Prefect 2 does: with a folder, the queue and the block.
func (s *agentSide) deploy(overrides map[string]any, flows ...string) {
	s.t.Helper()
	folder, err := filepath.Abs("testdata/worker")
	if err != nil {
		s.t.Fatal(err)
	}
	for _, name := range flows {
		s.retry("deploying "+name, func() error {
			flow, err := s.client.CreateFlow(s.ctx, prefect.FlowCreate{Name: name})
			if err != nil {
				return err
			}
			made, err := s.client.CreateDeployment(s.ctx, prefect.DeploymentCreate{Name: name + "-" + s.queue, FlowID: flow.ID, WorkQueueName: s.queue,
				InfrastructureDocumentID: s.job, Path: folder, Entrypoint: "flows.py:" + name, JobVariables: overrides})
			s.deployments[name] = made.ID
			return err
		})
	}
}

// TestAgent has Pacific's agent serve the demo's queue on a real 2.20 server: a flow that succeeds, with overrides of the
// block, and one that fails. Then the agent is killed. A second one sees to the end a flow and a container that nobody
// inside reports, and cancels a run that nobody inside ends.
func TestAgent(t *testing.T) {
	seconds(t)
	s := newAgentSide(t)
	s.deploy(map[string]any{"cpu": 2, "env.E2E_NAME": "armaci"}, "greets")
	s.deploy(nil, "fails", "waits")
	first := s.launch("agent", "start", "-q", s.queue)
	greets := s.run("greets", prefect.DeploymentFlowRunCreate{})
	fails := s.run("fails", prefect.DeploymentFlowRunCreate{})
	s.await(greets, "Completed")
	s.awaitLog(greets, "hello armaci")
	s.awaitLog(greets, "adding 2 and 3")
	s.await(fails, "Failed")
	s.awaitNoGroups()
	if !strings.Contains(first.out.String(), "hello armaci") {
		t.Error("the agent does not show the container's output")
	}

	long := s.run("waits", prefect.DeploymentFlowRunCreate{Parameters: map[string]any{"seconds": 15}})
	s.await(long, "Running")
	crashes := s.runShell("echo first words; sleep 5; echo last words; exit 3")
	s.awaitOutput(first, "first words")
	first.signal(syscall.SIGKILL)
	second := s.launch("agent", "start", "-q", s.queue)
	cancelled := s.runShell("echo never ends; exec sleep 600")
	s.awaitOutput(second, "never ends")
	s.retry("cancelling", func() error {
		_, err := s.client.SetFlowRunState(s.ctx, cancelled, prefect.State{Type: prefect.StateCancelling})
		return err
	})
	s.await(cancelled, "Cancelled")
	if crash := s.await(crashes, "Crashed"); !strings.Contains(crash.Message, "exit code 3") {
		t.Errorf("the crash says %q, want its exit code", crash.Message)
	}
	s.awaitLog(crashes, "last words")
	s.await(long, "Completed")
	s.awaitLog(long, "waited")
	// The first agent's containers stay for a minute after their end, in case it lives.
	s.until("no container group is left", func() bool { return len(s.groups()) == 0 })
	second.stop()
}

// runShell asks for a run whose container runs a shell command instead of its flow.
func (s *agentSide) runShell(command string) prefect.ID {
	s.t.Helper()
	return s.run("waits", prefect.DeploymentFlowRunCreate{JobVariables: map[string]any{"command": []string{"sh", "-c", command}}})
}

// awaitOutput waits until an agent shows a line of a container, which then runs.
func (s *agentSide) awaitOutput(agent *workerProcess, line string) {
	s.t.Helper()
	s.until("the agent shows "+line, func() bool { return strings.Contains(agent.out.String(), "| "+line+"\n") })
}
