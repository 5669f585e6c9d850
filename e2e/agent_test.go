//go:build e2e

package e2e

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/pacific-aci/pacific/prefect"
)

// agentSide is a work queue of agents on a real server, with the demo's three blocks: credentials and job for this side's
// local Azure, and storage that has the flows. All names are its own.
type agentSide struct {
	*workerSide
	queue        string
	job, storage prefect.ID
}

// newAgentSide uploads the flows and saves the blocks, as the demo's scripts do. A 3.x server has no class for the demo's
// type of storage, and keeps the flows in a block of prefect-azure.
func newAgentSide(t *testing.T, on server, image string, flags ...string) *agentSide {
	t.Helper()
	s := &agentSide{workerSide: newWorkerSide(t, on, flags...)}
	name := strings.Replace(s.pool, "e2e-worker", "armaci", 1)
	s.queue = name
	s.env = append(s.env, "PREFECT_AGENT_QUERY_INTERVAL=1")
	credentials := s.save(name+"-sp", &prefect.AzureContainerInstanceCredentials{TenantID: s.values["AZURE_TENANT_ID"],
		ClientID: s.values["AZURE_CLIENT_ID"], ClientSecret: prefect.SecretStr(s.values["AZURE_CLIENT_SECRET"])})
	s.job = s.save(name, &prefect.AzureContainerInstanceJob{Name: "aci", CPU: 1, Memory: 1, TaskStartTimeoutSeconds: new(480), StreamOutput: new(true),
		Image: image, SubscriptionID: prefect.SecretStr(s.values["AZURE_SUBSCRIPTION_ID"]), ResourceGroupName: "e2e-worker",
		ACICredentials: prefect.Nested[prefect.AzureContainerInstanceCredentials]{DocumentID: credentials}})
	if on.major == 2 {
		s.newBlobContainer("")
		s.storage = s.save(name, &prefect.AzureStorage{BucketPath: s.pool + "/flows", ConnectionString: prefect.SecretStr(s.blobStorage())})
	} else {
		s.newBlobContainer("flows", "flows.py")
		s.storage, _ = s.saveContainer(name, "flows")
	}
	t.Cleanup(func() {
		if queue, err := s.client.AgentQueueByName(context.Background(), s.queue); err == nil {
			_ = s.client.DeleteAgentQueue(context.Background(), queue.ID)
		}
	})
	return s
}

// build has Prefect 2's own command line upload the flows, and deploy one of them, as the demo does.
func (s *agentSide) build(flow string, overrides ...string) {
	s.t.Helper()
	folder := s.t.TempDir()
	text, err := os.ReadFile("testdata/worker/flows.py")
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, "flows.py"), text, 0o600)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	args := []string{"-C", folder, filepath.Join(filepath.Dir(s.python), "prefect"), "deployment", "build", "flows.py:" + flow, "--name", s.queue,
		"--work-queue", s.queue, "--storage-block", "azure/" + s.queue, "--infra-block", "azure-container-instance-job/" + s.queue, "--apply"}
	for _, o := range overrides {
		args = append(args, "--override", o)
	}
	s.do(0, "env", args...)
	s.retry("reading the deployment", func() error {
		made, err := s.client.DeploymentByName(s.ctx, flow, s.queue)
		s.deployments[flow] = made.ID
		return err
	})
}

// deploy deploys flows that are in the storage, as Prefect 2 does: with the queue and the blocks.
func (s *agentSide) deploy(overrides map[string]any, flows ...string) {
	s.t.Helper()
	for _, name := range flows {
		s.deployWith(name, prefect.DeploymentCreate{WorkQueueName: s.queue, InfrastructureDocumentID: s.job, StorageDocumentID: s.storage, JobVariables: overrides})
	}
}

// TestAgent has Pacific's agent serve the demo's queue on a real 2.20 server, with real containers that load their flows from
// Azurite: one that succeeds, with overrides of the block, and one that fails. Then the agent is killed. A second one sees to
// the end a flow and a container that nobody inside reports, and cancels a run that nobody inside ends.
func TestAgent(t *testing.T) {
	t.Parallel()
	seconds(t)
	s := newAgentSide(t, prefect2, prefectImage(t, prefect2), "--engine", "docker")
	s.build("greets", "cpu=2", "env.E2E_NAME=armaci")
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
	s.cancel(cancelled)
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

// TestAgentOn3 has the agent serve a queue of a real 3.x server, which still has the endpoints of agents: a flow from
// storage, with overrides of the block, and a container that crashes.
func TestAgentOn3(t *testing.T) {
	t.Parallel()
	seconds(t)
	s := newAgentSide(t, prefect3, "prefecthq/prefect:3-latest")
	s.deploy(map[string]any{"cpu": 2, "env.E2E_NAME": "armaci"}, "greets", "waits")
	greets := s.run("greets", prefect.DeploymentFlowRunCreate{})
	agent := s.launch("agent", "start", "-m", s.queue)
	s.await(greets, "Completed")
	s.awaitLog(greets, "hello armaci")
	s.awaitLog(greets, "adding 2 and 3")
	crashes := s.runShell("echo last words; exit 3")
	if crash := s.await(crashes, "Crashed"); !strings.Contains(crash.Message, "exit code 3") {
		t.Errorf("the crash says %q, want its exit code", crash.Message)
	}
	s.awaitLog(crashes, "last words")
	s.awaitNoGroups()
	agent.stop()
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
