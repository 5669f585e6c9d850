"""Azure's Python SDK with its ordinary environment credential and nothing else set: a container's whole life."""
import os, sys, time
import websocket
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError
from azure.identity import ClientSecretCredential, DefaultAzureCredential
from azure.mgmt.containerinstance import ContainerInstanceManagementClient
from azure.mgmt.containerinstance import models
from azure.mgmt.resource import ResourceManagementClient

engine_image = sys.argv[1]
subscription = os.environ["AZURE_SUBSCRIPTION_ID"]
credential = DefaultAzureCredential()
resources = ResourceManagementClient(credential, subscription)
containers = ContainerInstanceManagementClient(credential, subscription)

resources.resource_groups.create_or_update("py", {"location": "northeurope"})
group = models.ContainerGroup(
    location="northeurope", os_type="Linux", restart_policy="Never",
    containers=[models.Container(name="main", image=engine_image, command=["sh", "-c", "echo hello from $WHO; exec sleep 600"],
        environment_variables=[models.EnvironmentVariable(name="WHO", secure_value="python")],
        resources=models.ResourceRequirements(requests=models.ResourceRequests(cpu=1, memory_in_gb=1)))])
made = containers.container_groups.begin_create_or_update("py", "job", group).result()
assert made.provisioning_state == "Succeeded", made.provisioning_state
assert made.containers[0].environment_variables[0].secure_value is None
shown = containers.container_groups.get("py", "job")
assert shown.instance_view.state == "Running", shown.instance_view
assert [g.name for g in containers.container_groups.list()] == ["job"]

deadline = time.monotonic() + 20
while "hello from python" not in (log := containers.containers.list_logs("py", "job", "main", tail=100, timestamps=True).content or ""):
    assert time.monotonic() < deadline, log
    time.sleep(0.1)

executed = containers.containers.execute_command("py", "job", "main",
    models.ContainerExecRequest(command="echo inside", terminal_size=models.ContainerExecRequestTerminalSize(rows=24, cols=80)))
socket = websocket.create_connection(executed.web_socket_uri, http_proxy_host="127.0.0.1",
    http_proxy_port=int(os.environ["HTTPS_PROXY"].rsplit(":", 1)[1]), proxy_type="http",
    sslopt={"ca_certs": os.environ["WEBSOCKET_CLIENT_CA_BUNDLE"]})
socket.send(executed.password)
said = b""
while True:
    try:
        part = socket.recv()
    except websocket.WebSocketConnectionClosedException:
        break
    if not part:
        break
    said += part.encode() if isinstance(part, str) else part
assert b"inside" in said, said

def becomes(state):
    """Stop and restart answer before they are done, as the real service does."""
    deadline = time.monotonic() + 60
    while (seen := containers.container_groups.get("py", "job").instance_view.state) != state:
        assert time.monotonic() < deadline, (seen, state)
        time.sleep(0.1)

def patiently(call):
    """A group on its way from one state to another refuses the next change, as the real service's does: try again."""
    deadline = time.monotonic() + 60
    while True:
        try:
            return call()
        except HttpResponseError as e:
            assert e.error.code == "ContainerGroupTransitioning" and time.monotonic() < deadline, e
            time.sleep(0.1)

containers.container_groups.begin_restart("py", "job").result()
patiently(lambda: containers.container_groups.stop("py", "job"))
becomes("Stopped")
patiently(lambda: containers.container_groups.begin_start("py", "job")).result()
usage = {u.name.value: u.current_value for u in containers.location.list_usage("northeurope")}
assert usage["ContainerGroups"] == 1, usage
containers.container_groups.update("py", "job", models.Resource(tags={"a": "b"}))
assert containers.container_groups.get("py", "job").tags == {"a": "b"}
patiently(lambda: containers.container_groups.begin_delete("py", "job")).result()
try:
    containers.container_groups.get("py", "job")
    raise AssertionError("the group is still there")
except ResourceNotFoundError as e:
    assert e.error.code == "ResourceNotFound", e

try:
    containers.container_groups.begin_create_or_update("py", "job", models.ContainerGroup(
        location="moon", os_type="Linux", containers=group.containers)).result()
    raise AssertionError("a group on the moon")
except HttpResponseError as e:
    assert e.error.code == "LocationNotAvailableForResourceType", e

wrong = ClientSecretCredential(os.environ["AZURE_TENANT_ID"], os.environ["AZURE_CLIENT_ID"], "wrong")
try:
    wrong.get_token("https://management.azure.com/.default")
    raise AssertionError("a wrong secret signed in")
except ClientAuthenticationError as e:
    assert "AADSTS7000215" in str(e), e
resources.resource_groups.begin_delete("py").result()
print("python sdk: ok")
