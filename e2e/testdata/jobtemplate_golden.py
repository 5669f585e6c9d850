"""What Prefect's own worker and job block make of templates and variables, for jobtemplate_golden_test.go.

Standard input: {"cases": [...], "templates": [...], "blocks": {...}, "byname": {...}, "variables": {...}}
Standard output: {"base": {...}, "defaults": {...}, "results": [...], "templates": [...]}
"""
import asyncio
import copy
import inspect
import json
import os
import sys
import types
import uuid
import warnings

warnings.simplefilter("ignore")
out = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # whatever Prefect prints is no part of the answer

import prefect  # noqa: E402
from prefect.client.schemas.objects import Flow, FlowRun, Variable, WorkPool  # noqa: E402
from prefect.client.schemas.responses import DeploymentResponse  # noqa: E402
from prefect_azure.workers.container_instance import AzureContainerJobConfiguration, AzureContainerWorker  # noqa: E402

THREE = prefect.__version__.startswith("3.")
given = json.load(sys.stdin)


class Client:
    """The part of Prefect's client that rendering uses."""

    async def read_block_document(self, block_document_id, **_):
        return types.SimpleNamespace(data=given["blocks"][str(block_document_id)])

    async def read_block_document_by_name(self, name, block_type_slug, **_):
        return types.SimpleNamespace(data=given["byname"][block_type_slug + "/" + name])

    async def read_variable_by_name(self, name):
        if name not in given["variables"]:
            return None
        return types.SimpleNamespace(value=given["variables"][name])

    async def read_flow(self, flow_id):
        return self.flow

    async def read_deployment(self, deployment_id):
        return self.deployment


seen = []


class Recorded(AzureContainerJobConfiguration):
    def __init__(self, **values):
        seen.append(copy.deepcopy(values))
        super().__init__(**values)


def build(cls, **values):
    return cls.model_validate(values) if THREE else cls.parse_obj(values)


async def configuration(case, template):
    client = Client()
    flow_id, deployment_id, now = case["flow_id"], case["deployment_id"], case["updated"]
    client.flow = build(Flow, id=flow_id, name=case["flow"])
    client.deployment = build(DeploymentResponse, id=deployment_id, name="prod", flow_id=flow_id, updated=now, created=now,
                              job_variables=case["deployment"], infra_overrides=case["deployment"])
    run = build(FlowRun, id=case["run_id"], name=case["run"], flow_id=flow_id, deployment_id=deployment_id, job_variables=case["variables"])
    pool = build(WorkPool, id=case["pool_id"], name="pool", type="azure-container-instance", base_job_template=template,
                 default_queue_id=case["pool_id"], **({"created": now, "updated": now} if THREE else {}))
    if THREE:
        return await Recorded.resolve_for_flow_run(run, client=client, work_pool=pool, worker_name="worker", deployment=client.deployment)
    worker = types.SimpleNamespace(_client=client, _work_pool=pool, job_configuration=Recorded)
    return await AzureContainerWorker._get_configuration(worker, run)


def group(c):
    resource = c.arm_template["resources"][0]
    properties = resource["properties"]
    container = properties["containers"][0]["properties"]
    return {
        "name": c.name, "labels": c.labels, "image": container["image"], "command": container.get("command"),
        "cpu": float(container["resources"]["requests"]["cpu"]), "memory": float(container["resources"]["requests"]["memoryInGB"]),
        "env": {e["name"]: e.get("value", e.get("secureValue")) for e in container["environmentVariables"]},
        "registries": properties.get("imageRegistryCredentials") or [],
        "identities": sorted(resource.get("identity", {}).get("userAssignedIdentities", {})),
        "subnets": [s["id"] for s in properties.get("subnetIds", [])],
        "dns": properties.get("dnsConfig", {}).get("nameServers", []),
        "resource_group": c.resource_group_name, "subscription": c.subscription_id.get_secret_value(),
        "stream": bool(c.stream_output), "keep": c.keep_container_group, "client_id": c.aci_credentials.client_id or "",
    }


def block(case):
    """What the job block makes of a flow run (2.20 only)."""
    from prefect_azure.container_instance import AzureContainerInstanceJob
    job = AzureContainerInstanceJob.parse_obj(case["block"])
    run = build(FlowRun, id=case["run_id"], name=case["run"], flow_id=case["flow_id"])
    job = job.prepare_for_flow_run(run, flow=build(Flow, id=case["flow_id"], name=case["flow"]))
    job.command = list(job.command)
    made = job._configure_container()
    requests = made.resources.requests
    credentials = job._create_image_registry_credentials(job.image_registry) or []
    return {
        "name": made.name[:-11],  # without the random end
        "labels": job.labels, "image": made.image, "command": made.command, "cpu": requests.cpu, "memory": requests.memory_in_gb,
        "env": {e.name: e.value if e.value is not None else e.secure_value for e in made.environment_variables},
        "registries": [{k: v for k, v in (("server", r.server), ("username", r.username), ("password", r.password), ("identity", r.identity)) if v}
                       for r in credentials],
        "identities": sorted(job.identities or []), "subnets": job.subnet_ids or [], "dns": job.dns_servers or [],
        "resource_group": job.resource_group_name, "subscription": job.subscription_id.get_secret_value(), "stream": bool(job.stream_output),
        "keep": False, "client_id": job.aci_credentials.client_id or "",
    }


def result(case, default):
    seen.clear()
    answer = {}
    try:
        if case.get("block"):
            answer["group"] = block(case)
        else:
            template = changed(copy.deepcopy(case["template"] or default), case)
            answer["group"] = group(asyncio.run(configuration(copy.deepcopy(case), template)))
    except BaseException as err:
        answer["error"] = type(err).__name__ + ": " + str(err)[:300]
    if seen:
        answer["configuration"] = {k: v for k, v in seen[0].items() if k != "arm_template"}
    return answer


def changed(template, case):
    """The template with what somebody has changed in it."""
    configuration = template["job_configuration"]
    configuration.update(case.get("edit") or {})
    if case.get("requests"):
        container = configuration["arm_template"]["resources"][0]["properties"]["containers"][0]
        container["properties"]["resources"]["requests"] = case["requests"]
    return template


def accepted(template, values):
    """What the server objects to in a pool's template, and in values for it."""
    from prefect.server.schemas.actions import WorkPoolCreate
    from prefect.utilities.schema_tools.validation import validate
    try:
        build(WorkPoolCreate, name="p", type=template["type"], base_job_template=template["template"])
        variables = template["template"]["variables"]
        values = {name: p["default"] for name, p in variables["properties"].items() if "default" in p} | values
        validate(values, variables, raise_on_error=True, preprocess=True, ignore_required=False)
    except Exception as err:
        return type(err).__name__ + ": " + str(err)[:300]
    return ""


default = AzureContainerWorker.get_default_base_job_template()
json.dump({
    "version": prefect.__version__,
    "base": AzureContainerJobConfiguration._base_environment(),
    "default": default,
    "results": [result(case, default) for case in given["cases"]],
    "templates": [accepted(t, t["values"]) for t in given["templates"]],
}, out, default=str)
out.flush()
